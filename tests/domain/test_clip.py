"""A text is shortened by whole clauses and whole quotations; of several sayings the newest stay."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from psychagent.domain.text.clip import clip_to_clause, clip_to_newest
from psychagent.domain.text.tokens import estimate_tokens

FIRST, SETTLES, DRIVES = (
    "“也就几杯，我自己有数。”",
    "“回去喝两口就踏实了，睡得着。”",
    "“周末我还得开车去接闺女呢。”",
)


@pytest.mark.parametrize(
    ("text", "limit", "kept"),
    [
        (
            "约好三条：晚上不碰酒，早上不开车。“喝了就叫表姐去接。”她点头。",
            20,
            "约好三条：晚上不碰酒，早上不开车。…",
        ),
        (
            "约好三条：晚上不碰酒，早上不开车。“喝了就叫表姐去接。”她点头。",
            30,
            "约好三条：晚上不碰酒，早上不开车。“喝了就叫表姐去接。”…",
        ),
        ("“喝了酒我就不开车，叫表姐去接，周末也一样。”", 14, "“喝了酒我就不开车…”"),
        ("她说：「先睡，再说，明天还要开车接孩子呢。」", 12, "她说：「先睡，再说…」"),
        (
            '"If I drink I hand Ann the keys, and on Saturday too, whatever he says."',
            12,
            '"If I drink I hand Ann the keys…"',
        ),
        ('No wine today. "I hand Ann the keys, whatever he says."', 8, "No wine today. …"),
        ("one clause, and another one that is far too long for it", 6, "one clause…"),
    ],
)
def test_no_quotation_is_left_open_and_no_clause_half(text: str, limit: int, kept: str) -> None:
    assert clip_to_clause(text, limit) == kept
    assert estimate_tokens(kept) <= limit


@pytest.mark.parametrize(
    ("text", "limit", "kept"),
    [
        (f"{FIRST}；{SETTLES}；{DRIVES}", 20, f"…{DRIVES}"),
        (f"{FIRST}；{SETTLES}；{DRIVES}", 32, f"{FIRST}；…{DRIVES}"),
        (f"{FIRST}{SETTLES}，{DRIVES}", 32, f"{FIRST}…{DRIVES}"),
        (f"{FIRST}；{SETTLES}；{DRIVES}", 60, f"{FIRST}；{SETTLES}；{DRIVES}"),
        (
            "“我有数，”她说，“回去喝两口就踏实了。”“周末我还得开车去接闺女呢。”",
            20,
            "…“周末我还得开车去接闺女呢。”",
        ),
        ("也就几杯；回去喝两口就踏实了；周末我还得开车去接闺女呢", 20, "也就几杯；…周末我还得开车去接闺女呢"),
        (
            '"A couple of glasses, like everybody." "My hands are silly in the mornings." '
            '"And on Saturday I drive the girls."',
            24,
            '"A couple of glasses, like everybody." … "And on Saturday I drive the girls."',
        ),
        (f"{FIRST}；“周末我还得开车去接闺女呢，路上车多，她又坐在前头。”", 18, "“周末我还得开车去接闺女呢…”"),
        ("我就站在窗户边上，想着手一松就什么都不用管了，后来听见孩子翻了个身", 12, "我就站在窗户边上…"),
    ],
)
def test_of_what_was_said_at_several_times_the_newest_stays(text: str, limit: int, kept: str) -> None:
    clipped = clip_to_newest(text, limit)
    assert clipped == kept
    assert estimate_tokens(clipped) <= limit


@pytest.mark.parametrize("limit", range(1, 70))
@pytest.mark.parametrize("clip", [clip_to_clause, clip_to_newest])
def test_whatever_the_limit_it_fits_and_every_quotation_is_closed(
    clip: Callable[[str, int], str], limit: int
) -> None:
    clipped = clip(f"{FIRST}；她又说{SETTLES}；{DRIVES}", limit)
    assert estimate_tokens(clipped) <= max(limit, 1)
    assert clipped.count("“") == clipped.count("”")
