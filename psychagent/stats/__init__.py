"""Numbers in, numbers out: bootstrap, headline panels, agreement."""
