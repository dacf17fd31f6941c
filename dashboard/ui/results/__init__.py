"""The views of the page of results: how far the year has come, ties, the notice, what is kept, what follows."""
