"""Checks of a profile beyond being readable: what a person would stumble over."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from psychagent.assets.foreign import SUFFIXES, Fitted
from psychagent.assets.locate import require_folder
from psychagent.assets.profiles import read_profile
from psychagent.domain.base import Modality, Record
from psychagent.domain.profile import Profile, SpecialSituation
from psychagent.domain.text.name import is_name, why_no_name
from psychagent.domain.words.value import shown
from psychagent.errors import AssetError

_LONGEST_LINE = 240
_brief = partial(shown, most=40)
_COUNSELOR_ACTS = re.compile(
    r"上次您|您上次|您上回|上回您|您让我|刚才您|您刚才|您教我|您问过我|"
    r"\b(?:last time you|you (?:asked|told|made|had) me|you said|you suggested|as you say)\b",
    re.IGNORECASE,
)
"""Words that presuppose something that the counselor did; it may not have happened in the course held."""
_THIRD_PERSON = re.compile(
    r"^(?:她|他|来访者)(?:总|一直|常)?(?:想[：:，]|(?:认为|觉得|认定|相信|深信|想|怕|担心)(?!.*我))"
)
"""How a belief begins that is told about the client, not by it: “她觉得我烦” may be the client's own."""


class Finding(Record):
    """One problem of one file."""

    file: str
    problem: str
    serious: bool = True
    """Whether the profile is unusable as it is; otherwise only a hint."""


def check_folder(folder: Path) -> tuple[list[Profile], list[Finding]]:
    """Read every profile below a folder and say what is wrong.

    Returns:
        The profiles that can be read, and the findings in the order of the files.

    Raises:
        AssetError: If the folder does not exist or holds no profile.
    """
    paths = [folder] if folder.is_file() else _files(folder)
    if not paths:
        raise AssetError(f"{folder}: holds no profile (.yaml or .json); name another folder")
    profiles: list[Profile] = []
    findings: list[Finding] = []
    others = Fitted()
    for path in paths:
        try:
            profile, fitted = read_profile(path)
        except AssetError as error:
            findings.append(Finding(file=str(path), problem=str(error).removeprefix(f"{path}: ")))
            continue
        profiles.append(profile)
        others.add(fitted)
        findings += [
            Finding(file=str(path), problem=text, serious=bad) for text, bad in check_profile(profile)
        ]
    # of files of others: each key once, however many of them have it
    hints = [Finding(file=str(folder), problem=note, serious=False) for note in others.notes()]
    return profiles, findings + hints + _twice(profiles)


def _files(folder: Path) -> list[Path]:
    require_folder("profiles", folder, "name a folder or a file of profiles")
    paths = [p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES]
    return sorted(p for p in paths if "courses" not in p.parts)


def check_profile(profile: Profile) -> Iterator[tuple[str, bool]]:
    """Say what is wrong with one profile, and whether it is serious."""
    info = profile.basic_info
    if not is_name(profile.user_id):
        yield f"field 'user_id' {why_no_name(profile.user_id)}", True
    if not info.main_problem.strip():
        yield "field 'basic_info.main_problem' is empty; say what brings the client", True
    if not any(profile.theory.block(m) for m in Modality):
        yield "field 'theory' has no block; without one no case can be made", True
    lacking = [m.value for m in Modality if profile.theory.block(m) is None]
    if 0 < len(lacking) < len(Modality):
        yield f"no theory block for {', '.join(lacking)}: no case under these", False
    if not info.static_traits.age.strip().isdigit():
        yield f"field 'age' has {shown(info.static_traits.age)}; digits are best", False
    yield from _check_theory(profile)
    yield from _check_disclosure(profile)


def _check_theory(profile: Profile) -> Iterator[tuple[str, bool]]:
    """Find beliefs and thoughts in the third person: the client reads them as its own."""
    cbt, pdt = profile.theory.cbt, profile.theory.pdt
    rows = cbt.special_situations if cbt else ()
    own = [*(cbt.core_beliefs if cbt else ()), *(text for row in rows for text in _thoughts_of(row))]
    own += [row.interpretation for row in pdt.behavioral_response_patterns] if pdt else []
    for text in own:
        if _THIRD_PERSON.search(text):
            yield (
                f"the thought {_brief(text)} is told in the third person; let the client think it: “我……”",
                False,
            )


def _thoughts_of(row: SpecialSituation) -> tuple[str, str]:
    return row.automatic_thoughts, row.conditional_assumptions


def _check_disclosure(profile: Profile) -> Iterator[tuple[str, bool]]:
    disclosure = profile.disclosure
    if disclosure is None:
        yield "no 'disclosure' block: the client opens up by its background alone", False
        return
    lines = [*disclosure.at_once, *disclosure.after_trust, *(secret.secret for secret in disclosure.hidden)]
    if not disclosure.at_once:
        yield "field 'disclosure.at_once' is empty; give what the client says when asked", True
    for line, count in Counter(lines).items():
        if count > 1:
            yield f"the line {_brief(line)} stands twice in 'disclosure'", True
        if act := _COUNSELOR_ACTS.search(line):
            yield (
                f"the line {_brief(line)} presupposes an act of the counselor ({act[0]!r}); leave it out",
                False,
            )
        if len(line) > _LONGEST_LINE:
            yield (
                f"the line {_brief(line)} has {len(line)} characters; nobody says so much at once",
                False,
            )


def _twice(profiles: Sequence[Profile]) -> list[Finding]:
    counts = Counter(profile.user_id for profile in profiles)
    return [
        Finding(file=name, problem=f"user_id {name!r} is used {count} times; give each client its own")
        for name, count in counts.items()
        if count > 1 and not name.isdigit()
    ]
