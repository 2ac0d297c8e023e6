"""Give every labelled turn the level that the gate gives it: by its rules, and with its model."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from psychagent.assets.profiles import find_profile, make_case
from psychagent.domain.base import Language, Modality, Speaker
from psychagent.domain.memory import Memory
from psychagent.domain.risk.finding import Classifier, Handling, RiskMode
from psychagent.domain.risk.level import handling_of, is_certain, level_of
from psychagent.domain.turn import Turn
from psychagent.domain.usage import Usage, sum_usage
from psychagent.evals.gate.gold import GoldTurn
from psychagent.evals.gate.measure import Given
from psychagent.files.digest import hash_json
from psychagent.nodes.deps import Deps
from psychagent.nodes.safety.classify import judge
from psychagent.nodes.state import Brief
from psychagent.safety.rules import Heard, RiskRules


class Asked(NamedTuple):
    """What a model made of labelled turns."""

    levels: dict[str, Given]
    """Id -> what rules and model together make of it; where the model failed, the rules alone."""
    asked: int
    failed: int
    usage: Usage


def by_rules(turns: Sequence[GoldTurn], rules: RiskRules) -> dict[str, Given]:
    """Return what the rules alone make of each turn, as if the model were down."""
    levels = {}
    for turn in turns:
        heard = rules.hear(turn.text, turn.before)
        levels[turn.id] = _given(rules, turn, heard, None)
    return levels


async def with_model(deps: Deps, language: Language, turns: Sequence[GoldTurn]) -> Asked:
    """Ask the gate's model about each turn that its settings call for; a turn is a dialogue of its own."""
    brief = _brief(deps, language)
    rules = deps.safety(language).rules

    async def ask(turn: GoldTurn) -> tuple[Given, Classifier, Usage]:
        heard = rules.hear(turn.text, turn.before)
        judged = await judge(deps, brief, _dialogue(turn), heard, (), last=0)
        return _given(rules, turn, heard, judged.level), judged.classifier, judged.usage

    answers = await asyncio.gather(*(ask(turn) for turn in turns))
    states = [state for _, state, _ in answers]
    return Asked(
        {turn.id: given for turn, (given, _, _) in zip(turns, answers, strict=True)},
        sum(state in {Classifier.OK, Classifier.FAILED} for state in states),
        states.count(Classifier.FAILED),
        sum_usage(usage for _, _, usage in answers),
    )


def _given(rules: RiskRules, turn: GoldTurn, heard: Heard, model: int | None) -> Given:
    level = level_of(hard=heard.hard, soft=heard.soft, model=model, last=0).level
    certain = is_certain(level, hard=heard.hard, model=model)
    at_hand = rules.at_hand.tells(turn.text) is True
    handling = handling_of(level, RiskMode.ACT, certain=certain, at_hand=at_hand)
    return Given(level, handling is Handling.TAKEOVER)


def prompt_hash(deps: Deps, language: Language) -> str:
    """Hash the templates of the gate's prompt, so that a table says what was measured."""
    hashes = deps.prompts(language).hashes
    return hash_json(
        {name: value for name, value in hashes.items() if name.startswith(f"{language.value}/risk/")}
    )


def _dialogue(turn: GoldTurn) -> list[Turn]:
    before = [Turn(speaker=Speaker.COUNSELOR, text=turn.before)] if turn.before else []
    return [*before, Turn(speaker=Speaker.CLIENT, text=turn.text)]


def _brief(deps: Deps, language: Language) -> Brief:
    case = make_case(find_profile(f"{language.value}01", language), Modality.CBT, language)
    plan = deps.prompts(language).first_plan(case.modality)
    return Brief(case=case, plan=plan, memory=Memory(), candidates=(), session_index=1, knobs=deps.knobs)
