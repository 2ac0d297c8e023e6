"""The judge graph, which asks all scales of a session side by side; and its wiring."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from functools import cache
from typing import Any

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from psychagent.assets.prompts import PromptLibrary
from psychagent.assets.settings.judge import EvalSettings
from psychagent.domain.base import Language, School, Speaker
from psychagent.domain.call import Place
from psychagent.domain.role import Role
from psychagent.domain.scores import JudgeMark, ScaleResult, SessionScores
from psychagent.domain.turn import Turn
from psychagent.errors import SettingsError
from psychagent.files.digest import hash_json
from psychagent.files.given import require
from psychagent.files.read import to_model
from psychagent.flows.build import build_chat, judge_script
from psychagent.flows.given import checking_input
from psychagent.flows.live import Live
from psychagent.llm.chat import Chat
from psychagent.nodes.judge import JudgeState, judge, methods_for, plan_calls
from psychagent.nodes.judging.brief import JudgeBrief, JudgeDeps
from psychagent.scales.dialogue import Dialogue, to_lines
from psychagent.scales.scale import load_scales
from psychagent.scales.talk import count_talk

JudgeGraph = CompiledStateGraph[JudgeState, JudgeBrief, Any, Any]


def build_judge(deps: JudgeDeps) -> JudgeGraph:
    """Build the judge graph; its context is a JudgeBrief, its input is empty."""
    graph = StateGraph(JudgeState, context_schema=JudgeBrief)
    graph.add_node("judge", judge(deps))
    graph.add_edge(START, "judge")
    graph.add_edge("judge", END)
    return checking_input(graph.compile(name="judge"))


class Judge:
    """A judge graph together with its dependencies."""

    def __init__(self, deps: JudgeDeps) -> None:
        """Build the graph.

        Raises:
            SettingsError: If it is to be made of something else.
        """
        self.deps = require(JudgeDeps, deps, "what the judge is made of")
        self.graph = build_judge(deps)

    async def stream(
        self,
        dialogue: Dialogue,
        methods: Sequence[str],
        *,
        place: Place | None = None,
        is_control: bool = False,
    ) -> AsyncGenerator[tuple[str, ScaleResult], None]:
        """Judge a session and yield each scale as soon as its last call has returned.

        Args:
            dialogue: The session.
            methods: Scales by name.
            place: Where in a run the session is judged; None where no journal may answer.
            is_control: Whether it is judged to see what its scores are worth, so that nobody need speak.

        Raises:
            SettingsError: If one side alone speaks, or nobody.
            AssetError: If a scale is unknown.
        """
        plan_calls(self.deps, methods)
        brief = JudgeBrief(dialogue=dialogue, methods=tuple(methods), place=place, is_control=is_control)
        # Any: what a node hands to the custom stream has no type
        stream: Any = self.graph.astream({}, context=brief, stream_mode="custom")
        async with aclosing(stream) as results:
            async for result in results:
                yield result

    def blank(self, dialogue: Dialogue, *, source_file: str = "", baseline: str = "") -> SessionScores:
        """Return a session's scores with no scale filled in yet."""
        mark = self.deps.mark(dialogue.language)
        return SessionScores(
            case_id=dialogue.case_id,
            modality=dialogue.modality,
            session_index=dialogue.session_index,
            language=dialogue.language,
            input_hash=dialogue.hash,
            **mark.model_dump(),
            source_file=source_file,
            baseline=baseline,
            computed=count_talk(dialogue.lines),
        )

    def methods(self, modality: School) -> tuple[str, ...]:
        """Return the names of a modality's scales, from settings or by default."""
        return methods_for(self.deps, modality)


def spoken_dialogue(
    turns: Sequence[Turn], *, case_id: str, modality: School, session_index: int, language: Language
) -> Dialogue:
    """Build the dialogue that a judge may see: words only, without thoughts, skills and queries.

    Raises:
        SettingsError: Naming the field that has a value that it cannot have.
    """
    given = {
        "case_id": case_id,
        "modality": modality,
        "session_index": session_index,
        "language": language,
        # a simulator's thoughts were cut out when it spoke, and a person's words are never parsed
        "lines": to_lines([(turn.speaker, turn.text) for turn in turns], as_said={Speaker.CLIENT}),
    }
    return to_model(Dialogue, given, origin="the session to judge", raise_as=SettingsError)


async def judge_session(
    judge: Judge,
    turns: Sequence[Turn],
    modality: School,
    language: Language,
    methods: Sequence[str] | str | None = None,
    *,
    case_id: str = "",
    session_index: int = 1,
) -> SessionScores:
    """Judge the visible words of some turns.

    Args:
        judge: The judge to ask.
        turns: A session; its thoughts, skills and queries are ignored.
        modality: Therapy school, which decides the default scales.
        language: Language of the judge's prompts.
        methods: Scales by name, or the name of one; None means the modality's default set.
        case_id: Id of the client's case.
        session_index: Number of the session in its course, from 1.

    Raises:
        SettingsError: If something is of another kind, one side alone speaks, or a value cannot be.
        AssetError: If a scale is unknown.
    """
    require(Judge, judge, "the judge")
    require(Sequence, turns, "what is to be judged")  # type: ignore[type-abstract]
    turns = [require(Turn, turn, f"turn {number}") for number, turn in enumerate(turns, start=1)]
    dialogue = spoken_dialogue(
        turns, case_id=case_id, modality=modality, session_index=session_index, language=language
    )
    named = (methods,) if isinstance(methods, str) else methods
    if named is not None:
        require(Sequence, named, "the scales")  # type: ignore[type-abstract]
    chosen = judge.methods(dialogue.modality) if named is None else tuple(named)
    results = {name: result async for name, result in judge.stream(dialogue, chosen)}
    return judge.blank(dialogue).model_copy(update={"scales": {name: results[name] for name in chosen}})


def build_judge_deps(settings: EvalSettings, live: Live, *, asks: bool = True) -> JudgeDeps:
    """Wire the judge.

    Args:
        settings: The judge's model and how to ask it.
        live: Keys, connections and gate; share the course's if counselor and judge run in one process.
        asks: Whether it is asked anything; what was stored can be read without its key.

    Raises:
        SettingsError: If one of the two is of another kind, a key that the settings name is not set, or the
            scripted judge is unknown.
        AssetError: If a scale cannot be used.
    """
    require(Live, live, "what is live")
    scales = load_scales(require(EvalSettings, settings, "the settings").scales_root)

    @cache
    def prompts(language: Language) -> PromptLibrary:
        return PromptLibrary(language, settings.prompts_root)

    @cache
    def script(language: Language) -> dict[str, Any] | None:
        return judge_script(settings.judge, prompts(language), scales)

    @cache
    def chat(language: Language) -> Chat:
        lines = script(language)
        replies = None if lines is None else {Role.JUDGE.value: lines}
        return build_chat(settings.judge, prompts(language), live, script=replies)

    @cache
    def mark(language: Language) -> JudgeMark:
        return mark_judge(settings, prompts(language), script(language))

    if asks:
        chat(settings.language or Language.EN)
    return JudgeDeps(chat=chat, prompts=prompts, scales=scales, settings=settings, mark=mark)


def mark_judge(settings: EvalSettings, prompts: PromptLibrary, script: Mapping[str, Any] | None) -> JudgeMark:
    """Describe what scores are made with; a script's words and weights count as its prompts."""
    return JudgeMark(
        judge_model=settings.judge.model,
        is_script=script is not None,
        prompt_hash=hash_json([judge_files(prompts), script]),
        temperature=settings.judge.temperature,
        repeats=settings.repeats,
    )


def warm_judge(deps: JudgeDeps) -> JudgeDeps:
    """Read now what is otherwise read on first use, for servers whose event loop must not block on files."""
    for language in Language:
        deps.chat(language).model.warm()
        deps.mark(language)
        for name in deps.prompts(language).names():
            deps.prompts(language).compile(name)
    return deps


def judge_files(prompts: PromptLibrary) -> dict[str, str]:
    """Return the hashes of the prompt files that a judge uses."""
    return {
        name: value
        for name, value in prompts.hashes.items()
        if "/judge/" in name and name.endswith(".jinja2") or name.endswith("shared/retry.jinja2")
    }
