"""Judge many sessions: find, score, store and summarize them."""
