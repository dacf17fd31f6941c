"""The embedded store. The only room that imports duckdb."""
