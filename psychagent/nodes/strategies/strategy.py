"""What the strategies differ in: the head of their prompts, notes at its tail, and calls before the reply."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from psychagent.assets import installed
from psychagent.assets.installed import load_installed
from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.domain.strategy.kinds import StrategyKind
from psychagent.domain.turn import Thoughts, Turn
from psychagent.llm.chat import Answer
from psychagent.nodes.deps import Deps
from psychagent.nodes.state import Brief
from psychagent.nodes.strategies import theramind

Think = Callable[[Deps, Brief, Sequence[Turn]], Awaitable[Answer[Thoughts | None]]]
"""Asks, before the counselor speaks, what its turn should heed; given the session so far."""


@dataclass(frozen=True)
class Strategy:
    """How a counselor comes to its next turn; all strategies are held by the same graph."""

    head: str = "counselor/system"
    """Template of what its prompts begin with."""
    guided: bool = True
    """Whether that names the session's approach and plan; else the reflector is not told of them either."""
    has_notes: bool = False
    """Whether it is told where the session stands; where the safety gate acts, every strategy is."""
    think: Think | None = None


STRATEGIES: Mapping[StrategyKind, Strategy] = {
    StrategyKind.PSYCHAGENT: Strategy(has_notes=True),
    StrategyKind.PLAIN: Strategy(head="counselor/plain_system", guided=False),
    StrategyKind.THERAMIND: Strategy(head="counselor/theramind_system", think=theramind.think),
}
"""Every strategy of ours that a baseline may name."""


def strategy_of(baseline: BaselineSettings) -> Strategy:
    """Return the strategy of a system: one of ours, or one that an installed package offers.

    Raises:
        SettingsError: If the package is not there, or what it offers cannot be used.
    """
    if isinstance(baseline.strategy, StrategyKind):
        return STRATEGIES[baseline.strategy]
    return load_installed(installed.STRATEGIES, baseline.strategy, Strategy)
