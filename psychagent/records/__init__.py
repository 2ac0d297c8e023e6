"""The files of runs, evaluations and rollouts, one Record each, and the folders that hold them."""
