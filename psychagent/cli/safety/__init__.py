"""`psychagent safety`: what the safety gate hears, and what it recorded."""
