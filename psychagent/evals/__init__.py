"""Many sessions judged: found, scored, stored, summed up."""
