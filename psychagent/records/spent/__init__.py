"""What was spent in a folder, where its other files do not say all of it."""
