"""Pages for people to look at. Needs the extra `eval`."""
