"""An independent, deliberately naive reading of the rating rules, used as an oracle by the tests."""
