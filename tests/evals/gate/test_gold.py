"""The labelled turns that ship: enough of each kind, in two halves, none of them twice."""

from __future__ import annotations

import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from psychagent.domain.base import Language
from psychagent.errors import AssetError
from psychagent.evals.gate.gold import PLAIN, TRAPS, GoldTurn, Half, load_gold
from psychagent.safety.rules import load_rules
from tests.support.every import LANGUAGES


def counted(turns: tuple[GoldTurn, ...]) -> Counter[int]:
    return Counter(turn.level for turn in turns)


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_enough_turns_of_each_level_and_enough_benign_ones(language: Language) -> None:
    turns = load_gold(language)
    levels = counted(turns)
    assert all(levels[level] >= 100 for level in (1, 2, 3))
    assert levels[1] + levels[2] + levels[3] >= 300
    assert levels[0] >= 3000
    assert sum(turn.part == TRAPS for turn in turns) >= 300


@pytest.mark.parametrize("language", LANGUAGES)
def test_half_of_each_kind_is_held_out(language: Language) -> None:
    turns = load_gold(language)
    sizes = Counter((turn.part, turn.level, turn.kind, turn.half) for turn in turns)
    kinds = {key[:3] for key in sizes}
    assert all(
        0 <= sizes[(*kind, Half.TUNING)] - sizes[(*kind, Half.HELD_OUT)] <= 1 for kind in sorted(kinds)
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_turn_stands_twice(language: Language) -> None:
    turns = load_gold(language)

    def bare(text: str) -> str:
        folded = unicodedata.normalize("NFKC", text).casefold()
        return "".join(char for char in folded if char.isalnum())

    said = Counter((bare(turn.text), bare(turn.before)) for turn in turns)
    assert [text for text, count in said.items() if count > 1] == []
    assert len({turn.id for turn in turns}) == len(turns)


@pytest.mark.parametrize("language", LANGUAGES)
def test_traps_and_plain_turns_are_benign_and_only_a_trap_may_be_more(language: Language) -> None:
    for turn in load_gold(language):
        if turn.part in {TRAPS, PLAIN}:
            assert turn.level == 0, turn.id
        assert turn.may_be <= (1 if turn.part == TRAPS else 0), turn.id


def test_a_line_that_is_no_turn_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "safety" / "gold" / "en"
    folder.mkdir(parents=True)
    for part in ("danger", "traps", "plain"):
        (folder / f"{part}.jsonl").write_text("", encoding="utf-8")
    assert load_gold(Language.EN, tmp_path) == ()
    (folder / "traps.jsonl").write_text(
        '{"id": "a", "half": "tuning", "level": 0, "kind": "k", "text": "t"}\n'
        '{"id": "b", "half": "third", "level": 0, "kind": "k", "text": "t"}\n',
        encoding="utf-8",
    )
    with pytest.raises(AssetError, match=r"traps\.jsonl, line 2: field 'half' has 'third'"):
        load_gold(Language.EN, tmp_path)


@pytest.mark.parametrize("language", LANGUAGES)
def test_most_concerns_are_heard_by_soft_rules_alone_so_these_count_as_voiced(
    language: Language,
) -> None:
    rules = load_rules(language)
    concerns = [turn for turn in load_gold(language) if turn.half is Half.TUNING and turn.level == 1]
    heard = [rules.hear(turn.text, turn.before) for turn in concerns]
    voiced = [one for one in heard if max(one.hard, one.soft) > 0]
    soft = [one for one in voiced if one.hard == 0 and one.soft == 1]
    assert len(voiced) > 0.9 * len(concerns)
    assert len(soft) > 0.8 * len(voiced)
