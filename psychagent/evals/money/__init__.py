"""What an evaluation is expected to take."""
