"""The nodes of the safety gate: hear danger in a turn, and answer the gravest without a model."""
