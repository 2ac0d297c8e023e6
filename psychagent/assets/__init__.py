"""Locate and load what the project ships: prompts, profiles, settings."""
