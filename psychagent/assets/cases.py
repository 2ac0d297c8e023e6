"""The cases of a run: clients under a modality, chosen as the settings say; knows no profile's content."""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping, Sequence
from os.path import isdir, isfile
from pathlib import Path

from psychagent.assets.foreign import SUFFIXES, school_of
from psychagent.assets.order import ordered, shifted
from psychagent.assets.profiles import find_profiles, load_profile, make_case, names_file, read_profile
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.domain.base import Language, Modality
from psychagent.domain.profile import Case
from psychagent.domain.text.name import is_name, why_no_name
from psychagent.domain.words.near import near, nearest
from psychagent.domain.words.value import shown
from psychagent.errors import AssetError
from psychagent.files.given import require, to_word

log = logging.getLogger(__name__)


class CaseFile:
    """A case that is not read yet, so that a failure to read it fails this case alone."""

    def __init__(self, path: Path, modality: Modality, language: Language) -> None:
        """Store where the case is."""
        self.path, self.modality, self.language = path, modality, language

    @property
    def case_id(self) -> str:
        """The file's name without suffix, which is the case's folder in a run."""
        return self.path.stem

    def load(self) -> Case:
        """Read the case; what was left out of a file of others goes to the log."""
        profile, fitted = read_profile(self.path, self.modality)
        for note in fitted.notes():
            log.info("%s: %s", self.path, note)
        case = make_case(profile, self.modality, self.language)
        return case.model_copy(update={"case_id": self.case_id})


def find_cases(dataset: DatasetSettings, language: Language | str) -> list[CaseFile]:
    """Choose the cases of a run, in order.

    Raises:
        AssetError: If the folder holds no profile for the modalities asked for.
    """
    require(DatasetSettings, dataset, "the dataset")
    language = to_word(Language, language)
    rows = _named(dataset, language) if dataset.profiles or dataset.cases else _all_of(dataset, language)
    if dataset.order == "random":
        for n, row in enumerate(rows):
            random.Random(f"{dataset.seed}:{n}").shuffle(row)
    if dataset.max_cases_per_modality is not None:
        rows = [row[: dataset.max_cases_per_modality] for row in rows]
    cases = ordered(rows, dataset.order)
    if not cases:
        raise AssetError(
            f"no profile for {', '.join(dataset.modalities)} in {dataset.root or 'the bundled folder'}; "
            "check 'root', 'split', 'profiles' and 'modalities' of the dataset"
        )
    _check_names(cases)
    _refuse_twins(cases)
    return cases[: dataset.max_cases]


def _all_of(dataset: DatasetSettings, language: Language) -> list[list[CaseFile]]:
    """List the cases of a split, a row for each modality."""
    files = find_profiles(dataset, language)
    rows = [
        [CaseFile(path, m, language) for path in files.get(m, files.get(None, []))]
        for m in dict.fromkeys(dataset.modalities)
    ]
    return [shifted(row, n) if None in files else row for n, row in enumerate(rows)]


def _named(dataset: DatasetSettings, language: Language) -> list[list[CaseFile]]:
    """List the cases of the clients that are named, under each modality of theirs, and those named singly."""
    everyone: dict[Modality | None, list[Path]] = {}
    if not all(names_file(name) for name in (*dataset.profiles, *dataset.cases)):
        everyone = find_profiles(dataset.model_copy(update={"split": None}), language)
    rows: dict[Modality, dict[Path, CaseFile]] = {m: {} for m in dataset.modalities}
    for name in dataset.profiles:
        by_file: dict[Modality | None, list[Path]] = {None: [Path(name)]}
        if problem := _why_no_client(name):
            raise AssetError(f"'profiles' (--profile) has {shown(name)}, which {problem}")
        places = by_file if names_file(name) else _by_id(name, everyone, language)
        found = [(m, path) for m in rows for path in places.get(m, places.get(None, []))]
        held = [(m, path) for m, path in found if _has_block(path, m)]
        if found and not held:
            asked = ", ".join(dataset.modalities)
            raise AssetError(f"{found[0][1]}: has no block under 'theory' for {asked}; add one")
        for m, path in held:
            rows[m][path] = CaseFile(path, m, language)
    for name in dataset.cases:
        m, path = _single(name, everyone, language)
        rows.setdefault(m, {})[path] = CaseFile(path, m, language)
    return [list(row.values()) for row in rows.values()]


def _has_block(path: Path, modality: Modality) -> bool:
    """Return whether a profile has a school's block, if one that cannot be read: its case then says so."""
    profile, fitted = read_profile(path)
    return modality in fitted.blocks or profile.theory.block(modality) is not None


def _single(
    name: str, everyone: Mapping[Modality | None, Sequence[Path]], language: Language
) -> tuple[Modality, Path]:
    """Find one case: `<modality>/<id>`, or a file, which says its school or stands in a folder that does.

    Raises:
        AssetError: If there is no such case, or nothing says its school.
    """
    if not names_file(name):
        school, _, case_id = name.partition("/")
        if school not in set(Modality) or not case_id:
            raise AssetError(f"'cases' (--case) has {shown(name)}, which {_why_no_case(name, everyone)}")
        mine = everyone.get(Modality(school), everyone.get(None, []))
        return Modality(school), _by_id(case_id, {None: mine}, language)[None][0]
    profile = load_profile(Path(name))
    own = [m for m in Modality if profile.theory.block(m)]
    school_ = own[0] if len(own) == 1 else school_of(Path(name))
    if school_ is None:
        raise AssetError(
            f"{name}: its folder is named after no school; say it with --profile {name} --modalities "
            f"{own[0].value if own else Modality.CBT.value}"
        )
    return school_, Path(name)


def _why_no_case(name: str, everyone: Mapping[Modality | None, Sequence[Path]]) -> str:
    """Say why a name is no case: what it is instead, and how a case is written."""
    word, _, client = name.strip().partition("/")
    school = near(word, Modality)
    known = {path.stem for paths in everyone.values() for path in paths}
    example = f"{Modality.CBT.value}/{min(known, default='<id>')}"
    if client in known and school:
        return f"names no modality; did you mean {f'{school[0]}/{client}'!r}?"
    if word.lower() in set(Modality) and not client:
        return (
            f"is a modality without a client; write {word.lower()}/<id>, such as {example}, or put it under "
            "'modalities' (--modalities)"
        )
    if word in known and not client:
        return f"is a client without a modality; write {example}, or put it under 'profiles' (--profile)"
    return _why_no_file(name) or f"is no file and no <modality>/<id>; write one such as {example}"


def _why_no_client(name: str) -> str:
    """Say why a name is no client's: what it is instead; empty where it may be one."""
    word, _, client = name.partition("/")
    if name.strip().lower() in set(Modality):
        return "is a modality; name a client, and put it under 'modalities' (--modalities)"
    if word in set(Modality) and client and not names_file(name):
        return f"is one case; put it under 'cases' (--case), or write {client!r} for all of the client's"
    return _why_no_file(name)


def _why_no_file(name: str) -> str:
    """Say why a name that ends as no profile's is no file of one; empty where nothing bears it."""
    if not name.strip():
        return "names nothing; give it a value, or leave it out"
    if isfile(name) and not names_file(name):
        return f"is a file that ends in none of {', '.join(sorted(SUFFIXES))}; name the file of a client"
    return "is a folder; name the file of a client in it" if isdir(name) else ""


def _by_id(
    name: str, everyone: Mapping[Modality | None, Sequence[Path]], language: Language
) -> dict[Modality | None, list[Path]]:
    """Find the files of an id.

    Raises:
        AssetError: Naming the nearest id, if there is no such client.
    """
    found = {key: [path for path in paths if path.stem == name] for key, paths in everyone.items()}
    if not any(found.values()):
        known = {path.stem for paths in everyone.values() for path in paths}
        raise AssetError(f"no profile {name!r} for {language.value!r}{nearest(name, known)}")
    return found


def _check_names(cases: Sequence[CaseFile]) -> None:
    """Refuse a file after which no folder of a run can be named."""
    for case in cases:
        if not is_name(case.case_id):
            raise AssetError(f"{case.path}: its case id {why_no_name(case.case_id)}; rename the file")


def _refuse_twins(cases: Sequence[CaseFile]) -> None:
    """Refuse two files of one name under one modality: their runs would share a folder."""
    seen: dict[tuple[Modality, str], Path] = {}
    for case in cases:
        first = seen.setdefault((case.modality, case.case_id), case.path)
        if first != case.path:
            raise AssetError(
                f"{first} and {case.path} have the same name, which is the case's folder in a run; "
                "rename one, or choose a 'split'"
            )
