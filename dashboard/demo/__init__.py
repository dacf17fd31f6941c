"""Synthetic demo data: a subdistrict that nobody lives in, the same for the same seed."""
