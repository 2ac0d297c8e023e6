"""Find the sessions to judge: in run folders, session files and case files."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from psychagent.domain.base import SCHOOLS, Language, Record, School, Speaker
from psychagent.domain.risk.session import SessionDanger
from psychagent.domain.text.name import is_name, why_no_name
from psychagent.domain.words.value import as_text, kind_of
from psychagent.errors import RecordError, SettingsError
from psychagent.evals.importing.apart import Named, names_apart
from psychagent.evals.importing.fields import read_number, read_school, to_text
from psychagent.evals.importing.files import find_files
from psychagent.evals.importing.gaps import find_gaps
from psychagent.evals.importing.messages import (
    LINES,
    Talk,
    hold_to_format,
    is_messages,
    read_talks,
    to_case_id,
)
from psychagent.evals.importing.roles import Roles, read_utterance, require_both
from psychagent.evals.importing.text import SUFFIXES as TEXT
from psychagent.evals.importing.text import read_named_lines
from psychagent.evals.safety.danger import danger_of, said_by_gate
from psychagent.files.kind import resolved
from psychagent.files.read import read_json, read_text
from psychagent.records.chat import CHAT
from psychagent.records.folder import Broken, check_place, run_of, session_number
from psychagent.records.summary import InputFormat, ReadAs
from psychagent.scales.dialogue import Dialogue, guess_language, to_lines


class JudgeInput(Record):
    """A session that can be judged."""

    dialogue: Dialogue
    source_file: str
    """Relative to the folder searched."""
    danger: SessionDanger = SessionDanger()
    """What is known of danger in it, without a judge."""
    fixed: frozenset[str] = frozenset()
    """What the safety gate said in the counselor's place."""
    baseline: str = ""
    named: str = ""
    """The id that others gave the dialogue; empty for our own sessions."""
    is_control: bool = False
    """Whether it is judged to see what its scores are worth, so that nobody need speak in it."""

    @property
    def place(self) -> tuple[str, str, int]:
        """Modality, case and session index, which locate the file of its scores."""
        return self.dialogue.modality.value, self.dialogue.case_id, self.dialogue.session_index


@dataclass(frozen=True)
class Search:
    """What to look for, and where."""

    root: Path
    """A folder, or one file."""
    input_format: InputFormat = "auto"
    modalities: tuple[School, ...] = ()
    """Empty means all of them."""
    case_limit: int | None = None
    """Most cases of each modality."""
    language: Language | None = None
    """None means to guess it from each dialogue."""
    roles: Roles = field(default_factory=dict)
    """Which side a speaker's name stands for, beside the names that are known."""

    @staticmethod
    def again(root: Path, how: ReadAs, modality: School) -> Search:
        """Look for what an evaluation judged, as it read it then."""
        return Search(root, how.input_format, (modality,), roles=how.roles)


def find_sessions(search: Search) -> tuple[list[JudgeInput], list[Broken]]:
    """Read every session below a folder, in order of modality, case and session.

    A file that cannot be read is reported as broken and does not affect the others.

    Raises:
        SettingsError: If the folder does not exist or holds several runs.
    """
    inputs: list[JudgeInput] = []
    files = find_files(search.root, search.input_format)
    broken = list(find_gaps(files, search.root))
    for path in files:
        try:
            for item in _read(path, search):
                (inputs if isinstance(item, JudgeInput) else broken).append(item)  # type: ignore[arg-type]
        except RecordError as error:
            broken.append(Broken(file=_name(path, search.root), reason=_without(path, error)))
    selected = [
        item
        for item in _told_apart(inputs)
        if not search.modalities or item.dialogue.modality in search.modalities
    ]
    return _limited(_unique(sorted(selected, key=_order), broken), search.case_limit), broken


def _told_apart(inputs: Sequence[JudgeInput]) -> Iterator[JudgeInput]:
    """Yield the sessions with names that no two dialogues share."""
    found = [Named(i.dialogue.modality, i.dialogue.case_id, i.named) for i in inputs]
    names = names_apart(found)
    for item, named in zip(inputs, found, strict=True):
        dialogue = item.dialogue.model_copy(update={"case_id": names[named]})
        yield item if names[named] == named.case_id else item.model_copy(update={"dialogue": dialogue})


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if root.is_dir() else path.name


def _without(path: Path, error: Exception) -> str:
    return str(error).removeprefix(f"{path}: ")


def _order(item: JudgeInput) -> tuple[str, int, str, int]:
    modality, case_id, index = item.place
    return modality, len(case_id), case_id, index


def _unique(inputs: Sequence[JudgeInput], broken: list[Broken]) -> list[JudgeInput]:
    """Keep the first session of each place.

    Raises:
        SettingsError: If sessions come from several runs: scores of different systems must not be mixed.
    """
    baselines = sorted({f.baseline for f in inputs if f.baseline})
    first: dict[tuple[str, str, int], JudgeInput] = {}
    for item in inputs:
        if item.place not in first:
            first[item.place] = item
        elif item.baseline != first[item.place].baseline:
            raise SettingsError(
                f"--data-root holds several runs ({', '.join(baselines)}); name the folder of one"
            )
        else:
            reason = f"the same case and session as {first[item.place].source_file}"
            broken.append(Broken(file=item.source_file, reason=reason))
    return list(first.values())


def _limited(inputs: Sequence[JudgeInput], case_limit: int | None) -> list[JudgeInput]:
    cases: dict[str, list[str]] = {}
    for item in inputs:
        modality, case_id, _ = item.place
        if case_id not in cases.setdefault(modality, []):
            cases[modality].append(case_id)
    return [f for f in inputs if f.place[1] in cases[f.place[0]][:case_limit]]


def _read(path: Path, search: Search) -> Iterator[JudgeInput | Broken]:
    wanted, suffix = search.input_format, path.suffix.lower()
    if wanted == "text" or (wanted == "auto" and suffix in TEXT):
        lines = read_named_lines(read_text(path, RecordError), search.roles)
        pairs = [{"role": speaker.value, "content": words} for speaker, words in lines]
        yield _read_talk(path, Talk(pairs), replace(search, roles={}), of_many=False)
        return
    data = None if suffix in LINES else read_json(path)
    if wanted in ("messages", "sharegpt") or (wanted == "auto" and (suffix in LINES or _is_others(data))):
        yield from _read_talks(path, search)
        return
    if not isinstance(data, dict):
        raise RecordError(f"holds {kind_of(data)}, neither a session nor a case")
    is_case = "sessions" in data
    if is_case if wanted == "run" else not is_case and wanted in ("eval_case", "psycheval"):
        raise RecordError(f"is a {'case' if is_case else 'session'} file, which is not format {wanted!r}")
    if is_case:
        yield from _read_case(path, data, search)
    elif "transcript" in data:
        yield _read_session(path, data, search)
    else:
        raise RecordError(
            "has neither 'transcript' nor 'sessions' nor 'messages'; it is no session, no case, no dialogue"
        )


def _is_others(data: Any) -> bool:
    is_ours = isinstance(data, dict) and ("sessions" in data or "transcript" in data)
    return not is_ours and is_messages(data)


def _read_talks(path: Path, search: Search) -> Iterator[JudgeInput | Broken]:
    """Read the dialogues of a file of others; one that cannot be used is reported as broken."""
    talks = read_talks(path)
    for talk in talks:
        try:
            yield _read_talk(path, talk, search, of_many=len(talks) > 1)
        except RecordError as error:
            if len(talks) == 1:
                raise
            yield Broken(file=f"{_name(path, search.root)}, dialogue {talk.place}", reason=str(error))


def _read_talk(path: Path, talk: Talk, search: Search, *, of_many: bool) -> JudgeInput:
    if talk.problem:
        raise RecordError(talk.problem)
    hold_to_format(talk.utterances, search.input_format)
    name = talk.name or (f"{path.stem}-{talk.place}" if of_many else path.stem)
    folder = path.absolute().parent.name.lower()
    dialogue = _dialogue(
        talk.utterances,
        search,
        case_id=to_case_id(name),
        modality=read_school(talk.school or (folder if folder in SCHOOLS else ""), search.modalities),
        session_index=read_number(talk.index, "session"),
    )
    file = _name(path, search.root)
    return JudgeInput(dialogue=dialogue, source_file=file, danger=danger_of(dialogue), named=name)


def _read_session(path: Path, data: Mapping[str, Any], search: Search) -> JudgeInput:
    """Read a session file, ours or the reference release's.

    The client's profile is left out: what such a file holds under that name is the counselor's own
    client file, against which the counselor must not be judged.
    """
    number, run, parents = session_number(path), run_of(path), resolved(path).parents
    folder = parents[1].name
    index = data.get("session_index", number or 1)
    told = [data.get(name) for name in ("case_id", "modality", "session_index")]
    check_place(path, case_id=told[0], modality=told[1], index=told[2])
    plan = {"stage": data.get("stage"), "focus": data.get("focus")}
    # a person may write whatever looks like a mark
    as_said = {Speaker.CLIENT} if run and (run.path / CHAT).exists() else set[Speaker]()
    dialogue = _dialogue(
        data["transcript"],
        search,
        as_said=as_said,
        case_id=data.get("case_id") or (parents[0].name if number else path.stem),
        modality=read_school(
            data.get("modality") or (folder if number and folder in SCHOOLS else ""), search.modalities
        ),
        session_index=read_number(index, "session_index"),
        plan=to_text(plan) if plan["focus"] else "",
    )
    return JudgeInput(
        dialogue=dialogue,
        source_file=_name(path, search.root),
        baseline=run.name if run else "",
        danger=danger_of(dialogue, data, as_said=as_said),
        fixed=said_by_gate(data),
    )


def _read_case(path: Path, data: Mapping[str, Any], search: Search) -> Iterator[JudgeInput | Broken]:
    """Read a case file; an unusable session in it is reported as broken."""
    name = _name(path, search.root)
    sessions = data["sessions"]
    if not isinstance(sessions, list) or not sessions:
        raise RecordError("field 'sessions' holds no list of sessions")
    modality = read_school(
        data.get("theoretical") or data.get("modality") or path.parent.name, search.modalities
    )
    for place, session in enumerate(sessions, start=1):
        try:
            if not isinstance(session, dict) or "session_dialogue" not in session:
                raise RecordError("field 'session_dialogue' is missing")
            dialogue = _dialogue(
                session["session_dialogue"],
                search,
                case_id=path.stem,
                modality=modality,
                session_index=read_number(session.get("session_number", place), "session_number"),
                profile=to_text(data.get("client_info")),
                plan=to_text(data.get("global_plan")),
            )
        except RecordError as error:
            yield Broken(file=f"{name}, session {place}", reason=str(error))
        else:
            yield JudgeInput(dialogue=dialogue, source_file=name, danger=danger_of(dialogue))


def _dialogue(
    utterances: Any, search: Search, *, case_id: Any, as_said: Collection[Speaker] = (), **fields: Any
) -> Dialogue:
    if not isinstance(utterances, list):
        raise RecordError(f"the dialogue is {kind_of(utterances)}, not a list of utterances")
    pairs = [read_utterance(item, number, search.roles) for number, item in enumerate(utterances, start=1)]
    lines = to_lines([pair for pair in pairs if pair is not None], as_said=as_said)
    if not lines:
        raise RecordError("the dialogue is empty")
    require_both((line.speaker for line in lines), "name the speaker of each utterance")
    if not is_name(name := as_text(case_id)):
        raise RecordError(f"case_id {why_no_name(name)}")
    language = search.language or guess_language(lines)
    return Dialogue(case_id=name, language=language, lines=lines, **fields)
