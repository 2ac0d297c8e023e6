"""A gate with a few rules of its own, so that tests of handling do not hang on the bundled ones."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from psychagent.domain.base import Language
from psychagent.domain.risk.audit import AuditKey
from psychagent.domain.risk.finding import RiskFinding
from psychagent.safety.answer import SafetyTexts, load_safety
from psychagent.safety.rule_file import RulesFile
from psychagent.safety.rules import RiskRules
from tests.support.fakes import Cast

RULES = RulesFile.model_validate(
    {
        "contexts": {"another": {"match": ["my friend"]}},
        "patterns": [
            {"id": "gone", "level": 1, "about": "self", "match": ["be gone"]},
            {
                "id": "end",
                "level": 2,
                "about": "self",
                "match": ["end it"],
                "lowered_by": ["another"],
                "softened_by": ["another"],
            },
            {"id": "tonight", "level": 3, "about": "self", "match": ["end it tonight"]},
            {"id": "soon", "level": 3, "about": "self", "hard": False, "match": ["not for long"]},
            {"id": "strike", "level": 2, "about": "others", "hard": False, "match": ["strike him"]},
        ],
        "answers": [{"id": "asked", "level": 2, "about": "self", "asked": ["think of dying"]}],
        "yes": ["^yes"],
        "asks": ["dying"],
        "at_hand": ["112 on speaker", "ambulance is here"],
        "at_hand_unless_before": ["not"],
        "help_gone": ["ambulance left"],
    }
)
ENDPOINT = {"provider": "openai", "base_url": "http://127.0.0.1:9/v1", "model": "gate-model"}


def safety_texts(language: Language) -> SafetyTexts:
    """Return the bundled texts and resources with the rules above."""
    return load_safety(language)._replace(rules=RiskRules(RULES, language, "rules-of-the-test"))


class Kept:
    """An audit that keeps its lines in memory."""

    def __init__(self, known: int = 0) -> None:
        """Begin empty; `known` is what every turn has on record."""
        self.lines: list[tuple[AuditKey, RiskFinding, str]] = []
        self._known = known

    def known(self, key: AuditKey) -> int:
        return self._known

    def add(self, key: AuditKey, finding: RiskFinding, *, model: str) -> None:
        self.lines.append((key, finding, model))


def gated(replies: dict[str, Any], *, audit: Kept | None = None, **settings: Any) -> Cast:
    """Cast a session with the rules above; `settings` are those of the gate or of the baseline."""
    gate = {
        name: settings.pop(name)
        for name in ("mode", "endpoint", "classifier", "extra_turns")
        if name in settings
    }
    cast = Cast(replies, safety=gate, **settings)
    cast.deps = replace(cast.deps, safety=safety_texts, audit=audit or Kept())
    return cast


def judgement(level: int, quote: str = "", about: str = "self") -> str:
    """Write a model's judgement of a turn."""
    return json.dumps({"level": level, "about": about if level else "none", "when": "now", "quote": quote})
