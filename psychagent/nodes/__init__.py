"""The graphs' nodes: small functions over typed state, and their dependencies."""
