"""A loopback server that bills: it reports a prefix cache and adds up every token that it has reported."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from hashlib import blake2b

from psychagent.domain.usage import RoleUsage
from tests.support.loopback.replies import filler, judge_reply, reply_to
from tests.support.loopback.server import Behave, Call, Http, chat_body

BLOCK = 64
"""Characters of a block, of which a cache holds whole ones only; 16 tokens."""


@dataclass
class Meter:
    """What a provider's bill would say, by role; a server's `behave`."""

    also: Behave = lambda call, number: None
    """An answer of the test's own; it is billed like the usual one, unless it has no usage."""
    billed: dict[str, RoleUsage] = field(default_factory=lambda: defaultdict(RoleUsage))
    _seen: set[bytes] = field(default_factory=set)

    def __call__(self, call: Call, number: int) -> Http | None:
        """Answer a call, and put it on the bill."""
        if not call.path.endswith("/chat/completions"):
            return None
        text = "\0".join(f"{m['role']}:{m['content']}" for m in call.body["messages"])
        prompt, cached = len(text) // 4, self._cached(str(call.body.get("model")), text)
        answer = self.also(call, number)
        if answer is None:
            answer = Http(body=chat_body(reply_to(call.role, call.body)))
        if answer.status != 200 or answer.drop or not isinstance(answer.body, dict):
            return answer
        usage = answer.body["usage"]
        usage |= {"prompt_tokens": prompt, "prompt_tokens_details": {"cached_tokens": cached}}
        self.billed[call.role] += RoleUsage(
            calls=1,
            prompt_tokens=prompt,
            cached_tokens=cached,
            completion_tokens=usage["completion_tokens"],
        )
        return answer

    @property
    def total(self) -> RoleUsage:
        """The sum of the bill."""
        return sum(self.billed.values(), RoleUsage())

    def _cached(self, model: str, text: str) -> int:
        """Count the tokens of the leading blocks that some earlier prompt began with."""
        chain, known, still = model.encode(), 0, True
        for at in range(0, len(text) - len(text) % BLOCK, BLOCK):
            chain = blake2b(chain + text[at : at + BLOCK].encode(), digest_size=12).digest()
            still = still and chain in self._seen
            known += still
            self._seen.add(chain)
        return known * BLOCK // 4


def quoting(call: Call, number: int) -> Http | None:
    """Answer as a judge that quotes for every item, as its prompt asks; else as usual."""
    if call.role != "judge":
        return None
    rows = json.loads(judge_reply(call.body))
    quoted = {item: {"for": ["3: " + filler(32, 3)], **row} for item, row in rows.items()}
    return Http(body=chat_body(json.dumps(quoted)))


def tokens(used: RoleUsage) -> tuple[int, int, int, int]:
    """Return what is billed: calls and tokens."""
    return used.calls, used.prompt_tokens, used.cached_tokens, used.completion_tokens


def billed_in(totals: dict[str, dict[str, int]]) -> dict[str, tuple[int, int, int, int]]:
    """Return what is billed by the totals of a manifest, by role."""
    return {role: tokens(RoleUsage.model_validate(part)) for role, part in sorted(totals.items())}
