"""Training data from the sessions of a run."""
