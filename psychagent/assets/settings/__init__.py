"""The settings models, one file per kind of settings."""
