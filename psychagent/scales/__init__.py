"""Psychometric scales as data: administered, scored, and weighed into a reward."""
