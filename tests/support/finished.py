"""A finished session made by hand, as a run would store it."""

from __future__ import annotations

from psychagent.domain.base import Speaker, Stage
from psychagent.domain.memory import Superseded
from psychagent.domain.plan import Correction, Plan
from psychagent.domain.rollout import FinishedSession
from psychagent.domain.turn import Thoughts, Turn
from psychagent.domain.usage import RoleUsage, Usage
from tests.support.memory_parts import client_file, summary

TURNS = (
    Turn(
        speaker=Speaker.COUNSELOR,
        text="Hello “you”.",
        thoughts=Thoughts(assessment="SECRET", skill=("One",)),
        skills=("a.b.c",),
        query="q",
    ),
    Turn(speaker=Speaker.CLIENT, text="您好。"),
    Turn(speaker=Speaker.COUNSELOR, text="Bye.", ends_session=True),
)


def finished(index: int = 2) -> FinishedSession:
    after = client_file("new").model_copy(
        update={
            "origins": {"main_problem": index},
            "history": (Superseded(field="topic", value="old", session_index=1),),
        }
    )
    return FinishedSession(
        session_index=index,
        plan=Plan(stage=Stage.INTERVENTION, title="t", focus=("one", "two")),
        file_before=client_file("old"),
        turns=TURNS,
        summary=summary("s", homework=("write",)),
        file_after=after,
        usage=Usage(roles={"counselor": RoleUsage(calls=2, prompt_tokens=30)}),
        candidates=("a.b.c", "a.b.d"),
        corrections=(
            Correction(session_index=1, proposed=Stage.TERMINATION, decided=Stage.INTERVENTION, reason="r"),
        ),
    )
