"""Tell dialogues apart whose ids, given by others, become one name of a folder."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from hashlib import blake2b
from typing import NamedTuple

from psychagent.domain.base import School


class Named(NamedTuple):
    """Under which name a dialogue is judged, and what others call it."""

    school: School
    case_id: str
    given: str
    """The id in its file; empty where that is the name itself."""


def names_apart(found: Iterable[Named]) -> dict[Named, str]:
    """Give each id a name of its own.

    Where several became one name, each that is not that name gets a hash of its id. All others stay as they
    are, because people look for their dialogues by name.
    """
    given: defaultdict[tuple[School, str], set[str]] = defaultdict(set)
    each = set(found)
    for named in each:
        given[named[:2]].add(named.given or named.case_id)
    return {named: _with_hash(named) if len(given[named[:2]]) > 1 else named.case_id for named in each}


def _with_hash(named: Named) -> str:
    if named.given in ("", named.case_id):
        return named.case_id
    return f"{named.case_id}-{blake2b(named.given.encode(errors='surrogatepass'), digest_size=4).hexdigest()}"
