"""What tests of rollouts share: rollouts made by hand, and runs with rollouts, offline or at a server."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from psychagent.assets.settings.dataset import DatasetSettings
from psychagent.assets.settings.rollouts import RftSettings
from psychagent.domain.base import Language, Modality, Speaker
from psychagent.domain.rollout import Failure, Rollout
from psychagent.domain.scores import MetricScore, ScaleResult, SessionScores
from psychagent.domain.turn import Turn
from psychagent.flows.build import build_deps
from psychagent.flows.rft import with_rollouts
from psychagent.nodes.deps import Deps
from psychagent.runs.plan import SamplePlan
from tests.support.flat import baseline_of, live, runtime_of
from tests.support.judging import loopback_reply
from tests.support.loopback.replies import counselor_reply, filler
from tests.support.loopback.server import Behave, Call, Http, chat_body
from tests.support.running import FAST, settings_at

ONE_A_SIDE = ("WAI", "SRS")
"""One scale a side, so that a test asks little."""
_TAG = re.compile(r"Tag([A-Z])")


def scores_of(values: Mapping[str, float], missing: tuple[str, ...] = (), session: int = 1) -> SessionScores:
    """Make a judge's scores of a session; one scale a metric."""
    scales = {
        name.rpartition(".")[2]: ScaleResult(
            status="ok",
            hash="h",
            group="shared",
            metrics={
                name: MetricScore(
                    side="client" if name.startswith("client") else "counselor",
                    key=name.rpartition(".")[2],
                    direction="higher_better",
                    headline="as_is",
                    raw=value,
                    verified=value / 2,
                )
            },
        )
        for name, value in values.items()
    }
    lost = {n: ScaleResult(status="missing", hash="h", group="shared", reason="gone") for n in missing}
    return SessionScores(
        judge_model="made-up",
        is_script=False,
        prompt_hash="p",
        case_id="en01",
        modality=Modality.CBT,
        session_index=session,
        language=Language.EN,
        input_hash="i",
        scales=scales | lost,
    )


def judged(index: int, missing: tuple[str, ...] = (), **values: float) -> Rollout:
    """Make a judged rollout: `WAI=7.0` is of the counselor, `client_SRS=6.0` of the client."""
    named = {
        f"client.{name.removeprefix('client_')}" if name.startswith("client_") else f"counselor.{name}": value
        for name, value in values.items()
    }
    words = Turn(speaker=Speaker.COUNSELOR, text=f"words of {index}", ends_session=True)
    return Rollout(index=index, turns=(words,), judgement=scores_of(named, missing))


def failed(index: int, message: str = "the endpoint is gone") -> Rollout:
    """Make a rollout that failed."""
    return Rollout(index=index, failure=Failure(error="ProviderError", message=message))


def rft_settings(**over: Any) -> RftSettings:
    """Two rollouts, judged on two scales by the offline script."""
    judging = {"methods": dict.fromkeys(Modality, ONE_A_SIDE)} | over.pop("judging", {})
    return RftSettings.model_validate({"rollout_n": 2, "min_rollouts": 1, "judging": judging} | over)


def offline_rollout_deps(sessions: int = 2, turns: int = 6, **over: Any) -> Deps:
    """Wire rollouts with the offline script in every role, ranking by words."""
    baseline = baseline_of(
        provider="offline", model="offline-script", max_sessions=sessions, max_counselor_turns=turns
    )
    here = live()
    return with_rollouts(build_deps(baseline, runtime_of(), here), rft_settings(**over), here)


def rft_settings_at(base_url: str, **over: Any) -> RftSettings:
    """Rollouts whose judge is at a loopback server."""
    judge = FAST | {"provider": "openai", "base_url": base_url, "model": "judge"}
    judging = {"judge": judge, "methods": dict.fromkeys(Modality, ONE_A_SIDE)}
    return RftSettings.model_validate({"rollout_n": 2, "min_rollouts": 2, "judging": judging} | over)


def rollout_plan(
    save_dir: Path, base_url: str, *, cases: int = 1, rft: Mapping[str, Any] | None = None, **over: Any
) -> SamplePlan:
    """Plan a run with rollouts of some bundled profiles, all under one modality."""
    baseline, runtime = settings_at(base_url, **({"max_sessions": 1} | over))
    dataset = DatasetSettings(modalities=(Modality.CBT,), max_cases=cases)
    chosen = rft_settings_at(base_url, **(rft or {}))
    return SamplePlan(baseline, runtime, dataset, save_dir=save_dir, env={}, rft=chosen)


class Tagged:
    """A server's behavior that tells rollouts apart: each gets a letter, which all it says carries."""

    def __init__(self, also: Callable[[str, Call], Http | None] = lambda tag, call: None) -> None:
        """Start with the letter A.

        Args:
            also: Given a rollout's letter (empty before it has one) and a call, an answer of the test's own.
        """
        self.also, self._next = also, ord("A")
        self.calls: defaultdict[str, list[Call]] = defaultdict(list)
        """Calls of sessions and judges by letter, in order."""

    @property
    def behave(self) -> Behave:
        """What the server is given."""
        return self._answer

    def _answer(self, call: Call, number: int) -> Http | None:
        text = "\n".join(message["content"] for message in call.body["messages"])
        tags = _TAG.findall(text) if call.role in {"counselor", "client", "rewrite", "judge"} else []
        tag = tags[-1] if tags else ""
        if call.role == "counselor" and not tag:
            tag, self._next = chr(self._next), self._next + 1
        if tag:
            self.calls[tag].append(call)
        return self.also(tag, call) or self._usual(tag, call, number)

    @staticmethod
    def _usual(tag: str, call: Call, number: int) -> Http | None:
        if not tag or call.role == "rewrite":
            return None
        if call.role == "judge":
            return loopback_reply(call, number)
        said = sum(message["role"] == "assistant" for message in call.body["messages"])
        words = f"Tag{tag} {filler(60, said)}"
        return Http(body=chat_body(counselor_reply(words) if call.role == "counselor" else words))


def seeded(call: Call, number: int) -> Http | None:
    """Answer as usual, but by the call's seed, so that the dialogues of rollouts differ."""
    if call.role not in {"counselor", "client"}:
        return loopback_reply(call, number)
    words = f"Words {call.body['seed']}. {filler(60, call.body['seed'])}"
    return Http(body=chat_body(counselor_reply(words) if call.role == "counselor" else words))


def roles(calls: list[Call]) -> list[str]:
    """Name the roles of calls in order, runs of one role once each."""
    names = [call.role for call in calls]
    return [name for place, name in enumerate(names) if place == 0 or names[place - 1] != name]
