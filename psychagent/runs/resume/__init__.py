"""What is taken from an earlier start of a run: cases that are finished, and states of those that are not."""
