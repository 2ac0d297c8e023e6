"""Where the checkpoints of a run are kept."""
