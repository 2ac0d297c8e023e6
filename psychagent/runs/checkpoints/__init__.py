"""Storage of a run's checkpoints."""
