"""How skills are ranked where the settings leave it open; known before any embedder or index is."""

from __future__ import annotations

from psychagent.domain.base import Language

DEFAULT_METHOD: dict[Language, str] = {Language.EN: "fusion", Language.ZH: "lexical"}
"""The best method measured for each language with the bundled model; see docs/retrieval.md."""


def resolve_method(language: Language, method: str) -> str:
    """Resolve a setting to the ranking it means for a language."""
    return DEFAULT_METHOD[language] if method == "auto" else method
