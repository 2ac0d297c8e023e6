"""The report's sections as blocks; words numbers, computes none."""

from __future__ import annotations

from psychagent.domain.script_note import MADE_WITH_SCRIPT
from psychagent.domain.words.cut import cut
from psychagent.domain.words.money import amount
from psychagent.reports.evaluation.warn import few_cases, script_banner
from psychagent.reports.page.blocks import (
    NONE,
    Block,
    Heading,
    Notice,
    Table,
    Text,
    count,
    interval,
    interval_name,
    number,
    percent,
    plural,
    signed,
    with_interval,
)
from psychagent.reports.rollouts.material import RftMaterial
from psychagent.reports.rollouts.money import spent
from psychagent.reports.rollouts.numbers import HOLDOUT, LENGTH, REWARD, RftNumbers
from psychagent.runs.money.priced import cost_of
from psychagent.stats.bootstrap import Estimate

MUCH_MISSING = 0.05
_COUNTED = "Finished sessions, all rollouts, those that failed included. Judge: both judges."


def opening(material: RftMaterial) -> list[Block]:
    """Say what was run, and warn of its weaknesses."""
    run, numbers, models = material.run, material.numbers, material.run.manifest.models
    summary = (
        f"Counselor: {models['counselor']}. Judge: {models['judge']}. "
        f"{plural(run.settings.rollout_n, 'rollout')} a session, selector {run.settings.selector}, "
        f"reward {run.settings.reward}; "
        f"{plural(numbers.sessions, 'session')} of {plural(numbers.cases, 'case')}."
    )
    blocks: list[Block] = [Heading("Rollout report", 1), Text(summary)]
    if run.is_script:
        blocks.append(script_banner(MADE_WITH_SCRIPT))
    lines = warnings(material)
    return [*blocks, Notice("warning", "Read with care", tuple(lines))] if lines else blocks


def warnings(material: RftMaterial) -> list[str]:
    """List what weakens the numbers."""
    run, numbers, models = material.run, material.numbers, material.run.manifest.models
    lines = []
    if run.settings.selector != "best":
        lines.append(
            f"The selector was {run.settings.selector!r}, a control: the winner is not the best by reward."
        )
    unasked = sum(session.choice.is_unasked for session in run.sessions)
    if unasked:
        lines.append(
            f"In {plural(unasked, 'session')} danger was voiced and in no rollout asked about at once: what "
            "was kept there is the best by reward, and no example."
        )
    for role in ("counselor", "client"):
        if models.get("judge") == models.get(role) and not run.is_script:
            lines.append(f"The judge's model is also the {role}'s: it judges itself.")
    if material.has_holdout and models.get("judge") == models.get("holdout"):
        lines.append("Both judges are the same model: their agreement says little.")
    if not material.has_holdout:
        lines.append(
            "No second judge scored the rollouts. That the winner has the highest reward is so by choice; "
            "only a judge that took no part in it can tell whether choosing helped (`holdout` in the "
            "rollout settings)."
        )
    lines += few_cases(numbers.cases)
    return lines + _lacking(material)


def _lacking(material: RftMaterial) -> list[str]:
    """List what judges, rollouts and cases owe."""
    run, numbers, lines = material.run, material.numbers, []
    lost = sum(part.missing for part in numbers.lost), sum(part.asked for part in numbers.lost)
    if lost[1] and lost[0] / lost[1] > MUCH_MISSING:
        lines.append(f"{percent(lost[0] / lost[1])} of the scales could not be filled in.")
    if lost_scores := run.unscored.sentence():
        lines.append(f"{lost_scores[0].upper()}{lost_scores[1:]}.")
    if numbers.failed:
        lines.append(f"{plural(numbers.failed, 'rollout')} of {numbers.rollouts} failed.")
    if run.failed_cases:
        lines.append(f"{plural(len(run.failed_cases), 'case')} failed and may lack sessions.")
    return lines


def second_judge(material: RftMaterial) -> list[Block]:
    """Show whether a judge that took no part in the choice prefers what was chosen."""
    numbers = material.numbers
    if not material.has_holdout:
        return []
    name = material.run.manifest.models.get("holdout", "not named")
    related = with_interval(numbers.of(HOLDOUT, "correlation"), sign=True)
    rows = (
        ("Winner, under the second judge", with_interval(numbers.of(HOLDOUT, "winner"))),
        ("Random pick, expected", with_interval(numbers.of(HOLDOUT, "mean"))),
        ("Winner less random pick", with_interval(numbers.of(HOLDOUT, "gain"), sign=True)),
        ("The best there was, by the second judge itself", with_interval(numbers.of(HOLDOUT, "best"))),
        ("Rank correlation of the judges within a session", related),
        ("Both judges have the same best", _share(numbers.of(HOLDOUT, "same_winner"))),
        ("By chance", _share(numbers.of(HOLDOUT, "chance"), plain=True)),
    )
    text = (
        f"The second judge ({name}) scored every rollout and took no part in the choice. {verdict(numbers)}"
    )
    between = f" ({interval_name(material.sampling.level)} over cases)" if numbers.has_interval else ""
    table = Table(("", f"mean over sessions{between}"), rows, strong=frozenset({2}))
    return [Heading("Agreement with the second judge"), Text(text), table]


def verdict(numbers: RftNumbers) -> str:
    """Say in a sentence whether the second judge finds that choosing helped."""
    estimate = numbers.of(HOLDOUT, "gain")
    if estimate.low is None or estimate.high is None:
        return "There are too few cases to say whether choosing helped."
    if estimate.low > 0:
        return "By its scores what was chosen is better than a random pick: the interval lies above 0."
    if estimate.high < 0:
        return "By its scores what was chosen is worse than a random pick: the interval lies below 0."
    return "By its scores choosing made no difference that can be told from chance: the interval holds 0."


def _share(estimate: Estimate, *, plain: bool = False) -> str:
    if estimate.mean is None:
        return NONE
    if plain or estimate.low is None or estimate.high is None:
        return percent(estimate.mean)
    return f"{percent(estimate.mean)} ({percent(estimate.low)} to {percent(estimate.high)})"


_GAIN = "winner less random pick, second judge"


def headline_estimates(material: RftMaterial) -> dict[str, Estimate]:
    """Choose the most important numbers, by label."""
    numbers = material.numbers
    chosen = {
        "reward of the winner": numbers.of(REWARD, "winner"),
        "reward of a random pick, expected": numbers.of(REWARD, "mean"),
    }
    return chosen | ({_GAIN: numbers.of(HOLDOUT, "gain")} if material.has_holdout else {})


def headlines(material: RftMaterial) -> list[tuple[str, str]]:
    """State the most important numbers, one line each."""
    found = headline_estimates(material)
    return [(label, with_interval(value, sign=label == _GAIN)) for label, value in found.items()]


def lengths(material: RftMaterial) -> list[Block]:
    """Show whether longer dialogues are chosen."""
    numbers = material.numbers
    if (LENGTH, "difference_tokens") not in numbers.whole:
        text = "The dialogues that were not chosen were not kept, so lengths cannot be compared."
        return [Heading("Length of chosen and rejected"), Text(text)]
    rows = tuple(
        (label, *(_plain(numbers.of(LENGTH, f"{kind}_{unit}")) for unit in ("turns", "tokens")))
        for label, kind in (("chosen", "chosen"), ("not chosen", "rejected"))
    )
    estimate = numbers.of(LENGTH, "difference_tokens")
    between = interval(estimate.low, estimate.high, sign=True)
    text = f"Chosen less not chosen: {signed(estimate.mean, 1)} tokens" + (
        f" ({interval_name(material.sampling.level)} {between})." if between != NONE else "."
    )
    header = ("", "counselor turns", "tokens of the visible dialogue (estimated)")
    return [Heading("Length of chosen and rejected"), Table(header, rows), Text(text)]


def _plain(estimate: Estimate) -> str:
    return number(estimate.mean, 1)


def gaps(material: RftMaterial) -> list[Block]:
    """Show ties, missing scales and failed rollouts."""
    numbers, run = material.numbers, material.run
    facts = [
        ("Sessions in which the best reward is shared (the lowest index wins)", count(numbers.ties)),
        ("Rollouts that failed", f"{count(numbers.failed)} of {count(numbers.rollouts)}"),
        ("Rollouts that were held and could not be compared", count(numbers.not_compared)),
    ]
    if numbers.unasked:
        what = "Rollouts that could not win because the counselor did not ask about voiced danger"
        facts.append((what, f"{count(numbers.unasked)} of {count(numbers.rollouts)}"))
    blocks: list[Block] = [Heading("Ties, missing scales, failures"), Table(("", "number"), tuple(facts))]
    if numbers.lost:
        lost = tuple((p.scale, count(p.asked), count(p.missing), percent(p.share)) for p in numbers.lost)
        caption = f"Rule for missing metrics: {run.settings.missing}."
        folded = (
            "" if any(part.missing for part in numbers.lost) else "No scale is missing: all that were asked"
        )
        blocks.append(Table(("scale", "asked", "missing", "share"), lost, caption, folded=folded))
    if numbers.skipped:
        why = {
            "no_norm": "has no norm",
            "no_previous_score": "no earlier session to compare with",
            "disclosure": "a client told of danger, and who tells of its pain looks worse",
        }
        rows = tuple((name, why.get(reason, reason)) for name, reason in sorted(numbers.skipped.items()))
        blocks.append(Table(("metric that no reward took in", "why, in some session"), rows, labels=2))
    if numbers.excluded:
        rows = tuple((cut(reason, 160), count(n)) for reason, n in sorted(numbers.excluded.items()))
        blocks.append(Table(("why a rollout could not win", "rollouts"), rows))
    problems = (*run.failed_cases, *run.broken)
    if problems:
        blocks.append(Table(("case or file", "what is wrong with it"), tuple(problems), labels=2))
    return blocks


def spending(material: RftMaterial) -> list[Block]:
    """Show calls and tokens by role."""
    usage, sessions = material.run.usage, material.numbers.sessions
    rows = [
        (
            name,
            count(part.calls),
            number(part.calls / sessions, 1),
            count(part.retries),
            count(part.prompt_tokens),
            percent(part.cached_tokens / part.prompt_tokens) if part.prompt_tokens else NONE,
            count(part.completion_tokens),
        )
        for name, part in [*sorted(usage.roles.items()), ("all", usage.total())]
    ]
    header = ("role", "calls", "a session", "retries", "prompt tokens", "cached", "completion tokens")
    blocks: list[Block] = [
        Heading("Cost"),
        Table(header, tuple(rows), _COUNTED, strong=frozenset({len(rows) - 1})),
    ]
    if material.prices:
        cost = material.prices.cost(usage.total())
        blocks.append(
            Text(f"At the given prices, the same for every role: {amount(cost)} {material.prices.currency}.")
        )
    money = cost_of(usage.roles, material.run.manifest.settings)
    return [*blocks, *spent(money, sessions=sessions, cases=material.numbers.cases)]


def provenance(material: RftMaterial) -> list[Block]:
    """Show what the run was made with."""
    manifest, settings = material.run.manifest, material.run.settings
    rows = [
        *((f"model: {role}", str(name)) for role, name in sorted(manifest.models.items())),
        ("rollouts a session, at least", f"{settings.rollout_n}, {settings.min_rollouts}"),
        ("selector, missing, scores", f"{settings.selector}, {settings.missing}, {settings.judging.use}"),
        ("norms", material.run.norms.source),
        ("seed", str(manifest.settings.runtime.world.seed)),
        ("version", str(manifest.versions.get("psychagent", NONE))),
    ]
    return [Heading("Made with"), Table(("", ""), tuple(rows), labels=2)]
