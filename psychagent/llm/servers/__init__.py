"""Servers as others run them: the way there, what they answer or refuse, when they are down; one of our own."""
