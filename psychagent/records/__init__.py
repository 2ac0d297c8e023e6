"""Every file of a run, an evaluation and a rollout: one Record each, and the folders they lie in."""
