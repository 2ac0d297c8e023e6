"""How a counselor comes to its next turn: the strategies that a baseline may name."""

from psychagent.nodes.strategies.strategy import STRATEGIES

__all__ = ["STRATEGIES"]
