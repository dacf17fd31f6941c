"""The sheet editor: a whole sheet of criteria filled in on the client, saved answer by answer."""
