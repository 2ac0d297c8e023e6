"""Many cases: workers, checkpoints, resume, a clean stop, the log."""
