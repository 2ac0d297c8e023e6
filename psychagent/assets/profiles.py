"""Read client profiles (ours, the reference release's, PsychEval's) and make cases from them."""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from psychagent.assets.foreign import SUFFIXES, Fitted, fit_profile, is_foreign, refuse_mixed, school_of
from psychagent.assets.locate import asset_dir
from psychagent.assets.order import ordered, shifted
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.domain.base import Language, Modality
from psychagent.domain.profile import Case, Profile
from psychagent.domain.text.name import is_name, why_no_name
from psychagent.domain.words.explain import nearest
from psychagent.domain.words.value import kind_of, shown
from psychagent.errors import AssetError
from psychagent.files.change import list_folder
from psychagent.files.given import require, to_path, to_word
from psychagent.files.read import load_data, to_model

log = logging.getLogger(__name__)


def load_profile(path: Path | str) -> Profile:
    """Read one profile file (YAML or JSON), or a PsychEval case, whose `client_info` is taken.

    Raises:
        AssetError: Naming the file and the field.
    """
    return read_profile(to_path(path, "the profile's file"))[0]


def read_profile(path: Path, modality: Modality | None = None) -> tuple[Profile, Fitted]:
    """Read one profile file, and tell what became of the keys of a file of others.

    Args:
        path: The file.
        modality: The only school that is asked for; the blocks of the others are then left out where
            they cannot be read. None asks for all of them.

    Raises:
        AssetError: Naming the file and the field.
    """
    data = load_data(path)
    if not isinstance(data, dict):
        raise AssetError(f"{path}: holds {kind_of(data)}, not a profile; see docs/formats.md")
    fitted = Fitted()
    if is_foreign(data, path):
        data, fitted = fit_profile(data, path)
        if modality in fitted.blocks:
            raise AssetError(f"{path}: field 'theory.{modality}': {fitted.blocks[modality]}")
    elif modality is not None:
        data = _without_others(data, modality)
    user_id = data.get("user_id")
    data = data | {"user_id": path.stem if user_id is None else user_id}
    return to_model(Profile, data, origin=str(path)), fitted


def _without_others(data: dict[str, Any], modality: Modality) -> dict[str, Any]:
    """Leave out the blocks of the other schools, which the case does not use and so cannot fail by."""
    theory = data.get("theory")
    if not isinstance(theory, dict):
        return data
    others = {m.value for m in Modality if m is not modality}
    return data | {"theory": {name: block for name, block in theory.items() if name not in others}}


def find_profiles(dataset: DatasetSettings, language: Language) -> dict[Modality | None, list[Path]]:
    """List profile files by modality; under None those for every modality (our layout)."""
    root = dataset.root or asset_dir("profiles") / language.value
    if not root.is_dir():
        raise AssetError(f"profiles folder {shown(str(root))} does not exist; set 'root' in the dataset")
    schools = {m: root / m.value for m in Modality if (root / m.value).is_dir()}
    if dataset.format == "profiles" or (dataset.format == "auto" and not schools):
        refuse_mixed(root)
        # a folder of one school, or a split of it, says the school of all its files
        inside = school_of(root / "file") if dataset.format == "auto" else None
        return {inside: _files(_split(root, dataset.split))}
    if not schools:
        raise AssetError(
            f"{root}: no folder named after a modality; format {shown(dataset.format)} needs them"
        )
    return {
        m: _files(folder if dataset.format == "psycheval" else _split(folder, dataset.split))
        for m, folder in schools.items()
    }


def _split(folder: Path, split: str | None) -> Path:
    if split is None or (folder / split).is_dir():
        return folder / (split or "")
    known = [p.name for p in list_folder(folder, AssetError) if p.is_dir()]
    if not known:
        return folder
    raise AssetError(f"{folder}: no split {shown(split)}{nearest(split, known)}")


def _files(folder: Path) -> list[Path]:
    paths = [p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and "courses" not in p.parts]
    return sorted(paths, key=lambda p: (p.parent, len(p.stem), p.stem))


def read_named(name: str) -> Profile:
    """Read a profile by its file, or a bundled one of any language by its id.

    Raises:
        AssetError: Naming the nearest id, if there is no such file and no such client.
    """
    if _is_file(name) or Path(name).exists():
        return load_profile(Path(name))
    everyone = DatasetSettings(split=None)
    files = [path for language in Language for path in find_profiles(everyone, language)[None]]
    by_name = {path.stem: path for path in files}
    if name not in by_name:
        raise AssetError(f"no profile {name!r}{nearest(name, by_name)}")
    return load_profile(by_name[name])


def find_profile(name: str, language: Language | str, root: Path | str | None = None) -> Profile:
    """Read a bundled profile by its id."""
    language = to_word(Language, language)
    files = find_profiles(DatasetSettings(root=root, split=None), language)[None]
    by_name = {path.stem: path for path in files}
    if name not in by_name:
        raise AssetError(f"no profile {name!r} for {language.value!r}{nearest(name, by_name)}")
    return load_profile(by_name[name])


def make_case(profile: Profile, modality: Modality | str, language: Language | str) -> Case:
    """Make a case of a profile under one modality.

    Raises:
        AssetError: If the profile has no theory block for the modality.
        SettingsError: If there is no such modality or language, or it is no profile.
    """
    modality, language = to_word(Modality, modality), to_word(Language, language)
    if require(Profile, profile, "the profile").theory.block(modality) is None:
        raise AssetError(f"profile {profile.user_id!r}: field 'theory.{modality.value}' is missing; add it")
    return Case(case_id=profile.user_id, modality=modality, language=language, profile=profile)


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
        for m in dataset.modalities
    ]
    return [shifted(row, n) if None in files else row for n, row in enumerate(rows)]


def _named(dataset: DatasetSettings, language: Language) -> list[list[CaseFile]]:
    """List the cases of the clients that are named, under each modality of theirs, and those named singly."""
    everyone: dict[Modality | None, list[Path]] = {}
    if not all(_is_file(name) for name in (*dataset.profiles, *dataset.cases)):
        everyone = find_profiles(dataset.model_copy(update={"split": None}), language)
    rows: dict[Modality, dict[Path, CaseFile]] = {m: {} for m in dataset.modalities}
    for name in dataset.profiles:
        by_file: dict[Modality | None, list[Path]] = {None: [Path(name)]}
        places = by_file if _is_file(name) else _by_id(name, everyone, language)
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
    if not _is_file(name):
        school, _, case_id = name.partition("/")
        if school not in set(Modality):
            raise AssetError(f"case {name!r} is no file and no <modality>/<id>{nearest(school, Modality)}")
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


def _is_file(name: str) -> bool:
    return Path(name).suffix.lower() in SUFFIXES


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
