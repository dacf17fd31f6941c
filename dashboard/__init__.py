"""争先创优: stars for Party branches and the vote for 党员之星, by one shared rulebook."""

__version__ = "0.1.0"
