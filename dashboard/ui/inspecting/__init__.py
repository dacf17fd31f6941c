"""The views of the page of inspections: entering what one found."""
