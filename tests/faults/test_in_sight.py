"""Whatever fails after danger was heard, a person has seen whom to turn to before the error is said."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from psychagent.chats.talk import talk
from psychagent.domain.base import Language
from psychagent.domain.risk.audit import AuditKey
from psychagent.domain.risk.finding import About, RiskFinding
from psychagent.domain.role import Role
from psychagent.errors import AssetError, ProviderError, RecordError, SkillStoreError
from psychagent.flows.course import build_course
from psychagent.flows.single import build_single
from psychagent.llm.chat import Chat
from psychagent.nodes.deps import Deps
from psychagent.nodes.knobs import Knobs
from psychagent.nodes.safety.in_sight import InSight
from psychagent.runs.checkpoints.sqlite import LoopSaver
from psychagent.safety.answer import SafetyTexts
from psychagent.safety.rules import Heard
from psychagent.skills.store import SkillStore
from tests.support.chatting import HOPELESS, Typist, chat_of, plain_rules
from tests.support.courses import START, knobs_of
from tests.support.fakes import Cast, brief_for, case_of, chosen_family, spoken
from tests.support.gate import ENDPOINT

CONFIG: Any = {"configurable": {"thread_id": "t"}, "recursion_limit": 99}
NUMBER = "988"
Break = Callable[[Cast, pytest.MonkeyPatch], None]


class FullAudit:
    """A record on a disk that is full, when it is read or when it is written."""

    def __init__(self, when: str) -> None:
        self._when = when

    def known(self, key: AuditKey) -> int:
        if self._when == "read":
            raise RecordError("safety.jsonl: cannot be read")
        return 0

    def add(self, key: AuditKey, finding: RiskFinding, *, model: str) -> None:
        raise RecordError("safety.jsonl: cannot be written")

    def add_help(self, key: AuditKey) -> None:
        raise RecordError("safety.jsonl: cannot be written")


class DeafRules:
    """Rules that break when they hear."""

    def __init__(self, language: Language) -> None:
        self._rules = plain_rules(language).rules

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rules, name)

    def hear(self, text: str, before: str = "") -> Heard:
        if text == HOPELESS:
            raise ZeroDivisionError("the rules are broken")
        return self._rules.hear(text, before)


def audit_fails(when: str) -> Break:
    def fail(cast: Cast, patch: pytest.MonkeyPatch) -> None:
        cast.deps = replace(cast.deps, audit=FullAudit(when))

    return fail


def classifier_fails(error: Exception) -> Break:
    def fail(cast: Cast, patch: pytest.MonkeyPatch) -> None:
        inner = cast.deps.chat

        def chat(role: Role, knobs: Knobs) -> Chat:
            if role is Role.RISK:
                raise error
            return inner(role, knobs)

        cast.deps = replace(cast.deps, chat=chat)

    return fail


def rules_fail(cast: Cast, patch: pytest.MonkeyPatch) -> None:
    def texts(language: Language) -> SafetyTexts:
        return plain_rules(language)._replace(rules=DeafRules(language))  # type: ignore[arg-type]

    cast.deps = replace(cast.deps, safety=texts)


def skills_fail(cast: Cast, patch: pytest.MonkeyPatch) -> None:
    async def search(*found: object, **options: object) -> None:
        raise SkillStoreError("the index is damaged")

    patch.setattr(SkillStore, "search", search)


def counselor_fails(cast: Cast, patch: pytest.MonkeyPatch) -> None:
    cast.models["counselor"].replies[1:] = [ProviderError("HTTP 500")]


FAILURES: dict[str, Break] = {
    "the audit cannot be written": audit_fails("written"),
    "the audit cannot be read": audit_fails("read"),
    "the classifier's prompt is missing": classifier_fails(AssetError("no prompt 'risk/system'")),
    "the classifier has a fault of ours": classifier_fails(KeyError("level")),
    "the rules have a fault of ours": rules_fail,
    "the skills cannot be searched": skills_fail,
    "the counselor's model is down": counselor_fails,
}


def broken(name: str, patch: pytest.MonkeyPatch) -> Cast:
    """Cast a session with a person, in which something fails once it has told of danger."""
    said = {"filter": [chosen_family()], "counselor": [spoken("Hello."), spoken("I hear you.")]}
    safety = {"endpoint": ENDPOINT} if "classifier" in name else {}
    cast = Cast(said, safety=safety, max_sessions=1)
    cast.deps = replace(cast.deps, safety=plain_rules)
    FAILURES[name](cast, patch)
    return cast


@pytest.mark.parametrize("build", [build_single, build_course])
@pytest.mark.parametrize("name", FAILURES)
async def test_a_served_graph_shows_the_card_before_it_says_the_error(
    name: str, build: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = broken(name, monkeypatch)
    graph, knobs = build(cast.deps, InMemorySaver()), knobs_of(cast, client="human", region="US")
    await graph.ainvoke(START, CONFIG, context=knobs)
    seen: list[Any] = []
    with pytest.raises(Exception, match=NUMBER) as error:
        await tell_danger(graph, knobs, seen.append)
    assert [event["event"] for event in seen] == ["card"]
    assert NUMBER in str(seen[0])
    assert isinstance(error.value, RuntimeError), "a server tells the words of such an error alone"
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", FAILURES)
async def test_a_chat_shows_the_card_before_it_says_the_error(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await type_danger(broken(name, monkeypatch), tmp_path)
    assert person.kinds("wait", "words") == ["told", "said", "asked", "card", "told", "asked", "told"]
    assert len(person.of("card")) == 1
    assert NUMBER in person.of("told")[1], "it stays in sight below the error"


async def test_a_chat_shows_the_card_where_its_checkpoints_have_a_fault_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = broken("the counselor's model is down", monkeypatch)
    put = LoopSaver.put_writes

    def fail(self: LoopSaver, config: Any, writes: Any, *more: Any) -> None:
        if HOPELESS in str(writes):
            raise ZeroDivisionError("a fault of ours")
        put(self, config, writes, *more)

    monkeypatch.setattr(LoopSaver, "put_writes", fail)
    person = Typist([HOPELESS])
    with pytest.raises(ZeroDivisionError):
        await type_danger(cast, tmp_path, person)
    assert person.kinds("wait", "words")[-1] == "card"


async def test_the_card_is_said_before_a_model_is_asked_how_grave_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cast = broken("the classifier has a fault of ours", monkeypatch)
    graph, knobs = build_single(cast.deps, InMemorySaver()), knobs_of(cast, client="human", region="US")
    await graph.ainvoke(START, CONFIG, context=knobs)
    seen = asyncio.Event()

    async def waited_for(self: Chat, *asked: object, **how: object) -> None:
        await asyncio.wait_for(seen.wait(), 10)
        raise ProviderError("down")

    object.__setattr__(cast.deps, "chat", Cast({}).deps.chat)
    monkeypatch.setattr(Chat, "request", waited_for)
    with pytest.raises(ProviderError, match=NUMBER):
        await tell_danger(graph, knobs, lambda _: seen.set())


async def test_what_fails_without_danger_names_no_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = broken("the counselor's model is down", monkeypatch)
    graph, knobs = build_single(cast.deps, InMemorySaver()), knobs_of(cast, client="human", region="US")
    await graph.ainvoke(START, CONFIG, context=knobs)
    with pytest.raises(ProviderError, match="HTTP 500") as error:
        await graph.ainvoke(Command(resume="I am tired."), CONFIG, context=knobs)
    assert str(error.value) == "HTTP 500"


async def tell_danger(graph: Any, knobs: Knobs, hear: Callable[[Any], None]) -> None:
    """Answer a waiting graph with danger, and hear what it says aloud."""
    stream = graph.astream(
        Command(resume=HOPELESS), CONFIG, context=knobs, stream_mode="custom", subgraphs=True
    )
    async for _, event in stream:
        hear(event)


async def type_danger(cast: Cast, folder: Path, person: Typist | None = None) -> Typist:
    """Hold a chat, with the cast's own audit and rules, in which somebody tells of danger and leaves."""
    person = person or Typist([HOPELESS])
    async with chat_of(cast.deps, folder) as chat:
        wired = own_parts(chat.deps, cast.deps)
        graph = build_course(wired, chat.checkpoints.saver)
        await talk(replace(chat, deps=wired, graph=graph), person)
    return person


def own_parts(wired: Deps, own: Deps) -> Deps:
    return replace(wired, audit=own.audit, safety=own.safety)


def test_an_error_after_another_danger_shows_the_card_of_the_new_one() -> None:
    said: list[dict[str, Any]] = []
    cast = Cast({})
    brief = brief_for(cast.deps, case_of(), client="human", region="US")
    runtime: Any = SimpleNamespace(context=brief, stream_writer=said.append)
    texts = cast.deps.safety(Language.EN)
    in_sight = InSight(cast.deps.safety, runtime, [texts.card("US", About.SELF)])
    for about in (About.SELF, About.HARMED, About.HARMED):
        with pytest.raises(RecordError, match="911"), in_sight.whatever_fails(about, in_danger=True):
            raise RecordError("safety.jsonl: cannot be written")
    assert [event["card"]["title"] for event in said] == [texts.card("US", About.HARMED).title]
