"""The parts of the vote screen."""
