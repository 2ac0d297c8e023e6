"""Thoughts that no mark stands around: labels, notes, prose, and words of the other side."""
