"""Check in code what the judge's answer to an item rests on: one rule of evidence for all scales."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from psychagent.domain.scores import Basis, Gate, ItemScore, Quote
from psychagent.scales.dialogue import Line
from psychagent.scales.quotes import complete_quote, quote_problem
from psychagent.scales.reply import ItemReply, QuoteReply
from psychagent.scales.scale import Rates, Scale


class _Verdict(NamedTuple):
    """What is left of a score, and why."""

    verified: int
    basis: Basis
    gate: Gate = ""


def verify_item(scale: Scale, answer: ItemReply, lines: Sequence[Line], repeat: int = 0) -> ItemScore:
    """Check an answer's support.

    A score that is better than the default needs a quote in its favor that is found; for an item about
    an effect, one of the client. A worse one needs a quote that is found, against a counselor of either
    speaker, or a named omission with the turn that gave occasion; an omission is never a symptom. Any
    other departure is set back to the default. A supported score is lowered where the scale's gates ask
    for more than it has.
    """
    item, default = scale.by_id[answer.id], scale.defaults[answer.id]
    # the client may speak against a counselor, whose own words alone show what is good
    pro, con = item.rates, "either" if item.rates == "counselor" else item.rates
    mirrored = item.id in scale.worse_when_higher
    shown = _check(con if mirrored else pro, lines, answer.quotes)
    against = _check(pro if mirrored else con, lines, answer.against)
    raw = default if answer.score is None else answer.score
    verdict = _Verdict(raw, "no_evidence")
    if answer.score is not None:
        verdict = _weigh(scale, answer, _found(shown), _found(against), lines)
    return ItemScore(
        id=item.id,
        raw=raw,
        verified=verdict.verified,
        basis=verdict.basis,
        quotes=shown,
        against=against,
        absent=answer.absent.strip(),
        occasion=answer.occasion,
        gate=verdict.gate,
        repeat=repeat,
    )


_Words = frozenset[tuple[int, str]]


def _weigh(
    scale: Scale, answer: ItemReply, shown: _Words, against: _Words, lines: Sequence[Line]
) -> _Verdict:
    """Judge a score by the words that were found."""
    item, raw, default = scale.by_id[answer.id], answer.score or 0, scale.defaults[answer.id]
    # words that show what an item says speak for a higher number, which for some items is the worse one
    mirrored = item.id in scale.worse_when_higher
    pro, con = (against, shown) if mirrored else (shown, against)
    if raw == default:
        return _Verdict(raw, "stated" if pro or con else "default")
    if (raw > default) != mirrored:
        carried = any(not item.effect or lines[turn - 1].speaker.value == "client" for turn, _ in pro)
        return _gated(scale, raw, pro, con, mirrored=mirrored) if carried else _Verdict(default, "set_back")
    if con:
        return _Verdict(raw, "quoted")
    return _Verdict(raw, "absent") if _is_absent(scale, answer, lines) else _Verdict(default, "set_back")


def _gated(scale: Scale, raw: int, pro: _Words, con: _Words, *, mirrored: bool) -> _Verdict:
    """Lower a good score that has something against it, or too few quotes; gates count from the worse end."""
    ends, gates = sum(scale.range), scale.gates
    most = ends - raw if mirrored else raw
    gate: Gate = ""
    if con and gates.none_against_from is not None and most >= gates.none_against_from:
        most, gate = gates.none_against_from - 1, "against"
    if len(pro) < 2 and gates.two_quotes_from is not None and most >= gates.two_quotes_from:
        most, gate = gates.two_quotes_from - 1, "quotes"
    return _Verdict(ends - most if mirrored else most, "quoted", gate)


def _is_absent(scale: Scale, answer: ItemReply, lines: Sequence[Line]) -> bool:
    occasion = answer.occasion or 0
    return bool(answer.absent.strip()) and 1 <= occasion <= len(lines) and answer.id in scale.may_lack


def _check(rates: Rates, lines: Sequence[Line], quotes: Sequence[QuoteReply]) -> tuple[Quote, ...]:
    """Look each quote up, and complete the first words of those that are found."""
    checked = []
    for given in quotes:
        problem = quote_problem(lines, rates, given.turn, given.text)
        text = given.text if problem else complete_quote(lines, given.turn, given.text)
        checked.append(Quote(turn=given.turn, text=text, problem=problem))
    return tuple(checked)


def _found(quotes: Sequence[Quote]) -> _Words:
    words = {(quote.turn, quote.text) for quote in quotes if not quote.problem}
    # a part of another quote is no second one
    return frozenset(
        (turn, text) for turn, text in words if not any(turn == t and text in x != text for t, x in words)
    )
