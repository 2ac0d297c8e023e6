"""`psychagent safety`: what the safety gate recorded."""
