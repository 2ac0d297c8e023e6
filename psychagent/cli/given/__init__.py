"""What was given on a command's line: checked before the command begins."""
