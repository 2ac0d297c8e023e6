"""A scale as data: items, range, factors and metrics of one instrument; knows no model and no prompt."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from psychagent.assets.locate import asset_dir, require_folder
from psychagent.domain.base import Language, Modality, Record, School
from psychagent.domain.scores import Direction, Group, Headline, Side
from psychagent.errors import AssetError
from psychagent.files.digest import hash_json
from psychagent.files.read import load_model
from psychagent.scales.formula import FORMULAS, score_metric

Rates = Literal["counselor", "client", "either"]
Input = Literal["profile", "plan"]


class Words(Record):
    """A text in both languages."""

    en: str = Field(min_length=1)
    zh: str = Field(min_length=1)

    def of(self, language: Language) -> str:
        """Return the text in one language."""
        return self.en if language is Language.EN else self.zh


class Anchors(Record):
    """What the numbers mean, by value."""

    en: dict[int, str]
    zh: dict[int, str]

    def of(self, language: Language) -> dict[int, str]:
        """Return the anchors in one language."""
        return self.en if language is Language.EN else self.zh


class Item(Words):
    """One item."""

    id: str
    rates: Rates
    """Whose behavior or words the item is about, so whose quotes count."""
    default: int | None = None
    """Score without evidence, if it differs from the scale's."""
    effect: bool = False
    """Whether it is about an effect on the client, whose own words a good score then needs."""


class Gates(Record):
    """What a scale asks of good scores beyond one quote; read from the end that is worse."""

    two_quotes_from: int | None = None
    """The first score that needs two quotes; None if one is enough for all."""
    none_against_from: int | None = None
    """The first score that nothing may speak against."""


class Metric(Record):
    """One score that a scale yields."""

    key: str
    side: Side
    formula: str
    items: Literal["all"] | tuple[str, ...] = "all"
    factors: tuple[str, ...] = ()
    direction: Direction
    headline: Headline

    @property
    def name(self) -> str:
        """Side and key, which together are unique over all scales."""
        return f"{self.side}.{self.key}"


class Scale(Record):
    """One instrument."""

    name: str
    title: Words
    measures: Words
    side: Literal["counselor", "client", "both"]
    group: Group
    modalities: tuple[Modality, ...]
    """Those whose default set it is in; none for extras."""
    in_headline: bool
    in_reward: bool
    range: tuple[int, int]
    default: int
    """Score of an item without evidence."""
    inputs: tuple[Input, ...]
    """What the judge reads beside the dialogue."""
    anchors: Anchors
    guidance: Words
    gates: Gates = Gates()
    items: tuple[Item, ...] = Field(min_length=1)
    reverse: tuple[str, ...]
    factors: dict[str, tuple[str, ...]]
    metrics: tuple[Metric, ...]
    """None for a scale of safety, whose items are told in rates and averaged with nothing."""
    split_by_factor: bool
    split: tuple[tuple[str, ...], ...]
    """Groups of items, one call each, if there are too many for one reply."""
    safety: tuple[str, ...]
    source: str
    copyright: str
    notes: tuple[str, ...]

    @model_validator(mode="after")
    def _fits_together(self) -> Scale:
        for problem in self._problems():
            raise ValueError(problem)
        return self

    def _problems(self) -> list[str]:
        ids = [item.id for item in self.items]
        lo, hi = self.range
        named = {i for part in self.factors.values() for i in part} | set(self.reverse) | set(self.safety)
        named |= {i for m in self.metrics if m.items != "all" for i in m.items}
        checks = {
            "an item id stands twice": len(set(ids)) < len(ids),
            "the range is empty": lo >= hi,
            f"unknown items {', '.join(sorted(named - set(ids)))}": bool(named - set(ids)),
            "a default is outside the range": not all(lo <= v <= hi for v in self.defaults.values()),
            "split does not hold every item once": bool(self.split)
            and sorted(i for part in self.split for i in part) != sorted(ids),
            "a gate is outside the range": not all(
                lo < gate <= hi for gate in self.gates.model_dump().values() if gate is not None
            ),
            "a formula is unknown": not {m.formula for m in self.metrics} <= FORMULAS.keys(),
            "a metric names an unknown factor": not {f for m in self.metrics for f in m.factors}
            <= self.factors.keys(),
            "a metric has no item but those marked for safety": any(
                set(self.items_of(m)) <= set(self.safety)
                for m in self.metrics
                if set(m.factors) <= set(self.factors)
            ),
            "a scale that reads profile or plan enters neither headline nor reward": bool(self.inputs)
            and (self.in_headline or self.in_reward),
            "a scale yields no metric; only one of the group safety may": not self.metrics
            and not self.is_safety,
            "a scale of the group safety yields metrics, or is in a default set, headline or reward": (
                self.is_safety and bool(self.metrics or self.modalities or self.in_headline or self.in_reward)
            ),
        }
        return [problem for problem, is_so in checks.items() if is_so]

    @property
    def is_safety(self) -> bool:
        """Whether its items are told in rates of their own, outside every mean."""
        return self.group == "safety"

    @cached_property
    def hash(self) -> str:
        """sha256 of the content, whatever the layout of its file."""
        return hash_json(self.model_dump(mode="json"))

    @cached_property
    def by_id(self) -> dict[str, Item]:
        """The items by id, in order."""
        return {item.id: item for item in self.items}

    @cached_property
    def defaults(self) -> dict[str, int]:
        """Every item's score without evidence."""
        return {i.id: self.default if i.default is None else i.default for i in self.items}

    @cached_property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """The items of each call."""
        return self.split or (tuple(item.id for item in self.items),)

    def items_of(self, metric: Metric) -> tuple[str, ...]:
        """Return the ids of the items that enter a metric."""
        if metric.factors:
            return tuple(i for name in metric.factors for i in self.factors[name])
        return tuple(self.by_id) if metric.items == "all" else metric.items

    def lowering(self, metric: Metric) -> frozenset[str]:
        """Name the items whose rise lowers a metric: reversed ones, and those weighed against others."""
        against = self.factors[metric.factors[1]] if metric.formula == "balance" else ()
        return frozenset(self.reverse) ^ frozenset(against)

    @cached_property
    def worse_when_higher(self) -> frozenset[str]:
        """The items of which a higher answer is the worse one."""
        return frozenset(
            item
            for metric in self.metrics
            for item in self.items_of(metric)
            if (item in self.lowering(metric)) != (metric.direction == "higher_worse")
        )

    @cached_property
    def symptoms(self) -> frozenset[str]:
        """The items that measure suffering: better the lower, and at the low end without evidence."""
        return frozenset(i for i in self.worse_when_higher if self.defaults[i] == self.range[0])

    @cached_property
    def may_lack(self) -> frozenset[str]:
        """The items that something missing can make worse; never a symptom."""
        ends = {i: self.range[1] if i in self.worse_when_higher else self.range[0] for i in self.by_id}
        return frozenset(i for i in self.by_id if self.defaults[i] != ends[i]) - self.symptoms

    def score(
        self, metric: Metric, values: Mapping[str, float], *, without: frozenset[str] = frozenset()
    ) -> float:
        """Score one metric from item values, before any inversion for a headline.

        Args:
            metric: One of the scale's metrics.
            values: What the judge gave, by item id.
            without: Items to leave out; the rest is put on the same 0 to 10.

        Raises:
            ScoringError: If a value is missing or out of range.
        """
        lo, hi = self.range
        return score_metric(
            metric.formula,
            values,
            [item for item in self.items_of(metric) if item not in without],
            reverse=frozenset(self.reverse),
            lo=lo,
            hi=hi,
            groups=[[i for i in self.factors[name] if i not in without] for name in metric.factors],
        )


def find_scales(root: Path | None = None) -> list[Path]:
    """List the files of a folder of scales; None is the bundled one.

    Raises:
        AssetError: If it holds none.
    """
    folder = root or asset_dir("configs") / "scales"
    require_folder("scales", folder, "name a folder (in settings: scales_root)")
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        raise AssetError(
            f"{folder}: holds no scale; name a folder with one YAML file a scale (in settings: scales_root)"
        )
    return paths


def load_scales(root: Path | None = None) -> dict[str, Scale]:
    """Read every scale of a folder, by name in order of the files.

    Args:
        root: Folder of YAML files; None is the bundled one.

    Raises:
        AssetError: If a file is not a scale, a name differs from its file's, or two scales yield a
            metric of the same name.
    """
    paths = {path.stem: path for path in find_scales(root)}
    scales = {stem: load_model(Scale, path) for stem, path in paths.items()}
    owners: dict[str, str] = {}
    for stem, scale in scales.items():
        if scale.name != stem:
            raise AssetError(f"{paths[stem]}: holds scale {scale.name!r}; name the file after it")
        for metric in scale.metrics:
            if metric.name in owners:
                raise AssetError(f"metric {metric.name!r} stands in {owners[metric.name]} and {stem}")
            owners[metric.name] = stem
    return scales


def default_methods(scales: Mapping[str, Scale], modality: School) -> tuple[str, ...]:
    """Name the scales of a modality's default set; of no one modality, those that all share."""
    asked = {modality} if isinstance(modality, Modality) else set(Modality)
    return tuple(name for name, scale in scales.items() if asked <= set(scale.modalities))


def reward_methods(scales: Mapping[str, Scale], modality: School) -> tuple[str, ...]:
    """Name the scales of a modality that enter the reward."""
    return tuple(name for name in default_methods(scales, modality) if scales[name].in_reward)
