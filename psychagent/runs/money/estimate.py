"""What a run is expected to take, from its settings alone: calls, tokens, money and hours by role; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from psychagent.assets.settings.judge import EvalSettings
from psychagent.assets.settings.prices import FREE, Prices
from psychagent.assets.settings.roles import endpoint_of
from psychagent.assets.settings.rollouts import RftSettings
from psychagent.domain.base import Language, Modality
from psychagent.domain.role import EMBEDDING, Role
from psychagent.domain.usage import RoleUsage
from psychagent.domain.words.value import shown
from psychagent.errors import SettingsError
from psychagent.files.given import require, to_word
from psychagent.records.manifest import RunSettings
from psychagent.runs.money.asked import embeds
from psychagent.runs.money.embedded import embedding_usage
from psychagent.runs.money.estimated import Estimate, EstimateLine, Expected
from psychagent.runs.money.judged import judge_usage, pair_usage
from psychagent.runs.money.priced import price_of, priced
from psychagent.runs.money.sums import CourseSums, Sum, weights
from psychagent.runs.money.tokens import LANGUAGE, PAIR
from psychagent.scales.scale import Scale, load_scales, reward_methods


class Talk(NamedTuple):
    """A session that is to be judged."""

    methods: Sequence[str]
    """The scales that are asked."""
    said: float
    """Tokens of all that is said."""
    lines: float
    """Turns of both."""
    language: Language
    times: float = 1
    """How many sessions are like it."""


def estimate_run(
    settings: RunSettings, modalities: Sequence[Modality], expected: Expected | None = None
) -> Estimate:
    """Estimate what `sample` or `rft` takes for some cases.

    Args:
        settings: The settings of the run.
        modalities: That of each case.
        expected: How long courses are; None is as long as they may be.

    Raises:
        SettingsError: If they are expected to be longer than the baseline lets them be, or something else is
            given.
    """
    given = require(Expected, expected, "what is expected") if expected is not None else Expected()
    baseline, rft = require(RunSettings, settings, "the settings").baseline, settings.rft
    modalities = _checked(modalities)
    sessions = _mean("sessions", given.sessions, baseline.max_sessions)
    turns = _mean("turns", given.turns, baseline.max_counselor_turns)
    course = CourseSums(baseline, rft.rollout_n if rft else 1)
    for session, weight in enumerate(weights(sessions), start=1):
        course.add_session(session, turns, weight)
    language, cases = settings.runtime.world.language, len(modalities)
    used: dict[str, RoleUsage] = {
        role: part.usage(cases, language=language, cache=given.prefix_cache)
        for role, part in course.sums.items()
    }
    if rft:
        judged = _judged(rft, Counter(modalities), sessions=sessions, turns=turns, language=language)
        used[Role.JUDGE] = judged if given.prefix_cache else judged.model_copy(update={"cached_tokens": 0})
    if embeds(settings):
        used[EMBEDDING] = embedding_usage(settings, modalities, sessions=sessions, turns=turns)
    in_a_row = [part for role, part in course.sums.items() if role is not Role.RISK]
    return _estimate(
        used,
        {role: price_of(role, settings) for role in used},
        {role: _model(role, settings) for role in used},
        cases=cases,
        sessions=cases * sessions,
        # what is asked once a session is little beside the turns, so that all may be shared alike
        calls_in_a_row=sum(part.calls for part in in_a_row) / course.rollouts,
        reply_in_a_row=sum(part.reply for part in in_a_row) / course.rollouts,
        lanes=_lanes(settings, cases),
    )


def estimate_judging(
    settings: EvalSettings, talks: Sequence[Talk], scales: Mapping[str, Scale], *, prefix_cache: bool = True
) -> Estimate:
    """Estimate what an evaluation takes.

    Args:
        settings: Its settings.
        talks: The sessions that it judges.
        scales: All scales, by name.
        prefix_cache: Whether the judge's server keeps prompts that begin alike.
    """
    sums = Sum()
    for talk in talks:
        one = judge_usage(
            scales,
            talk.methods,
            talk=talk.said,
            lines=talk.lines,
            language=talk.language,
            repeats=settings.repeats,
        )
        sums.add_usage(one, talk.times)
    return _of_judge(settings, sums, sum(talk.times for talk in talks), cache=prefix_cache)


def estimate_pairs(settings: EvalSettings, scale: Scale, talk: Talk) -> Estimate:
    """Estimate what a comparison in pairs takes, each meeting in both orders; no prompt begins like another.

    Args:
        settings: Those of its judge.
        scale: The scale whose items are the dimensions.
        talk: What is said in two sessions together, and how many such meetings there are.
    """
    one = pair_usage(scale, talk=talk.said, lines=talk.lines, language=talk.language)
    sums = Sum()
    sums.add_usage(one, 2 * talk.times)
    return _of_judge(settings, sums, talk.times, cache=False)


def _of_judge(settings: EvalSettings, sums: Sum, sessions: float, *, cache: bool) -> Estimate:
    used = sums.usage(1, language=Language.EN, cache=cache)
    is_script = settings.judge.provider == "offline"
    return _estimate(
        {Role.JUDGE: used},
        {Role.JUDGE: FREE if is_script else settings.judge_prices},
        {Role.JUDGE: settings.judge.model},
        cases=round(sessions),
        sessions=sessions,
        lanes=settings.concurrency,
    )


def _checked(modalities: object) -> list[Modality]:
    if isinstance(modalities, str) or not isinstance(modalities, Sequence):
        raise SettingsError(f"the modalities are {shown(modalities)}, no list; give that of each case")
    return [to_word(Modality, modality) for modality in modalities]


def _mean(name: str, given: float | None, most: int) -> float:
    if given is not None and given > most:
        raise SettingsError(
            f"{name}: {given:g} are expected, and the baseline's limit is {most}; give {most} or fewer, or "
            "raise the limit"
        )
    return given or most


def _judged(
    rft: RftSettings, cases: Counter[Modality], *, sessions: float, turns: float, language: Language
) -> RoleUsage:
    """Sum what the judges of rollouts take, a second one included."""
    scales, judging = load_scales(rft.judging.scales_root), rft.judging
    used = Sum()
    for modality, number in cases.items():
        one = judge_usage(
            scales,
            judging.methods.get(modality) or reward_methods(scales, modality),
            talk=turns * PAIR * LANGUAGE[judging.language or language],
            lines=2 * turns,
            language=judging.language or language,
            repeats=judging.repeats,
        )
        times = number * sessions * rft.rollout_n * (2 if rft.holdout else 1)
        used.add_usage(one, times)
    return used.usage(1, language=Language.EN, cache=True)


def _lanes(settings: RunSettings, cases: int) -> int:
    machine, rft = settings.runtime.machine, settings.rft
    rollouts = min(rft.rollout_n, rft.rollout_concurrency) if rft else 1
    return max(1, min(machine.max_parallel_calls, min(machine.concurrency, cases) * rollouts))


def _model(role: str, settings: RunSettings) -> str:
    if role == EMBEDDING:
        return settings.baseline.embedding.model or ""
    if role == Role.JUDGE:
        rft = settings.rft
        judges = [rft.judging.judge, *([rft.holdout] if rft.holdout else [])] if rft else []
        return ", ".join(dict.fromkeys(judge.model for judge in judges))
    return endpoint_of(Role(role), settings.baseline, settings.runtime.world).model


def _estimate(
    used: Mapping[str, RoleUsage],
    prices: Mapping[str, Prices | None],
    models: Mapping[str, str],
    *,
    cases: int,
    sessions: float,
    lanes: int,
    calls_in_a_row: float = 0,
    reply_in_a_row: float = 0,
) -> Estimate:
    by_role = {str(role): part for role, part in used.items() if part.calls}
    return Estimate(
        cases=cases,
        sessions=sessions,
        lines=tuple(_lines(used, prices, models)),
        money=priced(by_role, {str(role): price for role, price in prices.items()}),
        calls_in_a_row=calls_in_a_row,
        reply_in_a_row=reply_in_a_row,
        lanes=lanes,
    )


def _lines(
    used: Mapping[str, RoleUsage], prices: Mapping[str, Prices | None], models: Mapping[str, str]
) -> Iterator[EstimateLine]:
    for role, part in used.items():
        price = prices[role]
        yield EstimateLine(
            role=str(role),
            model=models[role],
            used=part,
            cost=None if price is None else price.cost(part),
            currency="" if price is None or price is FREE else price.currency,
            is_script=price is FREE,
        )
