"""Which roles the settings of a run have asked, and how often; pure."""

from __future__ import annotations

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.domain.role import EMBEDDING, Role
from psychagent.domain.strategy.kinds import REMEMBER_CALLS, THINKING, MemoryKind, SkillUse, StrategyKind
from psychagent.records.manifest import RunSettings
from psychagent.skills.method import resolve_method


def remember_calls(baseline: BaselineSettings) -> int:
    """Return how many calls the memory makes after a session at most, beside the summary."""
    if baseline.memory is MemoryKind.MEM0 and baseline.mem0 == "add_only":
        return 1
    if isinstance(baseline.memory, MemoryKind):
        return REMEMBER_CALLS.get(baseline.memory, 0)
    from psychagent.nodes.memory.kinds import memory_of  # noqa: PLC0415

    return memory_of(baseline).asks


def thinks(baseline: BaselineSettings) -> bool:
    """Return whether each reply but the first has two short calls before it."""
    if isinstance(baseline.strategy, StrategyKind):
        return baseline.strategy in THINKING
    from psychagent.nodes.strategies.strategy import strategy_of  # noqa: PLC0415

    return strategy_of(baseline).think is not None


def searches(baseline: BaselineSettings) -> bool:
    """Return whether skills are searched for, which takes a filter."""
    return baseline.skills.use is SkillUse.ON


def rewrites(baseline: BaselineSettings) -> bool:
    """Return whether each turn but the first has its query written by a model."""
    return searches(baseline) and baseline.retrieval.query == "rewrite"


SEARCHED = frozenset({MemoryKind.RAG, MemoryKind.MEM0, MemoryKind.MEMORYBANK})
"""Kinds of memory that are searched in each turn."""


def embeds(settings: RunSettings) -> bool:
    """Return whether texts are sent to a server that turns them into vectors."""
    baseline = settings.baseline
    method = resolve_method(settings.runtime.world.language, baseline.retrieval.method)
    is_searched = searches(baseline) or baseline.memory in SEARCHED
    return baseline.embedding.provider == "openai" and method != "lexical" and is_searched


def roles_paid(settings: RunSettings) -> tuple[str, ...]:
    """List all that a run may be billed for: the roles that it asks, and an embedder behind an endpoint."""
    return (*(role.value for role in roles_asked(settings)), *([EMBEDDING] if embeds(settings) else []))


def roles_asked(settings: RunSettings) -> tuple[Role, ...]:
    """List the roles that a run asks."""
    baseline = settings.baseline
    asks = {
        Role.COUNSELOR: True,
        Role.CLIENT: True,
        Role.FILTER: searches(baseline),
        Role.REWRITE: rewrites(baseline),
        Role.PERCEIVE: thinks(baseline),
        Role.STRATEGIZE: thinks(baseline),
        Role.SUMMARY: True,
        Role.CLIENT_FILE: remember_calls(baseline) > 0,
        Role.RECALL: True,
        Role.RISK: baseline.safety.endpoint is not None,
        Role.JUDGE: settings.rft is not None,
    }
    return tuple(role for role, is_asked in asks.items() if is_asked)
