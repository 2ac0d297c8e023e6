"""The risk level of a client's turn: what was found, how the level follows, whether it was asked about."""
