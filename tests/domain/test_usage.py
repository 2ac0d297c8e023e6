"""Usage adds up the same in whatever order and grouping."""

from __future__ import annotations

import itertools
import random

from psychagent.domain.usage import RoleUsage, Usage, fold_usage, sum_usage


def some(rng: random.Random) -> Usage:
    roles = rng.sample(["counselor", "client", "filter", "summary"], k=rng.randint(0, 3))
    return Usage(
        roles={
            role: RoleUsage(**{name: rng.randint(0, 9) for name in RoleUsage.model_fields}) for role in roles
        }
    )


def test_sums_are_associative_and_commutative() -> None:
    rng = random.Random(3)
    for _ in range(50):
        a, b, c = some(rng), some(rng), some(rng)
        assert (a + b) + c == a + (b + c)
        assert a + b == b + a


def test_an_empty_usage_changes_nothing() -> None:
    usage = some(random.Random(5))
    assert usage + Usage() == usage == Usage() + usage


def test_every_field_is_added_role_by_role() -> None:
    one = Usage(roles={"client": RoleUsage(calls=1, retries=2, prompt_tokens=3)})
    two = Usage(roles={"client": RoleUsage(calls=10), "filter": RoleUsage(dropped=4)})
    assert one + two == Usage(
        roles={
            "client": RoleUsage(calls=11, retries=2, prompt_tokens=3),
            "filter": RoleUsage(dropped=4),
        }
    )
    assert (one + two).total() == RoleUsage(calls=11, retries=2, prompt_tokens=3, dropped=4)


def test_folding_in_batches_gives_the_sum() -> None:
    rng = random.Random(8)
    parts = [some(rng) for _ in range(6)]
    whole = sum_usage(parts)
    assert fold_usage(None, parts) == whole
    for cut in range(7):
        assert fold_usage(fold_usage(None, parts[:cut]), parts[cut:]) == whole
    for order in itertools.islice(itertools.permutations(parts), 20):
        assert sum_usage(order) == whole


def test_no_parts_give_an_empty_usage() -> None:
    assert sum_usage([]) == Usage()
    assert Usage().total() == RoleUsage()


def test_usage_is_folded_as_plain_data_too() -> None:
    """A server that shows the state of a waiting graph does so."""
    one = Usage(roles={"client": RoleUsage(calls=1, prompt_tokens=5)})
    two = one + one
    assert fold_usage(None, [one.model_dump(), one]) == two
    assert fold_usage(one, [one.model_dump()]) == two
    assert fold_usage(None, []) == Usage()
