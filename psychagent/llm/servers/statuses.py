"""What becomes of a call whose server answers with a status of no success: one table, with the reasons.

It knows numbers alone; what a server says in words is read in `refusal`, and may tell more.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import NamedTuple

from psychagent.domain.cause import Cause


class Fate(StrEnum):
    """What becomes of a call."""

    RETRIED = "retried"
    CASE = "its case fails"
    RUN = "the run stops"


class Verdict(NamedTuple):
    """What is done about a status."""

    fate: Fate
    cause: Cause | None
    reason: str
    """Why that is done."""
    remedy: str = ""
    """What a person has to do; empty where there is nothing but to wait, or the server's words say it."""


_BASE_URL = "check base_url, which ends in /v1 for most servers"
TABLE: tuple[tuple[Collection[int], Verdict], ...] = (
    (
        range(300, 400),
        Verdict(
            Fate.RUN, Cause.NOT_THERE, "moved, and the key would go along: it is not followed", "set base_url"
        ),
    ),
    ({401, 403}, Verdict(Fate.RUN, Cause.KEY, "nobody is let in with this key", "check the key")),
    (
        {402},
        Verdict(
            Fate.RUN,
            Cause.QUOTA,
            "nothing is left to pay with",
            "top up the account, then run the same command again",
        ),
    ),
    (
        {404, 410},
        Verdict(Fate.RUN, Cause.NOT_THERE, "no such address or model", "check base_url and model"),
    ),
    ({405, 501}, Verdict(Fate.RUN, Cause.NOT_THERE, "no address that takes any such request", _BASE_URL)),
    (
        {407},
        Verdict(
            Fate.RUN,
            Cause.KEY,
            "the proxy lets nobody through without a password",
            "write user and password into the address of the proxy, or list the server in NO_PROXY",
        ),
    ),
    (
        {406, 411, 412, 414, 415, 416, 417, 421, 426, 428, 431, 505},
        Verdict(
            Fate.RUN,
            Cause.NOT_THERE,
            "what it objects to is the same in every request: kind, size of the head, host, version",
            f"{_BASE_URL}, and extra_headers",
        ),
    ),
    (
        {451},
        Verdict(
            Fate.RUN,
            Cause.NOT_THERE,
            "the law forbids it to whoever asks from here",
            "use another server or model",
        ),
    ),
    ({408, 409, 425, 499}, Verdict(Fate.RETRIED, None, "this attempt came too late, too early or was ended")),
    ({429}, Verdict(Fate.RETRIED, Cause.DOWN, "it has too much to do")),
    (
        {413},
        Verdict(
            Fate.CASE,
            None,
            "what is asked is larger than the server takes, and another case asks for less",
            "shorten what prompts hold, as by memory_tokens; of embeddings, set a smaller batch_size",
        ),
    ),
    (range(400, 500), Verdict(Fate.CASE, None, "it says nothing of other requests")),
    (range(500, 1000), Verdict(Fate.RETRIED, Cause.DOWN, "the server fails, and may be mended meanwhile")),
)
"""Statuses -> what is done about them; the first row that names a status counts."""


def verdict_of(status: int) -> Verdict:
    """Return what is done about a status from 300."""
    return next(verdict for statuses, verdict in TABLE if status in statuses)
