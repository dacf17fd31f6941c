"""The parts of the simulation screen."""
