"""The parts of the appraisal screen."""
