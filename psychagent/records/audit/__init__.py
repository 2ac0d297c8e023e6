"""The record of the safety gate: its file, and the check of its chain."""
