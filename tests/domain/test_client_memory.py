"""What the client remembers is bounded, whole, and only of what it told."""

from __future__ import annotations

from psychagent.domain.client_memory import (
    REMEMBERED_TOKENS,
    Recall,
    RecallReply,
    recent_lines,
    to_recall,
    told_lines,
    view_recalls,
)
from psychagent.domain.tokens import estimate_tokens

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
        assert estimate_tokens(entry) <= 36
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


def test_before_the_first_session_there_is_nothing_to_remember() -> None:
    assert view_recalls(()) == ()


def test_an_earlier_agreement_stays_and_a_session_without_entries_makes_no_gap() -> None:
    first = Recall(session_index=1, agreed=("ring my sister",), details=("the cat is called Index",))
    shown = view_recalls((first, Recall(session_index=2), Recall(session_index=3, left="Quietly")))
    assert [recall.session_index for recall in shown] == [1, 3]
    assert (shown[0].agreed, shown[0].details) == (first.agreed, first.details)
