"""Servers as others run them: the way there, what they answer or refuse, outages; one of our own."""
