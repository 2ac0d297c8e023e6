"""The nodes after a session: summary and client file, and what the client itself remembers."""
