"""Who speaks: the names that others give to counselor and client, and those that a person maps."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from psychagent.domain.base import Speaker
from psychagent.domain.text.parts import is_spoken
from psychagent.domain.words.near import nearest
from psychagent.domain.words.value import kind_of, shown
from psychagent.errors import RecordError, SettingsError
from psychagent.records.summary import Part
from psychagent.scales.dialogue import why_one_sided

Roles = Mapping[str, Part]
"""Names in lower case."""

KNOWN: dict[str, Part] = {
    **dict.fromkeys(
        ("assistant", "counselor", "counsellor", "therapist", "psychotherapist", "psychologist", "supporter")
        + ("helper", "listener", "doctor", "gpt", "chatgpt", "model", "bot", "ai", "sys")
        + ("咨询师", "心理咨询师", "治疗师", "心理治疗师", "心理医生", "倾听者", "支持者", "助手"),
        Speaker.COUNSELOR,
    ),
    **dict.fromkeys(
        ("user", "client", "patient", "seeker", "help seeker", "helpseeker", "human", "usr")
        + ("来访者", "来访", "求助者", "患者", "病人", "用户", "客户"),
        Speaker.CLIENT,
    ),
    **dict.fromkeys(("system", "developer", "tool", "function", "observation", "系统"), "skip"),
}
"""`user` is the client and `assistant` the counselor, as in all training data of this kind."""
_PARTS: dict[str, Part] = {
    "counselor": Speaker.COUNSELOR,
    "client": Speaker.CLIENT,
    "skip": "skip",
    "text": "text",
}
_ASIDE = re.compile(r"\s*[(（\[【][^)）\]】]*[)）\]】]\s*$")
_TEXTS = ("content", "value", "text", "utterance", "message")
_LONGEST_NAME = 60
SPEAKERS = ("role", "from", "speaker", "author")
"""Keys under which an utterance names its speaker."""


def read_roles(text: str) -> dict[str, Part]:
    """Read a mapping of names such as `Anna=client,Dr. May=counselor`.

    Raises:
        SettingsError: Naming the part that maps nothing.
    """
    mapping: dict[str, Part] = {}
    for piece in filter(None, (part.strip() for part in re.split("[,，]", text))):
        name, mark, part = (word.strip() for word in piece.rpartition("="))
        if not mark or not name:
            raise SettingsError(f"--roles has {shown(piece)}; write NAME=counselor or NAME=client")
        if part.lower() not in _PARTS:
            raise SettingsError(f"--roles has {shown(piece)}{nearest(part.lower(), _PARTS)}")
        if mapping.setdefault(plain(name), _PARTS[part.lower()]) != _PARTS[part.lower()]:
            raise SettingsError(f"--roles has {shown(plain(name))} twice; let each name stand for one side")
    return mapping


def plain(name: str) -> str:
    """Write a name as it is looked up: in lower case, without an aside such as `(laughing)`."""
    text = _ASIDE.sub("", unicodedata.normalize("NFKC", name).strip())
    return " ".join(text.lower().replace("_", " ").replace("-", " ").split())


def part_of(name: str, roles: Roles) -> Part | None:
    """Return what a name stands for; None where nobody said."""
    key = plain(name)
    # "Client 1", "T2": who speaks, with a count of turns or of persons of one side
    for word in (key, key.rstrip("0123456789").strip()):
        part = roles[word] if word in roles else KNOWN.get(word)
        if part is not None:
            return part
    return None


def require_both(speakers: Iterable[Speaker], remedy: str) -> None:
    """Check that both sides speak: the scales are about what passes between them.

    Raises:
        RecordError: Naming the side that speaks alone.
    """
    if problem := why_one_sided(speakers):
        raise RecordError(f"{problem}; {remedy}, or map names with --roles")


def is_pair(item: Any) -> bool:
    """Return whether an utterance is a list of two texts, the speaker and the words."""
    return isinstance(item, list) and len(item) == 2 and all(isinstance(part, str) for part in item)


def read_utterance(item: Any, number: int, roles: Roles) -> tuple[Speaker, str] | None:
    """Read speaker and words of an utterance; None where they are no words of either side.

    Raises:
        RecordError: If nothing says who speaks, or there are no words.
    """
    if is_pair(item):
        item = dict(zip((SPEAKERS[0], _TEXTS[0]), item, strict=True))
    if not isinstance(item, dict):
        raise RecordError(f"utterance {number} is {kind_of(item)}, not a mapping of keys")
    key, name = _name_in(item, number)
    part = part_of(name, roles)
    if part in ("skip", "text"):
        return None
    if not isinstance(part, Speaker):
        raise RecordError(
            f"utterance {number} has {key} {shown(name)}, which is neither side; {which_side(name)}"
        )
    words = _words(item)
    if words is None and item.get("tool_calls"):
        return None
    if words is None:
        raise RecordError(f"utterance {number} has no text in {', '.join(map(repr, _TEXTS))}")
    return part, words


def _name_in(item: Mapping[str, Any], number: int) -> tuple[str, str]:
    """Return the key under which an utterance names its speaker, and the name.

    Raises:
        RecordError: If what stands there is no name, so that --roles could not map it.
    """
    key = next((key for key in SPEAKERS if key in item), SPEAKERS[0])
    name = item.get(key)
    if isinstance(name, dict):
        # ChatGPT's own files say {"author": {"role": "user"}}
        name = next((name[inner] for inner in ("role", "name") if isinstance(name.get(inner), str)), name)
    if isinstance(name, str) and name.strip():
        return key, name
    if isinstance(name, int) and not isinstance(name, bool):
        # some tell their speakers apart as 0 and 1
        return key, str(name)
    raise RecordError(
        f"utterance {number} has {key} {shown(name)}, not a name; write 'client' or 'counselor'"
    )


def which_side(name: str) -> str:
    """Say how a name that is of neither side is mapped to one."""
    if len(name) > _LONGEST_NAME or re.search("[,，\n]", name):
        # what --roles is given is split at commas
        return "write 'client' or 'counselor' in its place"
    in_quotes = f"{name}=client".replace("'", "'\\''")
    return f"say which with --roles '{in_quotes}' or '=counselor', or leave it out with '=skip'"


def _words(item: Mapping[str, Any]) -> str | None:
    value = next((item[key] for key in _TEXTS if item.get(key) is not None), None)
    if isinstance(value, list):
        # parts of a message: texts beside pictures and thoughts
        spoken = [part for part in value if not isinstance(part, dict) or is_spoken(part.get("type"))]
        parts = [part.get("text") if isinstance(part, dict) else part for part in spoken]
        texts = [part for part in parts if isinstance(part, str)]
        return "\n".join(texts) if texts else None
    return value if isinstance(value, str) else None
