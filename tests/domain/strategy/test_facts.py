"""Facts enter a memory: added, in place of others, against others, or not at all; nothing leaves it."""

from __future__ import annotations

import pytest

from psychagent.domain.strategy.facts import Decision, Event, apply_decisions, live
from psychagent.domain.strategy.item import MemoryItem

OLD = (
    MemoryItem(id="1.1", text="Works nights.", session=1, last_used=1),
    MemoryItem(id="1.2", text="Has a dog.", session=1, last_used=1),
)


def after(*decisions: Decision) -> dict[str, tuple[str, str]]:
    """Apply decisions in session 2; return text and successor of each item by its id."""
    items = apply_decisions(OLD, decisions, session=2)
    assert all(item in items for item in OLD if item.id not in {d.item for d in decisions})
    return {item.id: (item.text, item.superseded_by) for item in items}


def kept(**over: tuple[str, str]) -> dict[str, tuple[str, str]]:
    old = {item.id: (item.text, "") for item in OLD}
    return old | {name.replace("i", "").replace("_", "."): value for name, value in over.items()}


CASES: list[tuple[str, list[Decision], dict[str, tuple[str, str]]]] = [
    ("add", [Decision(text="Moved.")], kept(i2_1=("Moved.", ""))),
    ("no-op", [Decision(text="Has a dog.", event=Event.NOOP, item="1.2")], kept()),
    (
        "update",
        [Decision(text="Works days now.", event=Event.UPDATE, item="1.1")],
        kept(i1_1=("Works nights.", "2.1"), i2_1=("Works days now.", "")),
    ),
    (
        "delete",
        [Decision(text="The dog has died.", event=Event.DELETE, item="1.2")],
        kept(i1_2=("Has a dog.", "-")),
    ),
    (
        "two facts refine one item",
        [
            Decision(text="Works days.", event=Event.UPDATE, item="1.1"),
            Decision(text="Works in a bakery.", event=Event.UPDATE, item="1.1"),
        ],
        kept(i1_1=("Works nights.", "2.1"), i2_1=("Works days.", ""), i2_2=("Works in a bakery.", "")),
    ),
    (
        "an item that is not there",
        [Decision(text="Moved.", event=Event.UPDATE), Decision(text="x", event=Event.DELETE)],
        kept(i2_1=("Moved.", "")),
    ),
    ("word for word", [Decision(text="Has a dog."), Decision(text="Has a dog.")], kept()),
    (
        "deleted and told again",
        [
            Decision(text="The dog has died.", event=Event.DELETE, item="1.2"),
            Decision(text="Has a dog."),
        ],
        kept(i1_2=("Has a dog.", "-"), i2_1=("Has a dog.", "")),
    ),
]


@pytest.mark.parametrize(("decisions", "items"), [case[1:] for case in CASES], ids=[c[0] for c in CASES])
def test_decisions_are_applied_in_order(decisions: list[Decision], items: dict[str, tuple[str, str]]) -> None:
    assert after(*decisions) == items


def test_only_what_nothing_took_the_place_of_is_shown() -> None:
    items = apply_decisions(OLD, [Decision(text="Days.", event=Event.UPDATE, item="1.1")], session=3)
    assert [item.text for item in live(items)] == ["Has a dog.", "Days."]
    assert [(item.session, item.last_used) for item in live(items)] == [(1, 1), (3, 3)]
