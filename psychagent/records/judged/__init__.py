"""What judges gave and owed in a run with rollouts, counted from its sessions."""
