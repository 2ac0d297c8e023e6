"""Assign cases to splits and drop duplicate samples; pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from psychagent.domain.words.value import shown
from psychagent.errors import SettingsError
from psychagent.export.sample import Sample
from psychagent.files.digest import hash_text

_NAME = re.compile(r"[A-Za-z][\w-]*")


def read_split(text: str) -> dict[str, float]:
    """Read `train=0.9,val=0.1` as shares by name.

    Raises:
        SettingsError: If a part is not name=share, or the shares do not add up to 1.
    """
    shares: dict[str, float] = {}
    for part in (p.strip() for p in text.split(",") if p.strip()):
        name, _, number = (word.strip() for word in part.partition("="))
        try:
            share = float(number)
        except ValueError:
            share = 0.0
        if not _NAME.fullmatch(name) or not 0 < share <= 1 or name in shares:
            raise SettingsError(
                f"--split has {shown(part)}; give each name once with a share above 0, such as "
                "train=0.9,val=0.1"
            )
        shares[name] = share
    if abs(sum(shares.values()) - 1) > 1e-6:
        raise SettingsError(
            f"--split has {shown(text)}, whose shares add up to {sum(shares.values()):g}, not to 1"
        )
    return shares


def assign_splits(clients: Iterable[str], shares: Mapping[str, float], *, seed: int) -> dict[str, str]:
    """Assign each client to a split by a seeded draw: close to the shares, at least one client each.

    A client stays in one split under all of its modalities, so neither a case nor a client is in two.

    Raises:
        SettingsError: If there are fewer clients than splits.
    """
    drawn = sorted(set(clients), key=lambda c: hash_text(f"{seed}:{c}"))
    if len(drawn) < len(shares):
        raise SettingsError(
            f"--split names {len(shares)} splits and the run has {len(drawn)} clients; every split needs one"
        )
    sizes = _sizes(len(drawn), list(shares.values()))
    names = [name for name, size in zip(shares, sizes, strict=True) for _ in range(size)]
    return dict(zip(drawn, names, strict=True))


def _sizes(total: int, shares: Sequence[float]) -> list[int]:
    """Round shares of a total to whole numbers of at least 1 that add up to it."""
    sizes = [max(1, round(share * total)) for share in shares]
    while sum(sizes) != total:
        step = 1 if sum(sizes) < total else -1
        movable = [n for n, size in enumerate(sizes) if step > 0 or size > 1]
        at = max(movable, key=lambda n: step * (shares[n] * total - sizes[n]))
        sizes[at] += step
    return sizes


def drop_duplicates(samples: Iterable[Sample]) -> tuple[list[Sample], int]:
    """Keep the first of all samples with the same content; also return how many were dropped."""
    seen: set[tuple[object, ...]] = set()
    unique: list[Sample] = []
    duplicates = 0
    for sample in samples:
        content = sample.content()
        if content in seen:
            duplicates += 1
        else:
            seen.add(content)
            unique.append(sample)
    return unique, duplicates
