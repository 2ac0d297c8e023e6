"""PsychAgent: a counselor agent that works with one client over many sessions."""
