"""The script as judge: what it counts in a session, and the scores that it makes of it."""
