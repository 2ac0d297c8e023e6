"""`psychagent chat`: a chat in the terminal."""
