"""Words that a person types while nobody listens: danger in them shows the card, and is carried on."""

from __future__ import annotations

from typing import cast

from psychagent.chats.chat import Chat
from psychagent.chats.person import Person
from psychagent.chats.scene import Scene
from psychagent.chats.texts import load_chat_texts
from psychagent.domain.risk.finding import NO_RISK, About
from psychagent.errors import PsychAgentError
from psychagent.nodes.between import carried
from psychagent.nodes.state import CourseState
from psychagent.safety.answer import Card


def card_of(chat: Chat, about: About, *, closed: bool = False) -> Card:
    """Return the card for a kind of danger where the person is.

    Args:
        chat: The chat.
        about: The kind of danger.
        closed: Whether no session is open.
    """
    record = chat.plan.record
    return chat.deps.safety(record.language).card(record.region or "", about, closed=closed)


def help_card(chat: Chat, scene: Scene, *, ends: bool = False) -> Card:
    """Return what a person who asks for help is shown: for the kind of danger last spoken of.

    Args:
        chat: The chat.
        scene: Where the course stands.
        ends: Whether it is shown unasked, because no session follows.
    """
    words = load_chat_texts(chat.plan.record.language).card
    card = card_of(chat, scene.about, closed=ends or scene.is_closed)
    return card.model_copy(update={"intro": words.after if ends else words.asked})


def hear_aside(chat: Chat, person: Person, scene: Scene, words: str) -> None:
    """Show the card where words tell of danger that no gate and no counselor hears now."""
    heard = chat.deps.safety(chat.plan.record.language).rules.hear(words)
    if max(heard.hard, heard.soft) > NO_RISK:
        person.see_card(card_of(chat, heard.about, closed=scene.is_closed))


async def take_between(chat: Chat, person: Person, words: str) -> None:
    """Carry danger that is told of between two sessions into the next, and say what becomes of the words."""
    texts = load_chat_texts(chat.plan.record.language)
    faults: tuple[type[Exception], ...] = (PsychAgentError, *chat.faults)
    try:
        is_carried = await _carry(chat, words)
    except faults as error:
        person.be_told(str(error))
        is_carried = False
    person.be_told(texts.carried_aside if is_carried else texts.unheard)


async def _carry(chat: Chat, words: str) -> bool:
    """Put words on record if they tell of danger; return whether they do."""
    values = cast("CourseState", (await chat.graph.aget_state(chat.config)).values)
    memory = carried(chat.deps, values, [words])
    if memory == values["memory"]:
        return False
    # as the last node of the session, so that the next step is still to open another
    await chat.graph.aupdate_state(chat.config, CourseState(memory=memory), as_node="reflect")
    return True
