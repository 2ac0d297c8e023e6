"""Faults that a simulated session shows on its face, such as a loop."""
