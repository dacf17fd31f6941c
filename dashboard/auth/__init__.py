"""Who is this, and may they do that."""
