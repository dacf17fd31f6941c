"""One module a use case. Each takes the store, the rulebook and the viewer, checks permission, returns frozen results."""
