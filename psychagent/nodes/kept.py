"""The knobs that a thread goes on with: a later run's context may leave out what the thread began with."""

from __future__ import annotations

from dataclasses import asdict

from psychagent.domain.words.value import shown
from psychagent.errors import SettingsError
from psychagent.nodes.knobs import Knobs, knobs_of
from psychagent.nodes.state import CourseState

_FIXED = ("client", "language", "modality", "profile")
"""What a thread is about: another value would drop a person's words, or be dropped itself."""


def keep(knobs: Knobs) -> dict[str, str | int]:
    """Convert knobs to what a thread keeps of them."""
    return {name: getattr(value, "value", value) for name, value in asdict(knobs).items()}


def knobs_in(state: CourseState, context: object, default: Knobs) -> Knobs:
    """Return the knobs of a run on a thread: those that its context sets, else those that it began with.

    Args:
        state: The thread's state.
        context: The run's context.
        default: The knobs according to the settings, for a thread that begins without a context.

    Raises:
        SettingsError: If the context says of what the thread is about something else than its beginning.
    """
    knobs = knobs_of(context, default)
    given = {} if context is None else {name: getattr(knobs, name) for name in knobs.given}
    kept = state.get("kept_knobs")
    if not kept:
        # at the beginning, or in a thread that an older version began
        return knobs
    for name in _FIXED:
        began = kept.get(name)
        if given.get(name, began) != began:
            raise SettingsError(
                f"knob {name!r}: this thread began with {shown(began)}, and the context has "
                f"{shown(str(given[name]))}; leave it out, or take another thread"
            )
    if not given.get("region"):
        # who would not say where they are now has said so before
        given.pop("region", None)
    return Knobs(**{**kept, **given})


def knobs_to_meet(state: CourseState, context: object, default: Knobs) -> Knobs:
    """Return the knobs of a run that may ask a person.

    Raises:
        SettingsError: Also if nothing says who the client is: words that wait to be heard would be dropped,
            and the simulator would play on in the person's place.
    """
    knobs = knobs_in(state, context, default)
    if not state.get("kept_knobs") and (context is None or "client" not in knobs.given):
        raise SettingsError(
            "knob 'client': the context lacks it, and this thread was begun by an older version, which did "
            "not keep it; give it like {'client': 'human'}, and the region, too"
        )
    return knobs
