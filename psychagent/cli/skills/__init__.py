"""`psychagent skills`: look into a skill library, check it, import one, and measure retrieval."""
