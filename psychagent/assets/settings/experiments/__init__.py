"""The parts of an experiment's settings: files that are named, keys that are laid over, chains of systems."""
