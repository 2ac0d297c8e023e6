"""Ratings of people and of a judge, read from tables of any shape for a comparison computed elsewhere."""
