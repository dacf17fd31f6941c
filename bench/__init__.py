"""Speed of the rating, against a floor and against peers: `python -m bench [NAME ...]`."""
