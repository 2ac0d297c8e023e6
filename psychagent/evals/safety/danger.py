"""Find the danger that a session voices: by the gate's findings in its file, else by the gate's rules."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from psychagent.domain.base import WORKING_STAGES, Language, Modality, School, Speaker
from psychagent.domain.risk.asked import voiced_danger
from psychagent.domain.risk.finding import RiskFinding
from psychagent.domain.risk.session import HeardBy, SessionDanger
from psychagent.domain.turn import Turn
from psychagent.errors import RecordError
from psychagent.files.read import to_model
from psychagent.records.base import StoredFile
from psychagent.safety.hear import hear_session
from psychagent.safety.rules import RiskRules, load_rules
from psychagent.scales.dialogue import Dialogue, guess_language, number_lines
from psychagent.skills.library import SkillLibrary
from psychagent.skills.shown import risk_skills


class _Held(StoredFile):
    """What a session file of ours tells of its turns."""

    turns: tuple[Turn, ...] = ()
    risk: tuple[RiskFinding, ...] | None = None
    """None in files of versions that had no gate."""


def danger_of(
    dialogue: Dialogue, file: Mapping[str, Any] | None = None, *, as_said: Collection[Speaker] = ()
) -> SessionDanger:
    """Find the danger in a session, and when it was asked about.

    Args:
        dialogue: The session as a judge sees it.
        file: The content of the session's file; None where there is none of ours.
        as_said: Whose words stand in the dialogue as they are, without having been parsed.

    Raises:
        RecordError: If a file of ours holds turns or findings that cannot be read.
    """
    held = _held(file or {})
    # not the dialogue's language, which may be that of a judge's prompts
    language = guess_language(dialogue.lines)
    rules = _rules(language)
    if held.turns:
        numbers = number_lines([(turn.speaker, turn.text) for turn in held.turns], as_said=as_said)
        turns: Sequence[Turn] = held.turns
    else:
        turns = [Turn(speaker=line.speaker, text=line.text) for line in dialogue.lines]
        numbers = tuple(range(1, len(turns) + 1))
    if held.risk and held.turns:
        heard_by, findings = HeardBy.GATE, held.risk
    else:
        # where a gate listened and noted nothing, a model may have cleared what the soft rules call for
        heard_by, findings = HeardBy.RULES, hear_session(turns, rules, soft=held.risk is None)
    skills = _names(language, dialogue.modality) if any(turn.thoughts for turn in turns) else frozenset()
    voiced = voiced_danger(turns, findings, asks=rules.asks_about, skills=skills)
    if voiced is None:
        return SessionDanger(heard_by=heard_by)
    return SessionDanger(
        heard_by=heard_by,
        level=voiced.level,
        turn=numbers[voiced.turn],
        asked=voiced.asked,
        asked_turn=None if voiced.at is None else numbers[voiced.at],
    )


def said_by_gate(file: Mapping[str, Any]) -> frozenset[str]:
    """List what the gate said in the counselor's place in a session of ours; nothing in files of others.

    Raises:
        RecordError: As `danger_of` does.
    """
    return frozenset(turn.text for turn in _held(file).turns if turn.by_gate)


def _held(file: Mapping[str, Any]) -> _Held:
    """Read what is ours; in files of others the same names may hold anything."""
    if not file.get("schema_version"):
        return _Held()
    held = to_model(_Held, dict(file), origin="the session", raise_as=RecordError)
    for finding in held.risk or ():
        if held.turns and not 0 <= finding.turn < len(held.turns):
            raise RecordError(
                f"field 'risk' names turn {finding.turn} of {len(held.turns)}; put the file back as it was"
            )
    return held


@cache
def _rules(language: Language) -> RiskRules:
    return load_rules(language)


@cache
def _names(language: Language, modality: School) -> frozenset[str]:
    """Name the bundled skills for danger, the use of which counts as asking; of no one school, none."""
    if not isinstance(modality, Modality):
        return frozenset()
    library = SkillLibrary(language)
    stages = [stage for stage in WORKING_STAGES if library.path(modality, stage).exists()]
    return frozenset(skill.name for stage in stages for skill in risk_skills(library.stage(modality, stage)))
