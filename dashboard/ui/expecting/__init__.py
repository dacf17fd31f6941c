"""What a branch can expect of the year, and how good such estimates were."""
