"""What a counselor's turn is shown: the coarse filter of a session, the query of a turn, and the search."""
