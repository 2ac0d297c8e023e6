"""The journals of a run's calls."""
