"""The client's turn: the simulator, or a person through an interrupt."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, assert_never

from langgraph.runtime import Runtime
from langgraph.types import interrupt

from psychagent.assets.prompts import PromptLibrary, Rendered
from psychagent.domain.base import Speaker
from psychagent.domain.risk.finding import HIGH, RiskFinding, is_shown_again
from psychagent.domain.role import ClientKind, Role
from psychagent.domain.text.fence import unbracketed
from psychagent.domain.text.typed import typed_words
from psychagent.domain.turn import Turn
from psychagent.domain.views.client import ClientView, view_client
from psychagent.domain.words.value import kind_of, shown
from psychagent.errors import MalformedReplyError
from psychagent.llm.finish import is_cut
from psychagent.llm.prompt import Message, Prompt, assistant, system, user
from psychagent.llm.reply import Reply
from psychagent.nodes.aloud import say_turn
from psychagent.nodes.deps import Deps, SessionNode, Sources
from psychagent.nodes.state import Brief, SessionState
from psychagent.replies.tags import read_speech
from psychagent.replies.words import MOST_CHARS
from psychagent.safety.answer import Card

_SENTENCE_END = re.compile(r"(?:[。！？…]|[.!?](?=\s|[\"'”’)]|\Z))[\"'”’）)]*")

CLOSE: Mapping[str, bool] = {"end": True}
"""What a person answers, in place of words, to end the session; words are never searched for it."""


def client(deps: Deps) -> SessionNode:
    """Make the node in which the client answers; a person may end the session instead."""

    async def answer(state: SessionState, runtime: Runtime[Brief]) -> SessionState:
        brief, turns = runtime.context, state["turns"]
        match brief.knobs.client:
            case ClientKind.HUMAN:
                words = _ask_person(_asked(deps, state, brief))
                if words is None:
                    return {"closed": True}
                return {"turns": [Turn(speaker=Speaker.CLIENT, text=words)]}
            case ClientKind.SIMULATOR:
                prompt = client_prompt(
                    deps, brief, turns, state.get("card"), is_known=is_shown_again(state.get("findings", []))
                )
                reply = await deps.chat(Role.CLIENT, brief.knobs).request(
                    prompt, taking_whole_sentences(read_words)
                )
                turn = Turn(speaker=Speaker.CLIENT, text=reply.value)
                say_turn(runtime, turn)
                return {"turns": [turn], "usage": reply.usage}
            case unknown:
                assert_never(unknown)

    return answer


def _ask_person(asked: Mapping[str, object]) -> str | None:
    """Interrupt until the person answers in words; None where they end the session instead."""
    problem = ""
    while True:
        # the node runs from its start at each answer, and is given the former ones again, in their order
        said = interrupt({**asked, **({"problem": problem} if problem else {})})
        if said == CLOSE:
            return None
        words, problem = read_answer(said, turn=asked["turn"])
        if not problem:
            return words


def read_answer(said: object, *, turn: object) -> tuple[str, str]:
    """Read what a person answers: a text, or `{"text": ..., "turn": ...}` with the turn that was asked for.

    Returns:
        The words, and why they are no answer; one of the two is empty.
    """
    if isinstance(said, Mapping):
        if said.keys() - {"text", "turn"} or "text" not in said:
            return "", 'the answer is a mapping; send a text, {"text": ..., "turn": ...} or {"end": true}'
        if "turn" in said and said["turn"] != turn:
            return (
                "",
                f"the answer is to turn {shown(said['turn'])}, and turn {turn} is asked for; read it first",
            )
        said = said["text"]
    if not isinstance(said, str):
        return "", f"the answer is {kind_of(said)}, not a text"
    if len(said) > MOST_CHARS:
        return "", f"the answer has {len(said)} characters; send at most {MOST_CHARS} at once"
    words = typed_words(said)
    return (words, "") if words else ("", "the answer is empty; write some words")


def _asked(sources: Sources, state: SessionState, brief: Brief) -> dict[str, object]:
    """Say what the person is asked: the counselor's words, the turn, and the card that stays in sight."""
    card = state.get("card") or last_card(sources, brief, state.get("findings", []))
    shown = {"card": card.model_dump(mode="json")} if card else {}
    return {
        "counselor": state["turns"][-1].text,
        "session_index": brief.session_index,
        "turn": len(state["turns"]),
        **shown,
    }


def last_card(
    sources: Sources, brief: Brief, findings: Sequence[RiskFinding], *, closed: bool = False
) -> Card | None:
    """Write again the card of the session's worst danger, the last of several: it is needed later, too.

    Args:
        sources: Where the texts are.
        brief: The session.
        findings: What the safety gate found in it.
        closed: Whether the session is over.
    """
    shown = [one for one in findings if one.shows_card and one.level >= HIGH]
    worst = max(reversed(shown), key=lambda one: one.level, default=None)
    if worst is None:
        return None
    return sources.safety(brief.case.language).card(brief.region, worst.about, closed=closed)


def client_prompt(
    sources: Sources,
    brief: Brief,
    turns: Sequence[Turn],
    card: Card | None = None,
    *,
    is_known: bool = False,
) -> Prompt:
    """Write the simulator's prompt: its view of itself, the visible dialogue, and a card that it sees.

    Args:
        sources: Where templates are.
        brief: The session.
        turns: The dialogue so far.
        card: What its screen shows.
        is_known: Whether it was shown before, so that a reminder is enough.
    """
    head = client_head(sources, brief)
    messages, rendered = client_messages(head, turns), [head]
    if card:
        # a person sees it beside the counselor's words, so whoever plays one must know of it
        shown = sources.prompts(brief.case.language).render("client/card", card=card, is_known=is_known)
        messages, rendered = (*messages[:-1], user(f"{messages[-1]['content']}\n\n{shown}")), [head, shown]
    return Prompt.of(
        Role.CLIENT,
        messages,
        rendered=rendered,
        seed=brief.seed("client", len(turns)),
        call=brief.call(Role.CLIENT, len(turns)),
        rephrased=said_in_words(head),
    )


def client_head(sources: Sources, brief: Brief) -> Rendered:
    """Write what the client knows of itself: the same for all turns and rollouts of a session."""
    prompts = sources.prompts(brief.case.language)
    return brief.once((prompts, "client"), lambda: _head(prompts, brief))


def client_messages(head: Rendered, turns: Sequence[Turn]) -> tuple[Message, ...]:
    """Write the session as the client has it before it."""
    dialogue = [
        user(unbracketed(turn.text)) if turn.speaker is Speaker.COUNSELOR else assistant(turn.text)
        for turn in turns
    ]
    return (system(head), *dialogue)


def client_view(brief: Brief) -> ClientView:
    """Choose what the client knows of itself in this session."""
    # what the client did between sessions must be the same in all rollouts of the next one
    between = replace(brief, rollout_index=0, attempt=0).seed("homework")
    return view_client(
        brief.case, brief.memory, brief.recalls, session_index=brief.session_index, seed=between
    )


def said_in_words(head: Rendered) -> dict[str, object]:
    """List the values that the head says in sentences instead: how the client is, and its homework."""
    values: Mapping[str, Any] = head.values
    sentences = {
        "style": values["manner"],
        "resistance": values["openness"],
        "homework_status": values["done"],
        "risk_kind": values["danger"].get("when", ""),
    }
    # a sentence that the template leaves out says nothing
    return {name: values[name] for name, sentence in sentences.items() if sentence and sentence in head}


def _head(prompts: PromptLibrary, brief: Brief) -> Rendered:
    view, words = client_view(brief), prompts.data("client/manner")
    return prompts.render(
        "client/system",
        session_index=brief.session_index,
        manner=words["style"][view.style],
        openness=words["resistance"][view.resistance],
        done=words["homework"][view.homework_status],
        danger=words["risk"].get(view.risk_kind, {}),
        **view.model_dump(),
    )


def read_words(reply: Reply) -> str:
    """Take the client's words from a reply.

    Raises:
        MalformedReplyError: If the reply has no visible words, or its thoughts cannot be parted from them.
    """
    return read_speech(reply.content, Speaker.CLIENT)


def taking_whole_sentences(read: Callable[[Reply], str]) -> Callable[[Reply], str]:
    """Wrap a reader so that a cut reply is refused once; of a second one the whole sentences are taken.

    Small models go on to any limit, and a case must not end for that. For a call of its own: it
    remembers the refusal.
    """
    refused = False

    def check(reply: Reply) -> str:
        nonlocal refused
        words = read(reply)
        if not is_cut(reply):
            return words
        whole = cut_to_sentences(words)
        if not refused or not whole:
            refused = True
            raise MalformedReplyError("the last sentence is not finished")
        return whole

    return check


def cut_to_sentences(text: str) -> str:
    """Drop the sentence at the end of a text that is not finished; empty if there is no other."""
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    return text[: max(ends, default=0)].strip()
