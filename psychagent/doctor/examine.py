"""Run the checks of a setup.

Each check yields one line with what was seen and, after a failure, what to do.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

from pydantic import BaseModel, Field

from psychagent.assets.key import require_key
from psychagent.assets.profiles import find_cases
from psychagent.assets.prompts import PromptLibrary
from psychagent.assets.settings.baseline import BaselineSettings, EmbeddingSettings
from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.endpoint import EndpointSettings
from psychagent.assets.settings.runtime import RuntimeSettings
from psychagent.doctor.setup import Check, Finding, SetUp, examine_settings
from psychagent.doctor.suggest import Change, find_settings, write_change
from psychagent.domain.base import WORKING_STAGES, Language
from psychagent.domain.role import Role
from psychagent.errors import CallError, MalformedReplyError, ProviderError, RecordError
from psychagent.flows.build import build_chat, build_skills, open_embedder
from psychagent.flows.live import Live, open_live
from psychagent.flows.tracing import tell_tracing
from psychagent.llm.chat import Chat
from psychagent.llm.prompt import Prompt, system, user
from psychagent.llm.reply import Reply
from psychagent.safety.answer import load_answers
from psychagent.safety.resources import load_resources
from psychagent.safety.rules import load_rules
from psychagent.skills.library import SkillLibrary
from psychagent.skills.method import resolve_method

MIN_FREE_MB = 500
"""Free space required in the folder of runs; a course takes about 2 MB, and up to 12 MB while it runs."""
MOST_WAIT_SEC = 60.0
"""Longest wait for an endpoint's answer during checks; a run waits as long as its settings say."""


async def examine(setup: SetUp) -> AsyncIterator[Finding]:
    """Run all checks in order, and yield each finding as soon as it is available.

    Checks that need settings which could not be read are skipped.
    """
    async for finding in examine_settings(setup):
        yield finding
    async for finding in examine_parts(setup):
        yield finding


async def examine_parts(setup: SetUp) -> AsyncIterator[Finding]:
    """Run the checks of what the settings name; none if one of them could not be read."""
    settings = setup.settings()
    if settings is None:
        return
    baseline, runtime, dataset = settings
    async with open_live(setup.env, calls=1) as live:
        groups = (
            _data(baseline, runtime, dataset),
            _models(baseline, runtime, live),
            _retrieval(baseline, runtime, dataset, cache_dir=setup.cache_dir(runtime), live=live),
            [
                Check("disk", partial(_disk, setup.save_dir(runtime))),
                Check("tracing", partial(_tracing, setup.env, allowed=runtime.machine.tracing)),
            ],
        )
        for group in groups:
            for check in group:
                yield await check.run()


def _data(baseline: BaselineSettings, runtime: RuntimeSettings, dataset: DatasetSettings) -> Iterator[Check]:
    language = runtime.world.language

    def prompts() -> str:
        count = PromptLibrary(language, baseline.prompts_root).compile_all()
        return f"{count} templates of {language.value!r} compile"

    def cases() -> str:
        files = find_cases(dataset, language)
        for file in files:
            file.load()
        return (
            f"{len(files)} cases of {', '.join(sorted({file.modality.value for file in files}))} can be read"
        )

    def skills() -> str:
        library = SkillLibrary(language, baseline.skills_root)
        stages = [library.stage(m, s) for m in dataset.modalities for s in WORKING_STAGES]
        return f"{sum(len(stage.skills()) for stage in stages):,} skills in {len(stages)} stages"

    yield Check("prompts", prompts)
    yield Check("cases", cases)
    yield Check("skills", skills)
    yield Check("safety", partial(describe_safety, language, datetime.now(UTC).date()))


def describe_safety(language: Language, today: date, root: Path | None = None) -> str:
    """Read what the safety gate needs, and name the services to compare with their source again.

    Old ones fail no check: without a person as client nobody calls them.

    Args:
        language: Whose rules and texts are read.
        today: The day from which the age of an entry counts.
        root: A configs folder; None is the bundled one.

    Raises:
        AssetError: If a file of the gate cannot be read.
    """
    load_rules(language, root)
    load_answers(language, root)
    resources = load_resources(root)
    services, stale = tuple(resources.file.all()), resources.stale(today)
    unsure = sum(not one.verified for one in services)
    seen = (
        f"rules and texts of {language.value!r}, {len(services)} services in {len(resources.file.regions)} "
        f"regions ({unsure} not verified)"
    )
    if not stale:
        return f"{seen}, each checked within a year"
    named = ", ".join(one.id for one in stale[:3]) + (" and others" if len(stale) > 3 else "")
    return (
        f"{seen}; {len(stale)} not checked within a year ({named}): compare them with their source before "
        "a person is a client"
    )


def _models(baseline: BaselineSettings, runtime: RuntimeSettings, live: Live) -> Iterator[Check]:
    """Check keys and endpoints; all but the client have to give typed replies."""
    roles: dict[str, EndpointSettings] = {"counselor": baseline.counselor, "client": runtime.world.client}
    if baseline.reflector:
        roles["reflector"] = baseline.reflector
    if baseline.safety.endpoint:
        roles["risk"] = baseline.safety.endpoint
    prompts = partial(PromptLibrary, runtime.world.language, baseline.prompts_root)
    for role, settings in roles.items():
        for name in settings.secret_names:
            yield Check(f"{role}: key", partial(_key, name, live.env))
        if settings.provider == "offline":
            yield Check(f"{role}: model", lambda: "the offline script; needs no server and is no model")
            continue
        where = f"check base_url {settings.base_url}, that the server runs, and the model's name"
        yield Check(f"{role}: chat", partial(_ask, settings, prompts, ask_words, live), where)
        if role != "client":
            yield Check(
                f"{role}: typed reply",
                partial(_ask, settings, prompts, ask_typed, live),
                f"the server was asked with structured: {settings.structured}; try another of json_schema, "
                "json_object, none",
            )


def _key(name: str, env: Mapping[str, str]) -> str:
    require_key(name, env)
    return f"environment variable {name} is set"


async def _ask(
    settings: EndpointSettings,
    prompts: Callable[[], PromptLibrary],
    ask: Callable[[Chat], Awaitable[str]],
    live: Live,
) -> str:
    """Ask an endpoint, with at most one retry."""
    brief = {
        "max_retries": min(settings.max_retries, 1),
        "timeout_sec": min(settings.timeout_sec, MOST_WAIT_SEC),
    }
    started = time.monotonic()
    try:
        result = await ask(build_chat(settings.model_copy(update=brief), prompts(), live))
    except CallError as error:
        if change := await _fitting(error, settings, prompts, ask, live):
            raise ProviderError(f"{error}; it answers with {write_change(change)}: set that") from error
        raise
    return f"{settings.model} {result} in {time.monotonic() - started:.1f} s"


async def _fitting(
    error: CallError,
    settings: EndpointSettings,
    prompts: Callable[[], PromptLibrary],
    ask: Callable[[Chat], Awaitable[str]],
    live: Live,
) -> Change | None:
    """Look for settings with which a server answers that refused the request, not the caller."""
    if error.cause is not None or isinstance(error, ProviderError) and "HTTP 4" not in str(error):
        return None

    async def works(change: Change) -> str:
        brief = {"max_retries": 0, "timeout_sec": min(settings.timeout_sec, MOST_WAIT_SEC)}
        try:
            await ask(build_chat(settings.model_copy(update={**brief, **change}), prompts(), live))
        except CallError as problem:
            return str(problem)
        return ""

    return await find_settings(works, str(error))


def _retrieval(
    baseline: BaselineSettings,
    runtime: RuntimeSettings,
    dataset: DatasetSettings,
    *,
    cache_dir: Path | None,
    live: Live,
) -> Iterator[Check]:
    """Check the embedder, then that an index can be built and searched."""
    language, embedding = runtime.world.language, baseline.embedding
    method = resolve_method(language, baseline.retrieval.method)
    if method != "lexical":
        for name in embedding.secret_names:
            yield Check("embedding: key", partial(_key, name, live.env))
        yield Check("embedding: model", partial(_embed, embedding, live))

    async def index() -> str:
        store = build_skills(baseline, language, live, cache_dir=cache_dir)
        modality, stage = dataset.modalities[0], WORKING_STAGES[0]
        hits = await store.search("safety", modality=modality, stage=stage, k=baseline.retrieval.top_k)
        return f"{modality.value}/{stage.value} is built and searched ({method}): {len(hits)} skills found"

    yield Check("skill index", index)


async def _embed(settings: EmbeddingSettings, live: Live) -> str:
    embedder = open_embedder(settings, live)
    vectors = await embedder.embed(["A first text.", "Another one."])
    checked = " with the sha256 it should have" if settings.provider == "minilm" else ""
    return f"{embedder.name}{checked} gives vectors of {vectors.shape[1]}"


def _disk(folder: Path) -> str:
    """Check the nearest existing parent folder, without writing."""
    there = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
    if not (there.is_dir() and os.access(there, os.W_OK)):
        raise RecordError(f"{there}: is not a folder that can be written to; name another --save-dir")
    free = shutil.disk_usage(there).free // 2**20
    if free < MIN_FREE_MB:
        raise RecordError(
            f"{there}: {free:,} MB free; make room for {MIN_FREE_MB} MB, or name another --save-dir"
        )
    return f"{free:,} MB free at {there}"


def _tracing(env: Mapping[str, str], *, allowed: bool) -> str:
    return tell_tracing(env, allowed=allowed) or "off; nothing leaves for LangSmith"


_SYSTEM = "You answer test questions as briefly as you can."


class Probe(BaseModel):
    """The smallest typed reply."""

    ready: bool
    number: int = Field(ge=0, le=9)


async def ask_words(chat: Chat) -> str:
    """Ask for one word, and report the answer."""
    prompt = Prompt(role=Role.PROBE, messages=(system(_SYSTEM), user("Say hello in one word.")))
    await chat.request(prompt, _read_words)
    return "answers"


def _read_words(reply: Reply) -> str:
    text = reply.content.strip()
    if not text:
        raise MalformedReplyError("the reply is empty")
    return text


async def ask_typed(chat: Chat) -> str:
    """Ask for a typed reply in the configured way, and report that it has the shape."""
    task = 'Answer with JSON alone, of this shape: {"ready": true, "number": a digit from 0 to 9}'
    await chat.ask(Prompt(role=Role.PROBE, messages=(system(_SYSTEM), user(task))), Probe)
    return f"keeps the shape ({chat.policy.structured})"
