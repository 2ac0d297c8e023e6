"""What the client remembers is bounded, whole, and only of what it told."""

from __future__ import annotations

import pytest

from psychagent.domain.client_memory import (
    REMEMBERED_TOKENS,
    Recall,
    RecallReply,
    recent_lines,
    to_recall,
    told_lines,
    view_recalls,
)
from psychagent.domain.text.tokens import estimate_tokens

LINES = ("I keep the door shut.", "I count the stairs.", "Nobody knows.")


def recalled(session: int, size: int = 3) -> Recall:
    return Recall(
        session_index=session,
        said=tuple(f"s{session} I said thing {n}." for n in range(size)),
        details=tuple(f"s{session} small fact {n}." for n in range(size)),
        left=f"s{session} I left.",
    )


def test_numbers_become_the_lines_that_were_told() -> None:
    recall = to_recall(RecallReply(told=(3, 1, 1)), LINES, session_index=2)
    assert recall.told == (LINES[0], LINES[2])
    assert recall.session_index == 2


def test_entries_stand_in_a_row_without_full_stops_and_agreements_have_room() -> None:
    plan = "If the thought comes before light I put her in the cot, send my sister a dot and wake Wiremu."
    reply = RecallReply(said=("I am tired.", "我累了。", "And then..."), agreed=(plan,))
    recall = to_recall(reply, (), session_index=1)
    assert recall.said == ("I am tired", "我累了", "And then...")
    assert recall.agreed == (plan.removesuffix("."),)


def test_a_number_of_no_line_is_left_out() -> None:
    assert to_recall(RecallReply(told=(0, 4, -1)), LINES, session_index=1).told == ()


def test_what_a_model_writes_at_length_is_shortened_and_nothing_in_mid_word() -> None:
    long = "I told her about the long corridor and " * 30
    reply = RecallReply(
        said=(long,) * 9, held_back=(long,) * 9, details=(long, "") * 9, left="我说了很多，" * 60
    )
    recall = to_recall(reply, (), session_index=1)
    assert (len(recall.said), len(recall.held_back), len(recall.details)) == (4, 3, 6)
    for entry in (*recall.said, *recall.held_back, *recall.details):
        assert entry.endswith("…")
        assert set(entry.removesuffix("…").split()) <= set(long.split())
        assert estimate_tokens(entry) <= 60
    assert recall.left.endswith("很多，…")
    assert estimate_tokens(recall.left) <= 45


def test_told_lines_are_those_of_all_sessions_once_each() -> None:
    recalls = (Recall(session_index=1, told=LINES[:2]), Recall(session_index=2, told=LINES[1:]))
    assert told_lines(recalls) == LINES


def test_the_newest_told_lines_are_listed_while_they_fit() -> None:
    assert recent_lines(LINES) == LINES
    assert recent_lines(LINES, budget=12) == LINES[1:]
    assert recent_lines(LINES, budget=0) == ()


def test_the_last_session_is_remembered_in_full_and_earlier_ones_by_what_fits() -> None:
    recalls = tuple(recalled(n) for n in range(1, 30))
    shown = view_recalls(recalls)
    assert shown[-1] == recalls[-1]
    assert 2 < len(shown) < len(recalls)
    assert [recall.session_index for recall in shown] == list(range(30 - len(shown), 30))
    assert not any(recall.left for recall in shown[:-1])
    assert shown[-2].details == recalls[-2].details
    assert sum(estimate_tokens(t) for r in shown for t in (*r.said, *r.details, r.left)) <= REMEMBERED_TOKENS


def test_of_an_earlier_session_small_facts_outlast_the_rest() -> None:
    (earlier, _) = view_recalls((recalled(1), recalled(2)), budget=65)
    assert earlier.details
    assert len(earlier.said) < len(earlier.details)


@pytest.mark.parametrize(
    ("entry", "kept"),
    [
        (
            "应酬也就几杯，自己有数；饭局一个月三四回，推不掉的那种，推了人家也有话说，领导也不高兴，再说大家都这么喝的；"
            "周末要开车接闺女",
            "应酬也就几杯，自己有数；…周末要开车接闺女",
        ),
        (
            "I have a glass or two, like everybody; it is hot and it is long, and the dinners go on and on "
            "and nobody there would drink water, and so I pour like all of them do, and that is how the "
            "night goes, and the next one too; on Saturday I drive the girls",
            "I have a glass or two, like everybody; … on Saturday I drive the girls",
        ),
    ],
)
def test_what_is_still_ahead_is_not_what_a_long_entry_loses(entry: str, kept: str) -> None:
    assert to_recall(RecallReply(said=(entry,)), (), session_index=1).said == (kept,)


def test_up_to_six_promises_are_kept_and_no_session_costs_more_than_the_budget() -> None:
    promise = "喝了酒就不开车，钥匙交给表姐，周六由她去接孩子，路上有事先打电话，回来再说"
    reply = RecallReply(
        agreed=(promise,) * 9,
        said=("周末要开车接闺女",) + (promise,) * 3,
        details=(promise,) * 6,
        left=promise,
    )
    recall = to_recall(reply, (), session_index=1)
    assert len(recall.agreed) == 6
    (whole,) = view_recalls((recall,))
    assert whole == recall
    (shown,) = view_recalls((recall,), budget=300)
    assert (shown.agreed, shown.said[0], shown.left) == (recall.agreed, recall.said[0], recall.left)
    assert len(shown.said) + len(shown.details) < len(recall.said) + len(recall.details), (
        "small talk goes first"
    )


def test_of_an_earlier_session_what_was_told_of_danger_outlasts_small_facts() -> None:
    earlier = Recall(
        session_index=1, said=("I drive the girls on Saturday", "It is hot"), details=("Ann", "Durban")
    )
    (shown, _) = view_recalls((earlier, Recall(session_index=2)), budget=14)
    assert (shown.said, shown.details) == (earlier.said[:1], earlier.details[:1])


def test_before_the_first_session_there_is_nothing_to_remember() -> None:
    assert view_recalls(()) == ()


def test_an_earlier_agreement_stays_and_a_session_without_entries_makes_no_gap() -> None:
    first = Recall(session_index=1, agreed=("ring my sister",), details=("the cat is called Index",))
    shown = view_recalls((first, Recall(session_index=2), Recall(session_index=3, left="Quietly")))
    assert [recall.session_index for recall in shown] == [1, 3]
    assert (shown[0].agreed, shown[0].details) == (first.agreed, first.details)
