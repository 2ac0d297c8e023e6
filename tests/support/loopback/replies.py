"""Usual replies of the loopback server: well formed, of stated length, told apart by the request's shape."""

from __future__ import annotations

import json
import random
import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

_BY_SCHEMA = {
    "FilterReply": "filter",
    "QueryReply": "rewrite",
    "SummaryReply": "summary",
    "LastSummaryReply": "summary",
    "UnplannedSummaryReply": "summary",
    "JsonReply": "counselor",
    "RecallReply": "recall",
    "RiskReply": "risk",
    **dict.fromkeys(("FactsReply", "DecisionsReply", "PortraitReply"), "client_file"),
}
COUNSELOR_VISIBLE_CHARS, COUNSELOR_THOUGHT_CHARS, CLIENT_CHARS = 83 * 4, 167 * 4 - 120, 60 * 4
END_AFTER: dict[str, int] = {"turns": 10_000}
"""Counselor turns after which the usual reply ends a session; set by a test or bench."""


def _schema_of(body: dict[str, Any]) -> str:
    name: str = ((body.get("response_format") or {}).get("json_schema") or {}).get("name", "")
    return name


def role_of(path: str, body: dict[str, Any]) -> str:
    """Tell which role a request comes from."""
    if not path.endswith("/chat/completions"):
        return path.rsplit("/", 1)[-1]
    schema = _schema_of(body)
    if schema.startswith("ClientFile"):
        return "client_file"
    if schema in _BY_SCHEMA:
        return _BY_SCHEMA[schema]
    if schema:
        return "judge"
    head = body["messages"][0]["content"]
    return "client" if "You play a client" in head or "扮演来访者" in head[:40] else "counselor"


@lru_cache(maxsize=4096)
def filler(chars: int, salt: int) -> str:
    """Make text of a given length from the library's own words: no easier to compress than speech."""
    rng = random.Random(f"{salt}:{chars}")
    text = f"turn {salt}"
    while len(text) < chars:
        text += " " + rng.choice(_words())
    return text[: chars - 1].strip().capitalize() + "."


# strung together by chance, these words sound like danger now and then
_GRAVE = re.compile(
    "eggshell|flinch|^od$|method|vanish|matter|diagnos|withdraw|dose|booze|medic|dr[aiu]nk|shak|fear|afraid|fright|"
    "jump|die|dying|dead|death|suic|kill|harm|hurt|aliv|live|living|wish|rope|pill|knife|gun|stash|voice|hear|mind"
)


@cache
def _words() -> list[str]:
    files = sorted((Path(__file__).resolve().parents[3] / "skills" / "en").rglob("*.yaml"))
    found = {word for file in files for word in re.findall(r"[a-z]{2,}", file.read_text("utf-8"))}
    return sorted(word for word in found if not _GRAVE.search(word))


def listed_ids(body: dict[str, Any]) -> list[str]:
    """Find the ids of meta-skills that a filter prompt lists."""
    text = "\n".join(message["content"] for message in body["messages"])
    return re.findall(r"^- ([\w-]+\.[\w-]+\.[\w-]+)[:：]", text, re.MULTILINE)


def reply_to(role: str, body: dict[str, Any]) -> str:
    """Write the usual reply of a role."""
    said = sum(m["role"] == "assistant" for m in body["messages"])
    if role == "counselor":
        ends = said + 1 >= END_AFTER["turns"]
        return counselor_reply(filler(COUNSELOR_VISIBLE_CHARS, said), ends=ends)
    if role == "client":
        return filler(CLIENT_CHARS, said + 1000 * len(body["messages"][0]["content"]))
    if role == "filter":
        return json.dumps({"meta_skill_ids": listed_ids(body)[:4]})
    if role == "rewrite":
        return json.dumps({"trigger": filler(100, said), "when_to_use": filler(60, said), "skill": "reflect"})
    if role == "summary":
        return json.dumps(summary_reply())
    if role == "client_file":
        return json.dumps(_memory_reply(_schema_of(body), salt=len(str(body["messages"]))))
    if role == "recall":
        return json.dumps({"told": [1], "said": [filler(100, 1)], "left": filler(60, 2)})
    if role == "judge":
        return judge_reply(body)
    if role == "risk":
        return json.dumps({"level": 0, "about": "none", "when": "none", "quote": ""})
    return "{}"


def _memory_reply(schema: str, salt: int) -> dict[str, Any]:
    """Write what a memory asks for: a client file, if nothing else."""
    replies: dict[str, dict[str, Any]] = {
        "FactsReply": {"facts": [filler(60, salt + n) for n in range(4)]},
        "DecisionsReply": {
            "decisions": [
                {"fact": 1, "event": "UPDATE", "item": 1, "text": filler(60, salt)},
                {"fact": 2, "event": "DELETE", "item": 2, "text": ""},
            ]
        },
        "PortraitReply": {"event": filler(80, salt), "portrait": filler(120, salt)},
    }
    file = {
        "static_traits": {"name": "Sam"},
        "main_problem": filler(400, 1),
        "core_demands": filler(200, 2),
        "theory": {},
    }
    return replies.get(schema, file)


def judge_reply(body: dict[str, Any]) -> str:
    """Give every item the middle of its range, from the schema alone."""
    schema = body["response_format"]["json_schema"]["schema"]
    score = schema["$defs"]["Row"]["anyOf"][-1]["properties"]["score"]
    middle = (score["minimum"] + score["maximum"]) // 2
    return json.dumps({item: {"score": middle} for item in schema["properties"]})


def counselor_reply(visible: str, *, ends: bool = False, thought_chars: int = COUNSELOR_THOUGHT_CHARS) -> str:
    """Write a well-formed counselor reply."""
    salt = sum(map(ord, visible))
    seen, aim = (filler(thought_chars // 2, salt + n) for n in (1, 2))
    return (
        f"<think><assessment>{seen}</assessment><client_state>calm</client_state><skill>reflect</skill>"
        f"<strategy>{aim}</strategy></think><response>{visible}</response>{'</end>' if ends else ''}"
    )


def summary_reply(
    stage: str = "conceptualization", homework: tuple[str, ...] = ("Write one line a day.",)
) -> dict[str, Any]:
    """Write a well-formed session summary."""
    return {
        "session_summary_abstract": filler(1100, 1),
        "goal_assessment": {
            "objective_recap": filler(80, 2),
            "completion_status": "partly met",
            "evidence_and_analysis": filler(120, 3),
        },
        "client_state_analysis": {
            "affective_state": filler(80, 4),
            "behavioral_patterns": filler(80, 5),
            "therapeutic_alliance": filler(80, 6),
            "unresolved_points_or_tensions": filler(80, 7),
        },
        "next_session_plan": {"stage": stage, "title": "Go on", "focus": ["Go on", "Look closer"]},
        "homework": list(homework),
        "ending": {"reached": filler(80, 8)},
    }
