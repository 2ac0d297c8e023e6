"""Servers as others run them: the way to them, what they refuse, when they are down; and one of our own."""
