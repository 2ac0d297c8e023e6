"""How a counselor comes to its next turn: the strategies that a baseline may name."""
