"""Measure the safety gate on labelled turns: how much danger it hears, and how often it is wrong."""
