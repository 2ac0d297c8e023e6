"""What nodes say aloud: on the graph's `custom` stream, for whoever sits in the client's place.

Nothing private goes there, so a page may show all of it; `updates` and `messages` hold thoughts.
"""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime

from psychagent.domain.turn import Turn
from psychagent.nodes.state import Brief
from psychagent.safety.answer import Card


def say_turn(runtime: Runtime[Brief], turn: Turn) -> None:
    """Say a whole turn: who speaks, and the words that the other side hears."""
    _say(runtime, "said", speaker=turn.speaker.value, text=turn.text, by_gate=turn.by_gate)


def say_card(runtime: Runtime[Brief], card: Card) -> None:
    """Say whom the person can turn to."""
    _say(runtime, "card", card=card.model_dump(mode="json"))


def _say(runtime: Runtime[Brief], event: str, **what: Any) -> None:
    place = runtime.context.place
    runtime.stream_writer({"event": event, "session": place.session, "rollout": place.rollout, **what})
