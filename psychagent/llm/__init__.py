"""Access to a model: prompts, endpoints, the only retry loop, the gate, the usage of calls."""
