"""The risk level of a client's turn: what was found, how the level follows, and whether it was asked about."""
