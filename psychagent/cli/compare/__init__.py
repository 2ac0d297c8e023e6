"""`psychagent compare`: several evaluations side by side."""
