"""`psychagent ratings`: what people rate."""
