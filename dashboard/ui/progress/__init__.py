"""What the page of the timetable and the pages of a branch show of the next steps."""
