"""Run many cases: workers, checkpoints, resuming, a clean stop, the log."""
