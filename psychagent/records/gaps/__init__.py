"""What a run should hold and does not."""
