"""Session files, course files and the manifest of a run."""
