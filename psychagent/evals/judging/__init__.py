"""Judge sessions side by side: what is left to do for each, and what becomes of it."""
