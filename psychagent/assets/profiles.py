"""Read client profiles (ours, the reference release's, PsychEval's), and list the files that hold them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from psychagent.assets.foreign import SUFFIXES, Fitted, fit_profile, is_foreign, refuse_mixed, school_of
from psychagent.assets.locate import asset_dir, require_folder
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.domain.base import Language, Modality
from psychagent.domain.profile import Case, Profile
from psychagent.domain.text.name import is_name
from psychagent.domain.words.near import nearest
from psychagent.domain.words.value import kind_of, shown
from psychagent.errors import AssetError
from psychagent.files.change import list_folder
from psychagent.files.given import require, to_path, to_word
from psychagent.files.read import load_data, to_model


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
    require_folder("profiles", root, "set 'root' in the dataset")
    schools = {m: root / m.value for m in Modality if (root / m.value).is_dir()}
    if dataset.format == "profiles" or (dataset.format == "auto" and not schools):
        refuse_mixed(root)
        # a folder of one school, or a split of it, says the school of all its files
        inside = school_of(root / "file") if dataset.format == "auto" else None
        return {inside: _files(_split(root, dataset.split))}
    if not schools:
        raise AssetError(
            f"{root}: no folder named after a modality; format {shown(dataset.format)} needs them: set "
            "'format' to auto, or 'root' to another folder, in the dataset"
        )
    return {
        m: _files(folder if dataset.format == "psycheval" else _split(folder, dataset.split))
        for m, folder in schools.items()
    }


def _split(folder: Path, split: str | None) -> Path:
    if split is None or (folder / split).is_dir():
        return folder / (split or "")
    inside = [p.name for p in list_folder(folder, AssetError) if p.is_dir()]
    if not inside:
        return folder
    known = [name for name in inside if is_name(name)]
    other = nearest(split, known) if known else "; set 'split' to null to take all, or name another 'root'"
    raise AssetError(f"{folder}: no split {shown(split)}{other}")


def _files(folder: Path) -> list[Path]:
    paths = [p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and "courses" not in p.parts]
    return sorted(paths, key=lambda p: (p.parent, len(p.stem), p.stem))


def names_file(name: str) -> bool:
    """Return whether a name is a file's and no id."""
    return Path(name).suffix.lower() in SUFFIXES


def read_named(name: str) -> Profile:
    """Read a profile by its file, or a bundled one of any language by its id.

    Raises:
        AssetError: Naming the nearest id, if there is no such file and no such client.
    """
    if names_file(name) or Path(name).exists():
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
    if not isinstance(name, str) or name not in by_name:
        word = name if isinstance(name, str) else ""
        raise AssetError(f"no profile {shown(name)} for {language.value!r}{nearest(word, by_name)}")
    return load_profile(by_name[name])


def make_case(profile: Profile, modality: Modality | str, language: Language | str) -> Case:
    """Make a case of a profile under one modality.

    Raises:
        AssetError: If the profile has no theory block for the modality, or is written in another language.
        SettingsError: If there is no such modality or language, or it is no profile.
    """
    modality, language = to_word(Modality, modality), to_word(Language, language)
    require(Profile, profile, "the profile")
    if profile.language not in (None, language):
        raise AssetError(
            f"profile {profile.user_id!r}: field 'language' has {shown(profile.language)}, and the case is "
            f"to be in {language.value!r}; take that language, or a profile that is written in it"
        )
    if profile.theory.block(modality) is None:
        raise AssetError(f"profile {profile.user_id!r}: field 'theory.{modality.value}' is missing; add it")
    return Case(case_id=profile.user_id, modality=modality, language=language, profile=profile)
