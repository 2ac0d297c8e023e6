"""How a text that does not fit is shortened where its meaning matters: by whole clauses and quotations."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from psychagent.domain.text.tokens import clip_to_tokens, estimate_tokens, most_that_fits

_CLAUSE_END = re.compile(r"[。！？…；，]|[.!?;,](?=\s)")
_QUOTATION = re.compile(r"“[^”]*”|「[^」]*」|\"[^\"]*\"")
_LOOSE = " ,;，；"
_BETWEEN = re.compile(rf"[{_LOOSE}、。.]*")


def clip_to_clause(text: str, limit: int) -> str:
    """Shorten a text as `clip_to_tokens` does, but behind a whole clause, however little of it that keeps.

    Half a clause of what was agreed on may say the opposite of the whole. A quotation is kept whole or left
    out; only where nothing else fits is it cut, and then it is closed.
    """
    if estimate_tokens(text) <= limit:
        return text
    fits, spans = most_that_fits(text, limit), [found.span() for found in _QUOTATION.finditer(text)]
    ends = [match.end() for match in _CLAUSE_END.finditer(text[:fits])]
    ends = [end for end in ends if not any(start < end < stop for start, stop in spans)]
    ends += [stop for _, stop in spans if stop <= fits]
    if ends:
        return _marked(text[: max(ends)])
    return _clip_quotation(text, spans[0], limit) if spans else clip_to_tokens(text, limit)


def clip_to_newest(text: str, limit: int) -> str:
    """Shorten what somebody said at several times: the newest stays, then the first, then the next newest.

    A saying is a quotation with what leads to it, or a part between semicolons. Writers are told to begin
    with the most dangerous words; those said last tell of what is still ahead.
    """
    sayings = _sayings(text)
    if estimate_tokens(text) <= limit or len(sayings) < 2:
        return clip_to_clause(text, limit)
    last = len(sayings) - 1
    kept = {last}
    if estimate_tokens(_joined(sayings, kept)) > limit:
        # no room for the mark of what was left out before it
        return clip_to_clause(sayings[last], limit)
    for at in (0, *range(last - 1, 0, -1)):
        if estimate_tokens(_joined(sayings, {*kept, at})) <= limit:
            kept.add(at)
    return _joined(sayings, kept)


def _clip_quotation(text: str, span: tuple[int, int], limit: int) -> str:
    """Shorten a quotation that does not fit, and leave out what follows it."""
    start, stop = span
    opened, closing = text[: start + 1], text[stop - 1]
    room = limit - estimate_tokens(opened + closing)
    return f"{opened}{clip_to_clause(text[start + 1 : stop - 1], room)}{closing}" if room > 0 else "…"


def _sayings(text: str) -> list[str]:
    """Cut a text between two quotations, and at semicolons that stand in none."""
    spans = [found.span() for found in _QUOTATION.finditer(text)]
    cuts = []
    for (_, stop), (start, _) in zip(spans, spans[1:], strict=False):
        if (gap := _BETWEEN.match(text, stop)) and gap.end() == start:
            cuts.append(start)
    for mark in re.finditer("[;；] *", text):
        if not any(start < mark.start() < stop for start, stop in spans):
            cuts.append(mark.end())
    places = [0, *sorted({cut for cut in cuts if cut < len(text)}), len(text)]
    return [text[one:other] for one, other in zip(places, places[1:], strict=False)]


def _joined(sayings: Sequence[str], kept: Collection[int]) -> str:
    """Write those that are kept in their order, with an ellipsis for what is left out between them."""
    parts = []
    for at, saying in enumerate(sayings):
        if at in kept:
            parts.append(saying)
        elif at == 0 or at - 1 in kept:
            parts.append("… " if saying.isascii() else "…")
    return "".join(parts)


def _marked(kept: str) -> str:
    kept = kept.rstrip(_LOOSE)
    return f"{kept} …" if kept.endswith((".", "!", "?")) else f"{kept}…"
