"""What prompts show of what is stored."""
