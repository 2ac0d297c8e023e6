"""What calls take, summed by role: those of one case, its sessions and its turns; pure."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.domain.base import Language
from psychagent.domain.role import Role
from psychagent.domain.usage import RoleUsage
from psychagent.runs.money import tokens
from psychagent.runs.money.asked import remember_calls, rewrites, searches, thinks
from psychagent.runs.money.tokens import LANGUAGE, Tokens


@dataclass
class Sum:
    """What a role takes, in parts of calls where a mean is no whole number."""

    calls: float = 0
    prompt: float = 0
    cached: float = 0
    reply: float = 0

    def add(self, call: Tokens, times: float = 1) -> None:
        """Add what a call takes, so many times."""
        self.calls += times
        self.prompt += call.prompt * times
        self.cached += min(max(call.cached, 0), call.prompt) * times
        self.reply += call.reply * times

    def add_usage(self, used: RoleUsage, times: float) -> None:
        """Add what several calls take together, so many times."""
        self.calls += used.calls * times
        self.prompt += used.prompt_tokens * times
        self.cached += used.cached_tokens * times
        self.reply += used.completion_tokens * times

    def usage(self, times: float, *, language: Language, cache: bool) -> RoleUsage:
        """Return so many times the sum, in tokens of a language; cached ones where servers keep prompts."""
        by = times * LANGUAGE[language]
        return RoleUsage(
            calls=round(self.calls * times),
            prompt_tokens=round(self.prompt * by),
            cached_tokens=round(self.cached * by) if cache else 0,
            completion_tokens=round(self.reply * by),
        )


@dataclass
class CourseSums:
    """What one case takes, by role."""

    baseline: BaselineSettings
    rollouts: int
    sums: defaultdict[Role, Sum] = field(default_factory=lambda: defaultdict(Sum))

    def add_session(self, session: int, turns: float, weight: float) -> None:
        """Add a session: what is asked once a turn is asked in every rollout."""
        baseline, sums = self.baseline, self.sums
        if searches(baseline):
            sums[Role.FILTER].add(tokens.filter_call(baseline, session, turns), weight)
        for turn, part in enumerate(weights(turns)):
            self._add_turn(session, turn, turns, weight * part * self.rollouts)
        sums[Role.SUMMARY].add(tokens.summary_call(baseline, session, turns), weight)
        if many := remember_calls(baseline):
            sums[Role.CLIENT_FILE].add(tokens.remember_call(baseline, session, turns), weight * many)
        sums[Role.RECALL].add(tokens.recall_call(session, turns), weight)

    def _add_turn(self, session: int, turn: int, turns: float, times: float) -> None:
        baseline, sums = self.baseline, self.sums
        sums[Role.COUNSELOR].add(
            self._shared(tokens.counselor_call(baseline, session, turn, turns), turn), times
        )
        if turn and thinks(baseline):
            sums[Role.PERCEIVE].add(tokens.perceive_call(turn), times)
            sums[Role.STRATEGIZE].add(tokens.strategize_call(turn), times)
        sums[Role.CLIENT].add(self._shared(tokens.client_call(session, turn), turn), times)
        if turn and rewrites(baseline):
            sums[Role.REWRITE].add(tokens.rewrite_call(turn), times)
        if baseline.safety.endpoint:
            sums[Role.RISK].add(tokens.RISK, times)

    def _shared(self, call: Tokens, turn: int) -> Tokens:
        """Let all rollouts but the first find the head that the first one sent."""
        if turn or self.rollouts == 1:
            return call
        return call._replace(cached=call.prompt * (self.rollouts - 1) / self.rollouts)


def weights(number: float) -> list[float]:
    """Split a mean number into ones and what is left: 2.5 is 1, 1 and 0.5."""
    whole = math.floor(number)
    return [1.0] * whole + ([number - whole] if number > whole else [])
