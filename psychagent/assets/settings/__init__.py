"""The settings models, one file a kind of settings."""
