"""Rebuild what each model call of a session was sent and what it should answer."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from psychagent.domain.base import Language, Speaker
from psychagent.domain.role import Role
from psychagent.domain.strategy.kinds import MemoryKind, Planning, SkillUse
from psychagent.domain.turn import Turn
from psychagent.errors import MalformedReplyError
from psychagent.export.rewards import Rewards
from psychagent.export.sample import Origin, Sample, Task
from psychagent.export.source import HeldSession
from psychagent.llm.prompt import Message, assistant
from psychagent.nodes.counselor import counselor_prompt
from psychagent.nodes.deps import Sources
from psychagent.nodes.memory.prompt import ReflectionRole, reflection_prompt
from psychagent.nodes.retrieval.candidates import filter_prompt
from psychagent.nodes.retrieval.query import rewrite_prompt
from psychagent.nodes.state import Brief
from psychagent.replies.as_json import write_json
from psychagent.replies.reply import CounselorReply, has_thoughts
from psychagent.replies.tags import write_plain, write_tagged
from psychagent.skills.shown import choosable

_FILE_FIELDS = {"static_traits", "main_problem", "topic", "core_demands", "growth_experiences", "theory"}

_WITH_FILE = {MemoryKind.FILE, MemoryKind.OTHER}
"""The kinds of memory that ask for a client file."""

WITHOUT_THOUGHTS = "replies kept without thoughts"
"""The only note that does not mean that something was left out."""


@dataclass(frozen=True)
class Rebuild:
    """How completions are written."""

    sources: Sources
    keep_think: bool
    notes: Counter[str]
    """Counts why something could not be rebuilt; filled as samples are made."""

    def samples(self, session: HeldSession, task: Task) -> Iterator[Sample]:
        """Make a task's samples of one session, in order."""
        for prompt, answer, turn in _MAKERS[task](self, session):
            yield Sample(origin=origin_of(session, task, turn), prompt=prompt, chosen=(assistant(answer),))

    def counselor_prompt(self, brief: Brief, turns: tuple[Turn, ...], at: int) -> tuple[Message, ...] | None:
        """Return what the counselor was sent for a turn; None if a skill it saw is gone."""
        keeps = self.sources.baseline.retrieval.keep_in_history
        if not self._knows_skills(brief, turns[0 if keeps else at : at + 1]):
            self.notes["counselor: a skill that the turn saw is no longer in the library"] += 1
            return None
        return counselor_prompt(self.sources, brief, turns[:at], turns[at]).messages

    def reflection_prompt(
        self, brief: Brief, turns: tuple[Turn, ...], task: ReflectionRole
    ) -> tuple[Message, ...] | None:
        """Return what a reflection task was sent; None if a skill that it saw is gone."""
        settings = self.sources.baseline
        shows_skills = settings.share_prefix and settings.retrieval.keep_in_history
        if shows_skills and not self._knows_skills(brief, turns):
            name = "profile" if task is Role.CLIENT_FILE else "summary"
            self.notes[f"{name}: a skill that the session saw is no longer in the library"] += 1
            return None
        return reflection_prompt(self.sources, brief, turns, task).messages

    def _knows_skills(self, brief: Brief, turns: Sequence[Turn]) -> bool:
        """Return whether the library still holds all skills of these turns."""
        stage = self.sources.skills(brief.case.language).stage(brief.case.modality, brief.skill_stage)
        return {skill_id for turn in turns for skill_id in turn.skills} <= {s.id for s in stage.skills()}

    def reply(self, turn: Turn, language: Language) -> str | None:
        """Write a counselor's reply in the form that its prompt asks for; None if it cannot be."""
        settings, reply = self.sources.baseline, CounselorReply.of(turn)
        end_token, with_skills = settings.end_token, settings.skills.use is not SkillUse.OFF
        if not self.keep_think:
            reply = reply.without_thoughts()
        try:
            match settings.reply_format:
                case "json":
                    return write_json(reply, end_token=end_token, with_skills=with_skills)
                case "plain":
                    return write_plain(reply, end_token=end_token)
                case "tags":
                    text = write_tagged(
                        reply, end_token=end_token, language=language, with_skills=with_skills
                    )
                case unknown:
                    assert_never(unknown)
        except MalformedReplyError:
            self.notes["counselor: a reply that cannot be written in the form of the prompt"] += 1
            return None
        if self.keep_think and not has_thoughts(reply.thoughts):
            self.notes[WITHOUT_THOUGHTS] += 1
        return text


Examples = Iterator[tuple[tuple[Message, ...], str, int | None]]


def origin_of(session: HeldSession, task: Task, turn: int | None = None) -> Origin:
    """Say where a sample comes from."""
    brief, rewards = session.brief, Rewards.of(session.rollouts)
    return Origin(
        modality=brief.case.modality,
        case_id=brief.case.case_id,
        session_index=brief.session_index,
        task=task,
        turn=turn,
        reward=rewards.winner,
        margin=rewards.margin,
    )


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False)


def _counselor(make: Rebuild, session: HeldSession) -> Examples:
    turns, language = session.record.turns, session.brief.case.language
    for at, turn in enumerate(turns):
        if turn.speaker is not Speaker.COUNSELOR:
            continue
        if turn.by_gate:
            make.notes["counselor: a turn that the safety gate spoke"] += 1
            continue
        prompt, answer = make.counselor_prompt(session.brief, turns, at), make.reply(turn, language)
        if prompt is not None and answer is not None:
            yield prompt, answer, at


def _summary(make: Rebuild, session: HeldSession) -> Examples:
    prompt = make.reflection_prompt(session.brief, session.record.turns, Role.SUMMARY)
    if prompt is None:
        return
    # a plan that the prompt does not ask for is no part of the answer
    unasked = {"next_session_plan"} if make.sources.baseline.planning is Planning.OFF else None
    yield prompt, _json(session.record.typed_summary().model_dump(mode="json", exclude=unasked)), None


def _profile(make: Rebuild, session: HeldSession) -> Examples:
    """Yield the client file after the session: it keeps all that still holds, so all of it is the answer."""
    file = session.record.client_file
    if make.sources.baseline.memory not in _WITH_FILE:
        make.notes["profile: the run's kind of memory keeps no client file"] += 1
        return
    if file is None:
        make.notes["profile: the session's file holds no client file"] += 1
        return
    prompt = make.reflection_prompt(session.brief, session.record.turns, Role.CLIENT_FILE)
    if prompt is None:
        return
    yield prompt, _json(file.model_dump(mode="json", include=_FILE_FIELDS)), None


def _select(make: Rebuild, session: HeldSession) -> Examples:
    """Yield the families whose skills the session could draw on; unknown ids are not repeated."""
    if make.sources.baseline.skills.use is not SkillUse.ON:
        make.notes["select: the run asked for no families of skills"] += 1
        return
    brief, candidates = session.brief, set(session.brief.candidates)
    skills = make.sources.skills(brief.case.language).stage(brief.case.modality, brief.skill_stage)
    chosen = [meta.id for meta in choosable(skills) if candidates & {skill.id for skill in meta.skills}]
    if not chosen:
        make.notes["select: none of the session's candidates is in the library"] += 1
        return
    yield filter_prompt(make.sources, brief, skills).messages, _json({"meta_skill_ids": chosen}), None


def _rewrite(make: Rebuild, session: HeldSession) -> Examples:
    turns = session.record.turns
    for at, turn in enumerate(turns):
        if turn.speaker is not Speaker.COUNSELOR or at == 0 or turn.by_gate:
            continue
        if turn.rewrite is None:
            make.notes[
                "rewrite: the turn's query was not written by a model, or its parts were not stored"
            ] += 1
            continue
        prompt = rewrite_prompt(make.sources, session.brief, turns[:at])
        yield prompt.messages, _json(turn.rewrite.model_dump()), at


_MAKERS: dict[Task, Callable[[Rebuild, HeldSession], Examples]] = {
    "counselor": _counselor,
    "summary": _summary,
    "profile": _profile,
    "select": _select,
    "rewrite": _rewrite,
}
