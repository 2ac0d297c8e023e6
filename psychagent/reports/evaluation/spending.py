"""What judging cost, as blocks; words numbers, computes none."""

from __future__ import annotations

from psychagent.assets.settings.prices import MILLION
from psychagent.domain.usage import RoleUsage
from psychagent.evals.safety.rates import usage_of
from psychagent.reports.evaluation.sections import Material
from psychagent.reports.page.blocks import Block, Heading, Table, Text, count, percent


def spending(material: Material) -> list[Block]:
    """Show calls, tokens and, at given prices, the cost of judging."""
    # the table of scores holds no row of a scale without metrics
    tables = {"sessions": material.scores.used + usage_of(material.safety.rows)}
    if material.worthless:
        tables["worthless sessions"] = material.worthless.used
    used = {**tables, "all": sum(tables.values(), RoleUsage())} if len(tables) > 1 else tables
    rows = [
        ("calls", *(count(u.calls) for u in used.values())),
        ("prompt tokens", *(count(u.prompt_tokens) for u in used.values())),
        ("of these from a prefix cache", *(count(u.cached_tokens) for u in used.values())),
        ("share from the cache", *(percent(_share(u)) for u in used.values())),
        ("completion tokens", *(count(u.completion_tokens) for u in used.values())),
    ]
    prices = material.prices
    if prices:
        rates = prices.rates
        per = f"{rates.prompt:g} in, {rates.completion:g} out per {count(MILLION)} tokens"
        costs = (f"{prices.cost(u):,.4f} {prices.currency}" for u in used.values())
        rows.append((f"cost at {per}", *costs))
        saved = (f"{prices.saved(u):,.4f} {prices.currency}" for u in used.values())
        rows.append(("saved by the prefix cache", *saved))
    blocks: list[Block] = [Heading("Calls and tokens of the judge"), Table(("", *used), tuple(rows))]
    cost = material.scores.summary.cost
    if cost is not None and not prices:
        currency = material.scores.summary.currency or ""
        blocks.append(Text(f"Cost at the prices of the evaluation's settings: {cost:,.4f} {currency}."))
    elif not prices:
        blocks.append(Text("For the cost, give --prices FILE or --price-in and --price-out.", quiet=True))
    return blocks


def _share(used: RoleUsage) -> float | None:
    return used.cached_tokens / used.prompt_tokens if used.prompt_tokens else None
