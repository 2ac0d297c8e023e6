"""The graphs' nodes: small functions over typed state, and what they are handed."""
