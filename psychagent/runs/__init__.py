"""Many cases: concurrency, resume, progress, files."""
