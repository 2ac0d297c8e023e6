"""Worthless sessions are dialogues of their own: other words, and so another hash."""

from __future__ import annotations

from psychagent.assets.prompts import PromptLibrary
from psychagent.domain.base import Language, Modality
from psychagent.evals.find import JudgeInput
from psychagent.evals.worthless import KINDS, make_degenerate
from psychagent.scales.dialogue import Dialogue, to_lines
from tests.support.judging import GOOD, C, K


def test_each_has_the_hash_of_its_own_words_though_the_real_ones_was_known_before() -> None:
    dialogue = Dialogue(
        case_id="en01", modality=Modality.CBT, session_index=3, language=Language.EN, lines=to_lines(GOOD)
    )
    real = JudgeInput(dialogue=dialogue, source_file="cbt/en01/session_3.json", baseline="base")
    before = dialogue.hash
    made = make_degenerate(real, PromptLibrary(Language.EN))
    assert [found.baseline for found in made] == list(KINDS)
    assert {found.place for found in made} == {real.place}
    assert len({before, *(found.dialogue.hash for found in made)}) == 1 + len(KINDS)
    again = [Dialogue.model_validate_json(found.dialogue.model_dump_json()).hash for found in made]
    assert again == [found.dialogue.hash for found in made]


def test_a_parrot_hands_back_what_the_client_said_last_and_flattery_comes_from_the_list() -> None:
    dialogue = Dialogue(case_id="en01", modality=Modality.CBT, language=Language.EN, lines=to_lines(GOOD))
    prompts = PromptLibrary(Language.EN)
    made = {
        found.baseline: found.dialogue.lines
        for found in make_degenerate(JudgeInput(dialogue=dialogue, source_file="x"), prompts)
    }
    before = [line.text for line in dialogue.lines]
    handed_back = [before[0], before[1], before[1], before[3], before[3], before[5], before[5]]
    assert [line.text for line in made["parrot"]] == handed_back
    praise = prompts.data("judge/degenerate")["praise"]
    assert [line.text for line in made["self_praise"] if line.speaker is C] == praise[:4]
    assert [line.text for line in made["self_praise"] if line.speaker is K] == before[1::2]
