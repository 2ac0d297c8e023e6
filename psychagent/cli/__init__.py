"""The command line: thin commands over runs and flows."""
