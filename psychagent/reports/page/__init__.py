"""Blocks of a page, whatever it is written as."""
