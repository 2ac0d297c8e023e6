"""The commands that hold courses: plan, run with progress, play again."""
