"""Runs of many cases against servers that misbehave all the time."""
