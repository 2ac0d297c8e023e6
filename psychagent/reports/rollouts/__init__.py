"""The report of a run with rollouts: what choosing gained, two judges, cost."""
