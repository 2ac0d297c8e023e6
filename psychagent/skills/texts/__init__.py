"""Search among texts that are no skills, ranked as skills are."""
