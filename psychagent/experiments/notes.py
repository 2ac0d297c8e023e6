"""What a reader of a comparison has to know: where systems differ in more than what is studied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from psychagent.assets.settings.endpoint import EndpointSettings
from psychagent.assets.settings.experiment import ExperimentSettings
from psychagent.assets.settings.experiments.system import System
from psychagent.experiments.hashes import telling

LIMITS = ("max_sessions", "max_counselor_turns")
"""Settings that bound how much a system may say."""


def find_notes(settings: ExperimentSettings) -> tuple[str, ...]:
    """List what makes systems hard to compare. Judge, client and cases are the same for all of them."""
    systems = settings.resolved()
    return (
        *_reflectors(systems),
        *_embedders(systems),
        *_limits(systems, settings.compared_with),
        *_twins(systems),
    )


def _reflectors(systems: Mapping[str, System]) -> Iterator[str]:
    by_model: dict[str, list[str]] = {}
    for name, system in systems.items():
        by_model.setdefault(_title(system.baseline.reflecting), []).append(name)
    if len(by_model) > 1:
        told = "; ".join(f"{model} in {', '.join(names)}" for model, names in by_model.items())
        yield (
            f"systems reflect with different models ({told}), so what a comparison shows may be the models' "
            "summaries; give one 'reflector' for all"
        )


def _title(endpoint: EndpointSettings) -> str:
    return "the script" if endpoint.provider == "offline" else endpoint.model


def _embedders(systems: Mapping[str, System]) -> Iterator[str]:
    """Name embedders, which find skills and what a searched memory recalls."""
    by_model: dict[str, list[str]] = {}
    for name, system in systems.items():
        embedding = system.baseline.embedding
        by_model.setdefault(embedding.model or embedding.provider, []).append(name)
    if len(by_model) > 1:
        told = "; ".join(f"{model} in {', '.join(names)}" for model, names in by_model.items())
        yield f"systems search with different embedders ({told}), so a comparison shows these as well"


def _limits(systems: Mapping[str, System], reference: str) -> Iterator[str]:
    usual = systems[reference].baseline
    for name, system in systems.items():
        changed = [
            f"{limit} {getattr(system.baseline, limit)} and not {getattr(usual, limit)}"
            for limit in LIMITS
            if getattr(system.baseline, limit) != getattr(usual, limit)
        ]
        if changed:
            yield f"{name} has {' and '.join(changed)}, as {reference} has: it may say more or less"


def _twins(systems: Mapping[str, System]) -> Iterator[str]:
    """Name systems that are the same: what differs between them is chance."""
    seen: list[tuple[object, str]] = []
    for name, system in systems.items():
        told = (
            telling(system.baseline, frozenset({"name"})),
            telling(system.rft) if system.rft else None,
        )
        if twin := next((other for known, other in seen if known == told), None):
            yield f"{name} is the same system as {twin}"
        seen.append((told, name))
