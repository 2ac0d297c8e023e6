"""Pieces of text by themselves: what may stand in them, and what may name something."""
