"""How a system under study works: its strategy, its memory, whether it plans, which skills it is shown."""
