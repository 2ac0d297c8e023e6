"""Preference data: the chosen rollout of a session against the rollouts that it was preferred to."""

from __future__ import annotations

from collections.abc import Iterator

from psychagent.domain.base import Speaker
from psychagent.domain.text.fence import unbracketed
from psychagent.domain.turn import Turn
from psychagent.export.danger import has_gate_turn
from psychagent.export.plan import PairUnit
from psychagent.export.rebuild import Rebuild, origin_of
from psychagent.export.rewards import Rewards
from psychagent.export.sample import Sample
from psychagent.export.source import HeldSession
from psychagent.llm.prompt import Message, assistant, user
from psychagent.records.rollouts import StoredRollout


def session_pairs(
    make: Rebuild, session: HeldSession, *, unit: PairUnit, min_margin: float | None
) -> Iterator[Sample]:
    """Make a pair of the chosen rollout with each that earned less, or that left voiced danger unasked.

    Args:
        make: Rebuilds prompts and replies; counts in its notes what yields no pair.
        session: A session with rollouts.
        unit: What is paired.
        min_margin: Least difference of the two rewards; None is any above 0. A rollout that could not be
            chosen because danger was left unasked has no reward, and is rejected whatever this says.
    """
    rollouts, rewards = session.rollouts, Rewards.of(session.rollouts)
    if rollouts is None or rewards.winner is None:
        make.notes["pairs: a session without rewards"] += 1
        return
    for candidate in rollouts.rollout_candidates:
        index = candidate.rollout_index
        if index == rewards.chosen:
            continue
        margin = rewards.winner - rewards.by_index[index] if index in rewards.by_index else None
        vetoed = margin is None and index in rewards.unasked
        if vetoed and unit == "reply":
            make.notes["pairs: a rollout that left danger unasked, maybe not in the reply that differs"] += 1
            continue
        turns = _rejected_turns(make, candidate, margin, min_margin, vetoed=vetoed)
        pair = _pair(make, session, turns, unit) if turns else None
        if pair:
            origin = pair.origin.model_copy(update={"margin": margin, "rejected": index})
            yield pair.model_copy(update={"origin": origin})


def _rejected_turns(
    make: Rebuild, candidate: StoredRollout, margin: float | None, least: float | None, *, vetoed: bool
) -> tuple[Turn, ...]:
    """Return a rollout's dialogue if it may serve as the rejected one; empty if not."""
    reason = "" if vetoed else _too_close(margin, least)
    if not reason and not candidate.turns:
        reason = "a rollout whose dialogue was not kept (keep_all_rollout_transcripts)"
    if reason:
        make.notes[f"pairs: {reason}"] += 1
    return () if reason else candidate.turns


def _too_close(margin: float | None, least: float | None) -> str:
    if margin is None:
        return "a rollout that failed or was not scored"
    if margin <= 0:
        return "a rollout that earned as much as the chosen one"
    return "min_margin" if least is not None and margin < least else ""


def _pair(make: Rebuild, session: HeldSession, rejected: tuple[Turn, ...], unit: PairUnit) -> Sample | None:
    chosen = session.record.turns
    at = _first_difference(chosen, rejected) if unit == "reply" else 0
    if at is None or chosen[at].skills != rejected[at].skills:
        make.notes[
            "pairs: the dialogues part where the client speaks, or in what the counselor was shown"
        ] += 1
        return None
    last = at + 1 if unit == "reply" else None
    if has_gate_turn(chosen[at:last]) or has_gate_turn(rejected[at:last]):
        make.notes["pairs: a turn that the safety gate spoke"] += 1
        return None
    prompt = make.counselor_prompt(session.brief, chosen, at)
    sides = [_messages(make, session, turns[at:last]) for turns in (chosen, rejected)]
    if prompt is None or sides[0] is None or sides[1] is None:
        return None
    origin = origin_of(session, "counselor", at)
    return Sample(origin=origin, prompt=prompt, chosen=sides[0], rejected=sides[1])


def _first_difference(chosen: tuple[Turn, ...], rejected: tuple[Turn, ...]) -> int | None:
    """Return the index of the first counselor turn that differs after the same dialogue, if any."""
    for at, (one, other) in enumerate(zip(chosen, rejected, strict=False)):
        if one.text != other.text:
            return at if one.speaker is other.speaker is Speaker.COUNSELOR else None
    return None


def _messages(make: Rebuild, session: HeldSession, turns: tuple[Turn, ...]) -> tuple[Message, ...] | None:
    """Write a trajectory up to the counselor's last reply; None if one of its replies cannot be written."""
    messages: list[Message] = []
    last = max((at for at, turn in enumerate(turns) if turn.speaker is Speaker.COUNSELOR), default=-1)
    # a client's last word behind it is nothing that a counselor could learn to say
    for turn in turns[: last + 1]:
        if turn.speaker is Speaker.CLIENT:
            messages.append(user(unbracketed(turn.text)))
            continue
        text = make.reply(turn, session.brief.case.language)
        if text is None:
            return None
        messages.append(assistant(text))
    return tuple(messages)
