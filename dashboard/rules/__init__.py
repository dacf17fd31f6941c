"""What the rules mean. Pure: values and relational expressions; only `load` reads a file."""
