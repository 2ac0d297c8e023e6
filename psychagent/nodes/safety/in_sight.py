"""Keep in a person's sight whom they can turn to, whatever fails after danger was heard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from langgraph.errors import GraphBubbleUp
from langgraph.runtime import Runtime

from psychagent.domain.risk.finding import About
from psychagent.domain.role import ClientKind
from psychagent.errors import PsychAgentError, reason_of
from psychagent.nodes.aloud import say_card
from psychagent.nodes.deps import Deps, SessionNode
from psychagent.nodes.state import Brief, SessionState
from psychagent.safety.answer import Card, SafetySource


class InSight:
    """The card of one turn: said once, and named in an error that a person gets in place of an answer."""

    def __init__(self, safety: SafetySource, runtime: Runtime[Brief], said: Sequence[Card] = ()) -> None:
        """Take the session, and the cards that were said in it."""
        brief = runtime.context
        self._texts, self._runtime, self._said = safety(brief.case.language), runtime, list(said)
        self._region = brief.region
        self._is_person = brief.knobs.client is ClientKind.HUMAN

    def show(self, about: About) -> Card:
        """Say the card for a kind of danger, unless it was said, and return it."""
        card = self._texts.card(self._region, about)
        if card not in self._said:
            say_card(self._runtime, card)
            self._said.append(card)
        return card

    @contextmanager
    def whatever_fails(self, about: About, *, in_danger: bool) -> Iterator[None]:
        """Show a person in danger the card before an error of the block ends the turn.

        The error's words name whom to call, too: who waits for the answer alone, without the stream, sees
        nothing else.
        """
        try:
            yield
        except GraphBubbleUp:
            raise
        except Exception as error:
            if not (in_danger and self._is_person):
                raise
            self.show(about)
            named = self._texts.named(self._region, about)
            if isinstance(error, PsychAgentError):
                # the same error: whoever catches it asks what it cost, and why
                error.args = (f"{error}. {named}",)
                raise
            # a server tells its caller the words of an error of ours alone
            raise PsychAgentError(f"{reason_of(error)}. {named}") from error


def keeping_in_sight(deps: Deps, node: SessionNode) -> SessionNode:
    """Wrap a node that speaks after danger was heard, so that its error leaves the card in sight."""

    async def go_on(state: SessionState, runtime: Runtime[Brief]) -> SessionState:
        card, findings = state.get("card"), state.get("findings", [])
        about = findings[-1].about if findings else About.NONE
        with InSight(deps.safety, runtime, [card] if card else ()).whatever_fails(
            about, in_danger=card is not None
        ):
            return await node(state, runtime)

    return go_on
