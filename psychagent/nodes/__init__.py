"""Graph nodes: small functions over typed state."""
