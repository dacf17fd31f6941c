"""One module a use case: each takes store, rulebook and viewer, checks permission, and returns frozen results."""
