"""Frozen records and pure functions: no files, no models, no graph."""
