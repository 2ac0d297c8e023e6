"""What an experiment keeps beside its cells."""
