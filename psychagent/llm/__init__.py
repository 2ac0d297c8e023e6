"""Access to a model: prompt, endpoint, the one retry loop, the gate, what a call cost."""
