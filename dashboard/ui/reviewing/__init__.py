"""The views of the page of reviews: a superior's desk, one application, who may apply late."""
