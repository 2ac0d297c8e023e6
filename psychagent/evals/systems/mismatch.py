"""What speaks against comparing two systems at all: other judges, scales, languages, or a script."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from psychagent.evals.systems.worlds import World, world_of
from psychagent.evals.table import Scores


def find_mismatches(ours: Sequence[Scores], theirs: Sequence[Scores]) -> list[str]:
    """List what differs between the evaluations of two systems beside the systems, each in a sentence."""
    lines = [*judged_otherwise(ours, theirs), *_worlds(ours, theirs)]
    if any(scores.is_script for scores in ours) != any(scores.is_script for scores in theirs):
        lines.append("Only one of the two was made by a script: the comparison means nothing.")
    return lines


def judged_otherwise(ours: Sequence[Scores], theirs: Sequence[Scores]) -> list[str]:
    """List what differs in how the sessions were judged."""
    lines = []
    for column, noun in (("judge_model", "judge models"), ("prompt_hash", "judge prompts")):
        if _values(ours, column) != _values(theirs, column):
            lines.append(f"The two evaluations used different {noun}: a difference may be the judge's.")
    left, right = _hashes(ours), _hashes(theirs)
    if changed := sorted(name for name in left.keys() & right.keys() if left[name] != right[name]):
        lines.append(f"The wording of these scales differs between the two: {', '.join(changed)}.")
    return [*lines, *_languages(ours, theirs)]


def _values(seeds: Sequence[Scores], column: str) -> set[str]:
    return {str(value) for scores in seeds for value in scores.frame[column].unique()}


def _hashes(seeds: Sequence[Scores]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for scores in seeds:
        for name, digest in zip(scores.frame["metric"], scores.frame["scale_hash"], strict=True):
            found.setdefault(name, set()).add(digest)
    return found


def _languages(ours: Sequence[Scores], theirs: Sequence[Scores]) -> list[str]:
    """Compare the languages of the judge's prompts, where both evaluations tell them."""
    mine, others = ({name for s in seeds for name in s.summary.prompt_hashes} for seeds in (ours, theirs))
    if not mine or not others or mine == others:
        return []
    first, second = (", ".join(sorted(names)) for names in (mine, others))
    return [f"The two evaluations judged sessions in different languages ({first}; {second})."]


def _worlds(ours: Sequence[Scores], theirs: Sequence[Scores]) -> list[str]:
    """Compare what the systems met, where the runs that were judged are at hand."""
    mine, others = ([world for s in seeds if (world := world_of(s))] for seeds in (ours, theirs))
    if not mine or not others:
        return []
    lines = []
    for noun, why, of in _MET:
        left, right = ({of(world) for world in worlds} for worlds in (mine, others))
        if left != right:
            between = "; ".join(", ".join(sorted(values)) for values in (left, right))
            lines.append(f"The two met different {noun} ({between}){why}.")
    return [*lines, *_profiles(mine, others)]


_MET: tuple[tuple[str, str, Callable[[World], str]], ...] = (
    ("clients", ": a difference may be the client's", lambda world: world.client),
    ("limits of a session's turns", "", lambda world: str(world.most_turns)),
    ("limits of a course's sessions", "", lambda world: str(world.most_sessions)),
    ("seeds", "", lambda world: str(world.seed)),
)


def _profiles(mine: Sequence[World], others: Sequence[World]) -> list[str]:
    """Find cases of one name that are not one client."""
    known: dict[str, set[str]] = {}
    for world in (*mine, *others):
        for case, digest in world.profiles.items():
            known.setdefault(case, set()).add(digest)
    changed = sorted(case for case, digests in known.items() if len(digests) > 1)
    if not changed:
        return []
    named = ", ".join(changed[:MOST_NAMED]) + (" and more" if len(changed) > MOST_NAMED else "")
    return [f"The profiles of these clients differ between the two: {named}."]


MOST_NAMED = 5
