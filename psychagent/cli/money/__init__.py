"""Commands about money: what a run is expected to take, and what models cost."""
