"""Wire what the graphs need from settings; the only place that makes live things."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import httpx
from langchain_core.language_models import BaseChatModel

from psychagent.assets.profiles import find_profile, make_case
from psychagent.assets.prompts import PromptLibrary
from psychagent.assets.settings.endpoint import EndpointSettings
from psychagent.assets.settings.run import BaselineSettings, RuntimeSettings
from psychagent.domain.base import Language, Modality
from psychagent.domain.profile import Case
from psychagent.domain.usage import Usage
from psychagent.errors import SettingsError
from psychagent.llm.chat import Chat, Policy
from psychagent.llm.endpoint import build_endpoint
from psychagent.nodes.deps import Deps
from psychagent.nodes.state import Knobs
from psychagent.offline.model import OfflineModel
from psychagent.skills.embed import build_embedder
from psychagent.skills.library import SkillLibrary
from psychagent.skills.store import SkillStore, resolve_method

REFLECTOR_ROLES = frozenset({"summary", "client_file"})


def require_key(name: str | None, env: Mapping[str, str]) -> str | None:
    """Look a key up by the name of its variable.

    Raises:
        SettingsError: If a variable is named and not set; the message names it, never its value.
    """
    if name is None:
        return None
    key = env.get(name, "").strip()
    if not key:
        raise SettingsError(f"environment variable {name!r} is not set; put the endpoint's key there")
    if not (key.isascii() and key.isprintable()):
        raise SettingsError(
            f"environment variable {name!r} holds characters that no key has; copy the key again"
        )
    return key


def open_client() -> httpx.AsyncClient:
    """Open a connection pool for one event loop; the gate bounds calls, not the pool."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    return httpx.AsyncClient(limits=limits, timeout=None)


def build_skills(
    runtime: RuntimeSettings,
    language: Language,
    *,
    env: Mapping[str, str],
    client: httpx.AsyncClient,
    cache_dir: Path | None,
) -> SkillStore:
    """Build the skill store of a language; an embedder is loaded only where the method needs one."""
    library = SkillLibrary(language, runtime.skills_root)
    method = runtime.retrieval.method
    embedder = None
    if resolve_method(language, method) != "lexical":
        key = require_key(runtime.embedding.api_key_env, env)
        embedder = build_embedder(runtime.embedding, key=key, client=client)
    return SkillStore(library, embedder=embedder, method=method, cache_dir=cache_dir)


def build_deps(
    baseline: BaselineSettings,
    runtime: RuntimeSettings,
    *,
    env: Mapping[str, str],
    on_call: Callable[[Usage], None] = lambda usage: None,
    client: httpx.AsyncClient | None = None,
    cache_dir: Path | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Deps:
    """Wire models, prompts and skills.

    Args:
        baseline: The counselor.
        runtime: What is around it.
        env: Where keys are looked up; pass `os.environ`.
        on_call: Told of every answered model call.
        client: Connection pool of the running event loop; one is opened where none is given.
        cache_dir: Where vectors are kept; None keeps them in memory.
        sleep: How to wait before another attempt; a run passes one that a stop cuts short.

    Raises:
        SettingsError: If a key that the settings name is not set.
    """
    pool = client or open_client()
    gate = asyncio.Semaphore(runtime.max_parallel_calls)
    endpoints = _endpoints(baseline, runtime)
    for settings in endpoints.values():
        require_key(settings.api_key_env, env)

    @cache
    def prompts(language: Language) -> PromptLibrary:
        return PromptLibrary(language, runtime.prompts_root)

    @cache
    def skills(language: Language) -> SkillStore:
        return build_skills(runtime, language, env=env, client=pool, cache_dir=cache_dir)

    @cache
    def chat_of(kind: str, language: Language, model: str) -> Chat:
        settings = endpoints[kind]
        if model:
            settings = settings.model_copy(update={"model": model})
        return build_chat(
            settings, prompts(language), gate=gate, env=env, client=pool, on_call=on_call, sleep=sleep
        )

    def chat(role: str, knobs: Knobs) -> Chat:
        kind = "client" if role == "client" else "reflector" if role in REFLECTOR_ROLES else "counselor"
        model = knobs.counselor_model if kind == "counselor" else ""
        return chat_of(kind, Language(knobs.language), model)

    @cache
    def case(knobs: Knobs) -> Case:
        language = Language(knobs.language)
        return make_case(find_profile(knobs.profile, language), Modality(knobs.modality), language)

    return Deps(
        baseline=baseline,
        runtime=runtime,
        chat=chat,
        prompts=prompts,
        skills=skills,
        case=case,
        knobs=to_knobs(baseline, runtime),
    )


def warm(deps: Deps) -> Deps:
    """Read every language's prompts and skills and load the embedder now, before an event loop runs."""
    for language in Language:
        prompts = deps.prompts(language)
        for name in prompts.names():
            prompts.compile(name)
        for modality in Modality:
            prompts.first_plan(modality)
        deps.skills(language).library.all_stages()
        for role in ("counselor", "client", "summary"):
            deps.chat(role, replace(deps.knobs, language=language.value))
    return deps


def to_knobs(baseline: BaselineSettings, runtime: RuntimeSettings) -> Knobs:
    """Write settings as the knobs of a graph run."""
    return Knobs(
        language=runtime.language.value,
        max_sessions=baseline.max_sessions,
        max_counselor_turns=baseline.max_counselor_turns,
        seed=runtime.seed,
    )


def _endpoints(baseline: BaselineSettings, runtime: RuntimeSettings) -> dict[str, EndpointSettings]:
    return {"counselor": baseline, "client": runtime.client, "reflector": runtime.reflector or baseline}


def build_chat(
    settings: EndpointSettings,
    prompts: PromptLibrary,
    *,
    gate: asyncio.Semaphore,
    env: Mapping[str, str],
    client: httpx.AsyncClient,
    on_call: Callable[[Usage], None] = lambda usage: None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Chat:
    """Build a role's access to its model."""
    model: BaseChatModel
    if settings.provider == "offline":
        model = OfflineModel.load(prompts)
    else:
        model = build_endpoint(settings, key=require_key(settings.api_key_env, env), client=client)
    policy = Policy(settings.max_retries, settings.max_wait_sec, settings.structured, settings.send_seed)
    note = prompts.render("shared/retry")
    return Chat(model, policy, gate, retry_note=note, on_call=on_call, sleep=sleep)
