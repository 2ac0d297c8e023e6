"""How values, and what a library says about them, are told in a message: in plain words, and short."""
