"""Several systems side by side: their cases, how their sessions went, and whether they may be compared."""
