"""Psychometric scales as data, their administration and aggregation."""
