"""The commands of experiments: run, and how far one is."""
