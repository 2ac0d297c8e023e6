"""The facts of a client file: listed by path, written as lines, and merged from session to session."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from psychagent.domain.memory import ClientFile, Superseded
from psychagent.domain.profile import ExceptionEvent, TheoryBlock
from psychagent.domain.words.value import as_text

_FACT_FIELDS = ("static_traits", "main_problem", "topic", "core_demands", "growth_experiences")
_KNOWN_BY: dict[type[BaseModel], str] = {ExceptionEvent: "unique_outcome"}
"""The field by which an entry is recognized where that is not its first: a problem has many exceptions."""
_ADDED_TO = frozenset({"main_problem", "core_demands", "medical_history", "family_status", "social_status"})
"""Texts to which a new value is an addition: a model enters what is new, and the rest holds as before."""
_BETWEEN, _MOST_CHARS = " | ", 600
NO_LABELS: Mapping[str, str] = {}


def file_facts(client_file: ClientFile) -> dict[str, Any]:
    """List the filled facts of a client file by dotted path; the theory block's fields have no prefix."""
    dumped = client_file.model_dump(mode="json")
    facts = {name: dumped[name] for name in _FACT_FIELDS if name != "static_traits"}
    facts |= {f"static_traits.{k}": v for k, v in dumped["static_traits"].items()}
    facts |= dumped["theory"] or {}
    return {path: value for path, value in facts.items() if is_filled(value)}


def is_filled(value: Any) -> bool:
    """Return whether a fact says anything, whatever its shape."""
    if isinstance(value, BaseModel):
        value = dict(value)
    if isinstance(value, Mapping):
        return any(is_filled(v) for v in value.values())
    if isinstance(value, list | tuple):
        return any(is_filled(v) for v in value)
    return bool(value)


def to_line(value: Any, labels: Mapping[str, str] = NO_LABELS) -> str:
    """Write a fact as one line of text, whatever its shape.

    Args:
        value: A text, or a mapping or list of such.
        labels: Name of a field -> how it is printed; a field that is not in it keeps its name.
    """
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return "; ".join(to_row(key, v, labels) for key, v in value.items() if is_filled(v))
    if isinstance(value, list | tuple):
        return " | ".join(to_line(v, labels) for v in value if is_filled(v))
    return as_text(value)


def to_row(name: str, value: Any, labels: Mapping[str, str]) -> str:
    """Write a fact behind its label, with the colon of the label's script."""
    label = labels.get(name, name)
    return f"{label}{': ' if label.isascii() else '：'}{to_line(value, labels)}"


def memory_changes(before: ClientFile, after: ClientFile) -> Iterator[tuple[str, str, str]]:
    """List what a session changed in the client file: path, old line, new line."""
    old, new = file_facts(before), file_facts(after)
    for path in new:
        if old.get(path) != new[path]:
            yield path, to_line(old.get(path, "")), to_line(new[path])


def merge_file(old: ClientFile, new: ClientFile, *, session_index: int) -> ClientFile:
    """Merge a session's client file into the earlier one.

    A field left empty in `new` keeps its old value (not mentioned means not changed). A trait or topic that
    differs takes the place of the old one, which goes to `history` with the session it came from. The main
    problem, the wishes, the medical history, the family and other people are added to: what a client told
    first, danger included, is not taken back by speaking of something else later.
    Lists grow: an entry is added, unless it repeats an earlier one (its text, or the text by which it
    is known, contains the earlier one's or is contained in it); then the two are merged.
    """
    parts: dict[str, Any] = {}
    gone: list[tuple[str, str]] = []
    for name in _FACT_FIELDS[1:]:
        parts[name], lost = _merge(getattr(old, name), getattr(new, name), adds=name in _ADDED_TO)
        gone += [(name, value) for value in lost]
    parts["static_traits"], lost_traits = _merge_fields(old.static_traits, new.static_traits)
    gone += [(f"static_traits.{name}", value) for name, value in lost_traits]
    parts["theory"], lost_theory = _merge_theory(old.theory, new.theory)
    gone += lost_theory
    merged = ClientFile(**parts)
    before, after = file_facts(old), file_facts(merged)
    changed = sorted(path for path, value in after.items() if before.get(path) != value)
    history = [
        Superseded(field=path, value=value, session_index=old.origins.get(path, 0))
        for path, value in sorted(gone)
    ]
    origins = old.origins | dict.fromkeys(changed, session_index)
    return merged.model_copy(update={"origins": origins, "history": (*old.history, *history)})


def _merge_theory(
    old: TheoryBlock | None, new: TheoryBlock | None
) -> tuple[TheoryBlock | None, list[tuple[str, str]]]:
    if old is None or new is None:
        return new or old, []
    return _merge_fields(old, new)


def _merge_fields(old: Any, new: Any) -> tuple[Any, list[tuple[str, str]]]:
    """Merge two records field by field; return also what was lost, by field."""
    update, gone = {}, []
    for name, value in new:
        update[name], lost = _merge(getattr(old, name), value, adds=name in _ADDED_TO)
        gone += [(name, text) for text in lost]
    return old.model_copy(update=update), gone


def _merge(old: Any, new: Any, *, adds: bool = False) -> tuple[Any, list[str]]:
    """Merge two values of one fact; return also the texts that the new one took the place of.

    Args:
        old: What was known.
        new: What a session brought.
        adds: Whether a text that differs is added, and takes no place.
    """
    if not is_filled(new) or not is_filled(old):
        return (new if is_filled(new) else old), []
    if isinstance(old, BaseModel):
        merged, gone = _merge_fields(old, new)
        return merged, [f"{name}: {text}" for name, text in gone]
    if isinstance(old, tuple):
        return _merge_items(old, new)
    if adds:
        return _add_text(old, new)
    return new, [] if old == new else [str(old)]


def _add_text(old: str, new: str) -> tuple[str, list[str]]:
    """Add a text to those before it; of too many the first and the latest stay, which say where it began."""
    parts = old.split(_BETWEEN)
    if _plain(new) in _plain(old):
        return old, []
    # a text that says all of an earlier one stands for it
    parts = [part for part in parts if not _plain(part) or _plain(part) not in _plain(new)]
    parts, gone = [*parts, new], list[str]()
    while len(_BETWEEN.join(parts)) > _MOST_CHARS and len(parts) > 2:
        gone.append(parts.pop(1))
    return _BETWEEN.join(parts), gone


def _merge_items(old: tuple[Any, ...], new: tuple[Any, ...]) -> tuple[tuple[Any, ...], list[str]]:
    items, gone = list(old), list[str]()
    for item in filter(is_filled, new):
        at = next((place for place, known in enumerate(items) if _repeats(known, item)), None)
        if at is None:
            items.append(item)
        elif isinstance(item, BaseModel):
            items[at], lost = _merge(items[at], item)
            gone += lost
        else:
            # of two texts that repeat each other the longer says all that the shorter does
            items[at] = max(items[at], item, key=len)
    return tuple(items), gone


def says_all_of(known: str, text: str) -> bool:
    """Return whether a text stands in another one, case, spaces and marks apart."""
    return bool(_plain(text)) and _plain(text) in _plain(known)


def _repeats(known: Any, item: Any) -> bool:
    one, other = _plain(known), _plain(item)
    return bool(one and other) and (one in other or other in one)


def _plain(item: Any) -> str:
    """Return the text by which an entry is recognized, without case, spaces and marks."""
    if isinstance(item, BaseModel):
        kind = type(item)
        item = getattr(item, _KNOWN_BY.get(kind) or next(iter(kind.model_fields)))
    return "".join(c for c in str(item).casefold() if c.isalnum())
