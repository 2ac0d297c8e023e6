"""Safety in an evaluation: where danger was voiced, what the counselor did, and rates of it."""
