"""Read client profiles (ours, the reference release's, PsychEval's) and make cases from them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, assert_never

from pydantic import BaseModel

from psychagent.assets.locate import asset_dir
from psychagent.assets.settings.dataset import DatasetSettings, Order
from psychagent.domain.base import Language, Modality
from psychagent.domain.name import is_name, why_no_name
from psychagent.domain.profile import THEORY_MODELS, BasicInfo, Case, Profile, StaticTraits
from psychagent.errors import AssetError
from psychagent.files.read import load_data, nearest, to_model

_SUFFIXES = {".json", ".yaml", ".yml"}


def load_profile(path: Path) -> Profile:
    """Read one profile file (YAML or JSON), or a PsychEval case, whose `client_info` is taken.

    Raises:
        AssetError: Naming the file and the field.
    """
    data = load_data(path)
    if not isinstance(data, dict):
        raise AssetError(f"{path}: holds {type(data).__name__}, not a profile; see docs/formats.md")
    if "client_info" in data:
        data = from_psycheval(data, path)
    return to_model(Profile, data | {"user_id": data.get("user_id", path.stem)}, origin=str(path))


def from_psycheval(data: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Turn a PsychEval case into the shape of a profile."""
    info = data["client_info"]
    if not isinstance(info, dict):
        raise AssetError(f"{path}: field 'client_info' holds {type(info).__name__}, not a mapping")
    modality = str(data.get("theoretical", ""))
    if modality not in THEORY_MODELS:
        raise AssetError(f"{path}: field 'theoretical' has {modality!r}; known: {', '.join(Modality)}")
    basic = _known(BasicInfo, info)
    if isinstance(basic.get("static_traits"), dict):
        basic["static_traits"] = _known(StaticTraits, basic["static_traits"])
    return {
        "user_id": data.get("client_id", path.stem),
        "basic_info": basic,
        "theory": {modality: _known(THEORY_MODELS[Modality(modality)], info)},
        "source": "PsychEval",
    }


def _known(model: type[BaseModel], data: Mapping[str, Any]) -> dict[str, Any]:
    """Keep non-null values that the model has a field for: the data set has other fields, and nulls."""
    return {name: data[name] for name in model.model_fields if data.get(name) is not None}


def _ordered(rows: list[list[CaseFile]], order: Order) -> list[CaseFile]:
    """Merge the cases of all modalities."""
    match order:
        case "file":
            return [case for row in rows for case in row]
        case "rotate" | "random":
            return list(_in_turn(rows))
        case unknown:
            assert_never(unknown)


def find_profiles(dataset: DatasetSettings, language: Language) -> dict[Modality | None, list[Path]]:
    """List profile files by modality; under None those for every modality (our layout)."""
    root = dataset.root or asset_dir("profiles") / language.value
    if not root.is_dir():
        raise AssetError(f"profiles folder {str(root)!r} does not exist; set 'root' in the dataset")
    schools = {m: root / m.value for m in Modality if (root / m.value).is_dir()}
    if dataset.format == "profiles" or (dataset.format == "auto" and not schools):
        return {None: _files(_split(root, dataset.split))}
    if not schools:
        raise AssetError(f"{root}: no folder named after a modality; format {dataset.format!r} needs them")
    return {
        m: _files(folder if dataset.format == "psycheval" else _split(folder, dataset.split))
        for m, folder in schools.items()
    }


def _split(folder: Path, split: str | None) -> Path:
    if split is None or (folder / split).is_dir():
        return folder / (split or "")
    known = sorted(p.name for p in folder.iterdir() if p.is_dir())
    if not known:
        return folder
    raise AssetError(f"{folder}: no split {split!r}{nearest(split, known)}")


def _files(folder: Path) -> list[Path]:
    paths = [p for p in folder.rglob("*") if p.suffix in _SUFFIXES and "courses" not in p.parts]
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


def find_profile(name: str, language: Language, root: Path | None = None) -> Profile:
    """Read a bundled profile by its id."""
    files = find_profiles(DatasetSettings(root=root, split=None), language)[None]
    by_name = {path.stem: path for path in files}
    if name not in by_name:
        raise AssetError(f"no profile {name!r} for {language.value!r}{nearest(name, by_name)}")
    return load_profile(by_name[name])


def make_case(profile: Profile, modality: Modality, language: Language) -> Case:
    """Make a case of a profile under one modality.

    Raises:
        AssetError: If the profile has no theory block for the modality.
    """
    if profile.theory.block(modality) is None:
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
        """Read the case."""
        case = make_case(load_profile(self.path), self.modality, self.language)
        return case.model_copy(update={"case_id": self.case_id})


def find_cases(dataset: DatasetSettings, language: Language) -> list[CaseFile]:
    """Choose the cases of a run, in order.

    Raises:
        AssetError: If the folder holds no profile for the modalities asked for.
    """
    rows = _named(dataset, language) if dataset.profiles else _all_of(dataset, language)
    if dataset.order == "random":
        for n, row in enumerate(rows):
            random.Random(f"{dataset.seed}:{n}").shuffle(row)
    if dataset.max_cases_per_modality is not None:
        rows = [row[: dataset.max_cases_per_modality] for row in rows]
    cases = _ordered(rows, dataset.order)
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
    return [_shift(row, n) if None in files else row for n, row in enumerate(rows)]


def _named(dataset: DatasetSettings, language: Language) -> list[list[CaseFile]]:
    """List the cases of the clients that are named, a row for each modality that they have a block for."""
    everyone: dict[Modality | None, list[Path]] = {}
    if not all(_is_file(name) for name in dataset.profiles):
        everyone = find_profiles(dataset.model_copy(update={"split": None}), language)
    rows: dict[Modality, list[CaseFile]] = {m: [] for m in dataset.modalities}
    for name in dataset.profiles:
        if not _is_file(name):
            places = _by_id(name, everyone, language)
        else:
            places = {None: [Path(name)]}
        for m, row in rows.items():
            paths = places.get(m, places.get(None, []))
            row += [CaseFile(path, m, language) for path in paths if load_profile(path).theory.block(m)]
    return list(rows.values())


def _is_file(name: str) -> bool:
    return Path(name).suffix in _SUFFIXES


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


def _shift(row: list[CaseFile], places: int) -> list[CaseFile]:
    """Start each modality at another profile, so that a small run shows different clients."""
    places %= max(len(row), 1)
    return row[places:] + row[:places]


def _in_turn(rows: Sequence[Sequence[CaseFile]]) -> Iterator[CaseFile]:
    for place in range(max((len(row) for row in rows), default=0)):
        yield from (row[place] for row in rows if place < len(row))
