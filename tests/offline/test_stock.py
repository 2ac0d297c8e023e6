"""The script fills memories with the client's own words, and claims nothing that they do not say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from psychagent.domain.base import Language, Modality, Speaker
from psychagent.domain.strategy.kinds import MemoryKind
from psychagent.nodes.memory.mem0 import DecisionsReply, Numbered
from psychagent.nodes.memory.prompt import memory_prompt
from psychagent.offline.model import OfflineModel
from psychagent.offline.scene import Scene
from psychagent.offline.stock import play_memory
from tests.support.every import LANGUAGES
from tests.support.fakes import brief_for, case_of
from tests.support.offline_courses import offline, run_offline_course, said_by

PLAIN: dict[str, Any] = {"strategy": "plain", "reply_format": "plain", "skills": "off", "planning": "off"}
TEXTS = {
    Language.EN: ("Works nights at the bakery now.", "Works nights at the bakery.", "Sleeps until noon."),
    Language.ZH: ("现在在面包店上夜班。", "在面包店上夜班。", "睡到中午才起来。"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_facts_are_compared_by_the_words_that_they_share(language: Language) -> None:
    deps = offline(language)
    brief = brief_for(deps, case_of(f"{language.value}01"), session_index=2)
    new, old, other = TEXTS[language]
    values = {
        "session_index": 2,
        "facts": [Numbered(1, new, 2), Numbered(2, old, 2), Numbered(3, other, 2)],
        "known": [Numbered(1, "-", 1), Numbered(2, old, 1)],
    }
    lines = OfflineModel.load(deps.prompts(language)).lines
    reply = play_memory(Scene.of(memory_prompt(deps, brief, "decisions", values), lines))
    decided = DecisionsReply.model_validate(json.loads(reply)).decisions
    assert [(one.event.value, one.item, one.text) for one in decided] == [
        ("UPDATE", 2, new),
        ("NOOP", 2, ""),
        ("ADD", 0, ""),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [MemoryKind.MEM0, MemoryKind.MEMORYBANK])
def test_what_is_remembered_quotes_the_client(kind: MemoryKind, language: Language) -> None:
    deps = offline(language, memory=kind, max_sessions=3, **PLAIN)
    sessions = run_offline_course(f"{language.value}03", Modality.CBT, deps)
    said = "\n".join(said_by(sessions, Speaker.CLIENT))
    written = [item.text for item in sessions[-1].stock_before.items if not item.turns]
    assert written
    for text in [*written, sessions[-1].stock_before.portrait]:
        quoted = text.split("“")[1:]
        assert all(quote.split("”")[0].rstrip(" …") in said for quote in quoted)
