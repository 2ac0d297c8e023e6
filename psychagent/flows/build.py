"""Wire the graphs' dependencies from settings and live resources; the only place that builds models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, assert_never

from psychagent.assets.key import require_key
from psychagent.assets.profiles import find_profile, make_case
from psychagent.assets.prompts import PromptLibrary
from psychagent.assets.settings.baseline import BaselineSettings, EmbeddingSettings
from psychagent.assets.settings.endpoint import CHANGES_NO_REPLY, EndpointSettings
from psychagent.assets.settings.roles import endpoint_of
from psychagent.assets.settings.runtime import RuntimeSettings, WorldSettings
from psychagent.domain.base import Language, Modality
from psychagent.domain.profile import Case
from psychagent.domain.risk.audit import NO_AUDIT, Audit
from psychagent.domain.role import ClientKind, Role
from psychagent.files.given import require, to_path
from psychagent.flows.live import Live
from psychagent.llm.chat import Chat, Policy
from psychagent.llm.endpoint import EndpointModel
from psychagent.llm.langchain import LangChainModel
from psychagent.llm.reply import Model
from psychagent.nodes.deps import Deps
from psychagent.nodes.knobs import Knobs
from psychagent.nodes.memory.other import open_other
from psychagent.offline.model import OfflineModel
from psychagent.offline.traits import script_lines
from psychagent.scales.scale import Scale
from psychagent.skills.embed import Embedder, build_embedder
from psychagent.skills.library import SkillLibrary
from psychagent.skills.method import resolve_floor, resolve_method
from psychagent.skills.store import SkillStore
from psychagent.skills.texts.search import TextSearch


def build_deps(
    baseline: BaselineSettings,
    runtime: RuntimeSettings,
    live: Live,
    *,
    cache_dir: Path | str | None = None,
    audit: Audit = NO_AUDIT,
) -> Deps:
    """Wire models, prompts and skills.

    Args:
        baseline: The system under study.
        runtime: The world that it is run in.
        live: Keys, connections and gate, from `open_live`.
        cache_dir: Folder of cached vectors; None keeps them in memory.
        audit: Where the safety gate records its findings.

    Raises:
        SettingsError: If one of the three is of another kind, a key that the settings name is not set, an
            endpoint cannot be reached by its address or by what the environment names, or another client's
            memory is to be shown and the run that it is taken from has none.
    """
    require(BaselineSettings, baseline, "the baseline")
    require(RuntimeSettings, runtime, "the runtime")
    require(Live, live, "what is live")
    cached = None if cache_dir is None else to_path(cache_dir, "cache_dir")
    for settings in (baseline.counselor, baseline.reflecting, runtime.world.client, *_gate(baseline)):
        for name in settings.secret_names:
            require_key(name, live.env)

    @cache
    def prompts(language: Language) -> PromptLibrary:
        return PromptLibrary(language, baseline.prompts_root)

    @cache
    def skills(language: Language) -> SkillStore:
        return build_skills(baseline, language, live, cache_dir=cached)

    @cache
    def texts(language: Language) -> TextSearch:
        store = skills(language)
        return TextSearch(store.embedder, store.method)

    chat, knobs = _chats(baseline, runtime.world, prompts, live), to_knobs(baseline, runtime.world)
    asked = (Role.COUNSELOR, Role.SUMMARY, Role.CLIENT, *([Role.RISK] if baseline.safety.endpoint else []))
    for role in asked:
        # now, so that an address, a proxy or certificates that are none end the run before its first case
        chat(role, knobs)
    return Deps(
        baseline=baseline,
        prompts=prompts,
        skills=skills,
        chat=chat,
        case=_bundled_case,
        knobs=knobs,
        texts=texts,
        other_client=open_other(baseline, runtime.world.language),
        journal=live.journal,
        audit=audit,
    )


def _gate(baseline: BaselineSettings) -> list[EndpointSettings]:
    return [baseline.safety.endpoint] if baseline.safety.endpoint else []


def _chats(
    baseline: BaselineSettings,
    world: WorldSettings,
    prompts: Callable[[Language], PromptLibrary],
    live: Live,
) -> Callable[[Role, Knobs], Chat]:
    """Build the resolver from role and knobs to a model; each model is built once."""

    @cache
    def chat_at(settings: str, language: Language) -> Chat:
        return build_chat(EndpointSettings.model_validate_json(settings), prompts(language), live)

    def chat(role: Role, knobs: Knobs) -> Chat:
        settings = endpoint_of(role, baseline, world, counselor_model=knobs.counselor_model)
        # settings hold a mapping, so they are not hashable
        return chat_at(settings.model_dump_json(), knobs.language)

    return chat


@cache
def _bundled_case(knobs: Knobs) -> Case:
    return make_case(find_profile(knobs.profile, knobs.language), knobs.modality, knobs.language)


def build_skills(
    baseline: BaselineSettings, language: Language, live: Live, *, cache_dir: Path | None
) -> SkillStore:
    """Build the skill store of a language; its embedder, if the method needs one, is loaded when asked.

    Raises:
        SettingsError: If the embedder's key is not set.
        SkillStoreError: If the embedder's package is missing or damaged.
    """
    library = SkillLibrary(language, baseline.skills_root)
    retrieval = baseline.retrieval
    method = resolve_method(language, retrieval.method)
    embedder = None if method == "lexical" else open_embedder(baseline.embedding, live)
    floor = resolve_floor(
        language,
        method,
        retrieval.floor,
        # the script's rewrite quotes the client and names no move
        rewritten=retrieval.query == "rewrite" and baseline.counselor.provider != "offline",
        bundled=baseline.embedding.provider == "minilm",
    )
    return SkillStore(
        library,
        embedder=embedder,
        method=method,
        stages=retrieval.stages,
        floor=floor,
        cache_dir=cache_dir,
    )


def open_embedder(settings: EmbeddingSettings, live: Live) -> Embedder:
    """Build the configured embedder, unloaded; one behind an endpoint shares the gate with all other calls.

    Raises:
        SettingsError: If its key is not set.
        SkillStoreError: If its package is missing or damaged.
    """
    key = require_key(settings.api_key_env, live.env)
    return build_embedder(
        settings,
        key=key,
        wire=live.wire,
        gate=live.gate,
        sleep=live.sleep,
        outages=live.outages,
        report=live.report,
    )


def build_chat(
    settings: EndpointSettings,
    prompts: PromptLibrary,
    live: Live,
    *,
    script: Mapping[str, Any] | None = None,
) -> Chat:
    """Build a chat with a role's model; `script` replaces the default lines of the offline model."""
    model: Model
    match settings.provider:
        case "offline":
            played = OfflineModel.load(prompts) if script is None else OfflineModel(lines=dict(script))
            model = LangChainModel(played)
        case "openai":
            key = require_key(settings.api_key_env, live.env)
            model = EndpointModel(settings, key=key, wire=live.wire)
        case unknown:
            assert_never(unknown)
    policy = Policy(
        settings.max_retries,
        settings.max_wait_sec,
        settings.structured,
        settings.send_seed,
        settings.redraw,
    )
    return Chat(
        model,
        policy,
        live.gate,
        retry_note=prompts.render("shared/retry"),
        on_call=live.report,
        sleep=live.sleep,
        journal=live.journal,
        beside=live.beside,
        outages=live.outages,
        # a gateway may have lost one model of several
        address=f"{settings.model} at {settings.base_url}" if settings.base_url else "",
        made_with=settings.model_dump_json(exclude=set(CHANGES_NO_REPLY)),
        max_tokens=settings.max_tokens,
    )


def judge_script(
    settings: EndpointSettings, prompts: PromptLibrary, scales: Mapping[str, Scale]
) -> dict[str, Any] | None:
    """Gather what the offline script says as a judge; None where a model judges.

    Raises:
        SettingsError: If the settings name an unknown scripted judge.
    """
    return script_lines(prompts, settings.model, scales) if settings.provider == "offline" else None


def warm(deps: Deps) -> Deps:
    """Read every language's prompts and skills and load the embedder now, before an event loop runs."""
    for language in Language:
        prompts = deps.prompts(language)
        for name in prompts.names():
            prompts.compile(name)
        for modality in Modality:
            prompts.first_plan(modality)
        deps.skills(language).warm()
        deps.safety(language)
        for role in (Role.COUNSELOR, Role.CLIENT, Role.SUMMARY):
            deps.chat(role, replace(deps.knobs, language=language)).model.warm()
    return deps


def to_knobs(baseline: BaselineSettings, world: WorldSettings) -> Knobs:
    """Convert settings to the knobs of a graph run."""
    return Knobs(
        language=world.language,
        max_sessions=baseline.max_sessions,
        max_counselor_turns=baseline.max_counselor_turns,
        seed=world.seed,
        # said, not left out: a run goes on with courses that an older version began
        client=ClientKind.SIMULATOR,
    )
