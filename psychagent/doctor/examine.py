"""Run the checks that ask models: endpoints, embedder, skill index, tracing; and write what fits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from functools import partial

from psychagent.assets.key import require_key
from psychagent.assets.prompts import PromptLibrary
from psychagent.assets.settings.baseline import BaselineSettings, EmbeddingSettings
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.endpoint import Settings
from psychagent.assets.settings.judge import EvalSettings
from psychagent.assets.settings.rollouts import RftSettings
from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.doctor.check import Check, Finding, Round
from psychagent.doctor.fit import check_written
from psychagent.doctor.parts import PROMPTS, check_parts
from psychagent.doctor.servers import Servers, place_of
from psychagent.doctor.setup import ROLES, Asked, SetUp, check_settings, reading
from psychagent.domain.base import WORKING_STAGES, Language
from psychagent.domain.usage import Usage, sum_usage
from psychagent.flows.build import build_skills, judge_script, open_embedder
from psychagent.flows.live import Live
from psychagent.flows.tracing import tell_tracing
from psychagent.scales.scale import load_scales
from psychagent.skills.method import resolve_method


async def examine(setup: SetUp) -> AsyncIterator[Finding]:
    """Run all checks in order, and yield each finding as soon as it is available."""
    round_ = Round()
    for check in (*check_settings(setup), *check_parts(setup)):
        yield await round_.run(check)
    async for finding in examine_models(setup, round_):
        yield finding


async def examine_models(setup: SetUp, round_: Round) -> AsyncIterator[Finding]:
    """Run the checks that ask models, after the others; each is made when those before it are done."""
    servers = Servers.open(setup.env)
    async with servers.live:
        groups = (
            _roles(setup, servers),
            _servers(setup, servers),
            _retrieval(setup, servers.live),
            _tracing(setup),
            _calls(servers),
            check_written(setup, servers.changes),
        )
        for group in groups:
            for check in group:
                yield await round_.run(check)


def _roles(setup: SetUp, servers: Servers) -> Iterator[Check]:
    """Check the key and the endpoint of each role; all give typed replies, the client when it remembers."""
    for model in setup.kinds:
        if model not in setup.read:
            # what else such a file names is not known
            for role, _ in ROLES.get(model, ())[:1]:
                yield Check(role, lambda: "", needs=reading(model))
    for one in setup.asked():
        settings, key = one.settings, f"{one.role}: key"
        if settings.secret_names and settings.provider != "offline":
            yield Check(key, partial(_keys, settings.secret_names, setup.env))
        if settings.provider == "offline":
            yield Check(f"{one.role}: model", partial(_script, setup, one), needs=_scales_of(one))
            continue
        yield Check(
            f"{one.role}: chat",
            partial(servers.check_chat, one),
            needs=(*PROMPTS, key, *servers.basis(one)),
        )
        yield Check(
            f"{one.role}: typed reply",
            partial(servers.check_typed, one),
            needs=(f"{one.role}: chat",),
        )


def _scales_of(one: Asked) -> tuple[str, ...]:
    names: Mapping[type[Settings], str] = {EvalSettings: "judge: scales", RftSettings: "rollouts: reward"}
    return (names[one.model],) if one.model in names else ()


def _script(setup: SetUp, one: Asked) -> str:
    """Say that a role is played by the script; a judge's script has a name, which must be known."""
    if one.model in {EvalSettings, RftSettings}:
        judging = (
            setup.settings(EvalSettings) if one.model is EvalSettings else setup.settings(RftSettings).judging
        )
        prompts = PromptLibrary(judging.language or Language.EN, judging.prompts_root)
        judge_script(one.settings, prompts, load_scales(judging.scales_root))
    return "the offline script; needs no server and is no model"


def _keys(names: tuple[str, ...], env: Mapping[str, str]) -> str:
    for name in names:
        require_key(name, env)
    return f"environment variable {' and '.join(names)} is set"


def _servers(setup: SetUp, servers: Servers) -> Iterator[Check]:
    """Try what each distinct endpoint takes, once, whichever roles it has."""
    places: dict[str, list[Asked]] = {}
    for one in setup.asked() if setup.probing else ():
        if one.settings.provider != "offline":
            places.setdefault(place_of(one.settings), []).append(one)
    for place, there in places.items():
        settings = there[0].settings
        name = f"server: {settings.model} at {settings.base_url}"
        known = place in servers.answers_to
        needs = () if known else tuple(f"{one.role}: {what}" for one in there for what in ("key", "chat"))
        yield Check(name, partial(servers.probe, place), needs=needs)


def _retrieval(setup: SetUp, live: Live) -> Iterator[Check]:
    """Check the embedder, then that an index can be built and searched."""
    needs = reading(BaselineSettings, RuntimeSettings)
    if {BaselineSettings, RuntimeSettings} <= setup.read.keys():
        embedding = setup.settings(BaselineSettings).embedding
        if _method(setup) != "lexical":
            if embedding.secret_names:
                yield Check("embedding: key", partial(_keys, embedding.secret_names, setup.env))
            yield Check("embedding: model", partial(_embed, embedding, live), needs=("embedding: key",))

    index = partial(_index, setup, live)
    rests_on = (*needs, *reading(DatasetSettings), "skills", "embedding: key", "embedding: model")
    yield Check("skill index", index, needs=rests_on)


def _method(setup: SetUp) -> str:
    language = setup.settings(RuntimeSettings).world.language
    return resolve_method(language, setup.settings(BaselineSettings).retrieval.method)


async def _index(setup: SetUp, live: Live) -> str:
    baseline, runtime = setup.settings(BaselineSettings), setup.settings(RuntimeSettings)
    store = build_skills(baseline, runtime.world.language, live, cache_dir=setup.cache_dir(runtime))
    modality, stage = setup.settings(DatasetSettings).modalities[0], WORKING_STAGES[0]
    hits = await store.search("safety", modality=modality, stage=stage, k=baseline.retrieval.top_k)
    found = f"{len(hits)} skills found"
    return f"{modality.value}/{stage.value} is built and searched ({_method(setup)}): {found}"


async def _embed(settings: EmbeddingSettings, live: Live) -> str:
    embedder = open_embedder(settings, live)
    vectors = await embedder.embed(["A first text.", "Another one."])
    checked = " with the sha256 it should have" if settings.provider == "minilm" else ""
    return f"{embedder.name}{checked} gives vectors of {vectors.shape[1]}"


def _tracing(setup: SetUp) -> Iterator[Check]:
    for name, model in (("tracing", RuntimeSettings), ("judge: tracing", EvalSettings)):
        if model in setup.kinds:
            yield Check(name, partial(_tell_tracing, setup, model), needs=reading(model))


def _tell_tracing(setup: SetUp, model: type[Settings]) -> str:
    if model is EvalSettings:
        allowed = setup.settings(EvalSettings).tracing
    else:
        allowed = setup.settings(RuntimeSettings).machine.tracing
    return tell_tracing(setup.env, allowed=allowed) or "off; nothing leaves for LangSmith"


def _calls(servers: Servers) -> Iterator[Check]:
    """Tell what the checks cost."""
    if servers.counted.passed:
        yield Check("calls", partial(_cost, servers.counted.passed, servers.spent))


def _cost(calls: int, spent: list[Usage]) -> str:
    used = sum_usage(spent).total()
    return (
        f"{calls} calls were made, of {used.prompt_tokens:,} tokens in and {used.completion_tokens:,} out "
        "where servers count them"
    )
