"""How skills are ranked where the settings leave it open; known before any embedder or index is."""

from __future__ import annotations

from typing import Literal

from psychagent.domain.base import Language

DEFAULT_METHOD: dict[Language, str] = {Language.EN: "fusion", Language.ZH: "lexical"}
"""The best method measured for each language with the bundled model; see docs/retrieval.md."""


FLOORS: dict[tuple[Language, str], float] = {
    (Language.EN, "fusion"): 0.5,
    (Language.EN, "embed"): 0.475,
    (Language.EN, "lexical"): 0.08,
    (Language.ZH, "lexical"): 0.06,
}
"""Floors of a skill's fit by language and ranking, measured with the bundled model; see docs/retrieval.md."""


def resolve_floor(
    language: Language, method: str, floor: Literal["auto"] | float, *, rewritten: bool, bundled: bool
) -> float:
    """Resolve a setting to the floor it means; 0, which shows all, where none was measured.

    Args:
        language: Of the skills.
        method: Ranking, resolved.
        floor: The setting.
        rewritten: Whether a model says what to look for. A client's own words are so unlike any skill that
            their fit does not tell.
        bundled: Whether the embedder is the bundled one: another's cosines have another scale.
    """
    if floor != "auto":
        return floor
    measured = rewritten and (bundled or method == "lexical")
    return FLOORS.get((language, method), 0.0) if measured else 0.0


def resolve_method(language: Language, method: str) -> str:
    """Resolve a setting to the ranking it means for a language."""
    return DEFAULT_METHOD[language] if method == "auto" else method
