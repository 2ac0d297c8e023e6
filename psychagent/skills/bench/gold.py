"""Gold moments and stored rewrites, on which retrieval is measured. Knows nothing about rankings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import Field

from psychagent.assets.locate import asset_dir
from psychagent.domain.base import Language, Modality, Record, Speaker, Stage
from psychagent.domain.risk.finding import About
from psychagent.domain.words.value import kind_of
from psychagent.errors import AssetError
from psychagent.files.read import load_data, to_model
from psychagent.skills.library import SkillLibrary
from psychagent.skills.store import SkillStore


class Line(Record):
    """One utterance of a moment."""

    speaker: Speaker
    text: str = Field(min_length=1)


class Moment(Record):
    """A point in a session at which the counselor needs a skill."""

    id: str
    modality: Modality
    stage: Stage
    focus: str
    """The session's focus, one phrase."""
    turns: tuple[Line, ...] = Field(min_length=2, max_length=3)
    """The last utterances, the client's last."""
    skills: tuple[str, ...] = Field(max_length=3)
    """Ids of the skills that an experienced counselor would reach for; none where listening is enough."""

    @property
    def last_words(self) -> str:
        """What the client said last."""
        return self.turns[-1].text


class Rewrite(Record):
    """What the rewrite prompt asks a model for at a moment."""

    skill: str = Field(min_length=1, max_length=120)
    trigger: str = Field(min_length=1, max_length=300)
    when_to_use: str = Field(min_length=1, max_length=300)
    danger: bool = False
    """Whether danger is voiced, or open from before."""
    about: About = About.NONE
    """Whose danger the safety gate would find it to be; `none` where the moment is to do without."""

    @property
    def query(self) -> str:
        """The query that a session builds from it."""
        return f"{self.skill} {self.trigger} {self.when_to_use}"


def gold_file(language: Language) -> Path:
    """Return the path of a language's bundled gold set."""
    return asset_dir("skills") / "gold" / f"{language.value}.yaml"


def rewrites_file(gold: Path) -> Path:
    """Return the path of a gold set's rewrites: next to it, `rewrites.<its name>`."""
    return gold.with_name(f"rewrites.{gold.name}")


def load_gold(path: Path, library: SkillLibrary) -> tuple[Moment, ...]:
    """Read gold moments and check them against the library.

    Raises:
        AssetError: If a moment is malformed, its id is used twice, its last words are not the client's,
            or it names a skill that no session of its modality and stage may draw on.
    """
    store = SkillStore(library, embedder=None, method="lexical", stages="previous")
    moments = _read_moments(path)
    seen: set[str] = set()
    for moment in moments:
        where = f"{path}: moment {moment.id!r}"
        if moment.id in seen:
            raise AssetError(f"{where}: the id is used twice; give one of them another")
        seen.add(moment.id)
        if moment.turns[-1].speaker is not Speaker.CLIENT:
            raise AssetError(f"{where}: the last turn must be the client's")
        known = store.by_id(moment.modality, moment.stage)
        for skill_id in moment.skills:
            if skill_id not in known:
                raise AssetError(f"{where}: no skill {skill_id!r} at {moment.modality}, {moment.stage}")
    return moments


def load_rewrites(path: Path, moments: Sequence[Moment]) -> dict[str, Rewrite]:
    """Read the rewrites of some moments; a missing file means none.

    Raises:
        AssetError: If the file is malformed or lacks a moment.
    """
    if not path.exists():
        return {}
    rewrites = _read_rewrites(path)
    missing = [moment.id for moment in moments if moment.id not in rewrites]
    if missing:
        raise AssetError(f"{path}: no rewrite of moment {missing[0]!r} ({len(missing)} missing); add it")
    return rewrites


def _read_moments(path: Path) -> tuple[Moment, ...]:
    rows = load_data(path)
    if not isinstance(rows, list):
        raise AssetError(f"{path}: holds {kind_of(rows)}, not a list of moments; mend it")
    return tuple(to_model(Moment, row, origin=f"{path}: moment {n}") for n, row in enumerate(rows, 1))


def _read_rewrites(path: Path) -> dict[str, Rewrite]:
    rows = load_data(path)
    if not isinstance(rows, dict):
        raise AssetError(f"{path}: holds {kind_of(rows)}, not a mapping of moments to rewrites; mend it")
    return {name: to_model(Rewrite, row, origin=f"{path}: rewrite {name!r}") for name, row in rows.items()}
