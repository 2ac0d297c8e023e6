"""What this package raises and how each error is handled: the error model in four parts.

Vocabulary. One class for each boundary at which something can go wrong, so that a caller can catch
by cause. A message says what was wrong, the value seen, and what to do about it; it never holds a key.

    PsychAgentError
    ├── SettingsError        a settings file, an option, a variable of the environment
    ├── AssetError           a prompt, profile, skill, scale or other data file
    ├── RecordError          a file of a run
    │   ├── LockError        another process is using the run's folder
    │   ├── RemovedError     what a run writes to was removed while it worked, so that it must stop
    │   └── ClaimLostError   another worker has taken the piece of work over
    ├── SkillStoreError      the skill index or its embedder
    ├── CallError            a model call that failed for good; carries the usage of its attempts
    │   ├── ProviderError    no answer from the endpoint, or a refusal
    │   └── ReplyError       answers, but never in the form that was asked for
    └── ScoringError         a score, a reward, a choice by reward

    MalformedReplyError      (a ValueError) one reply without the form that was asked for

Classification. Only single attempts are retried, and only in `llm/attempts`: a `Fault` of the
endpoint that may pass (time-outs, lost connections, the statuses that `llm/servers/statuses` lists as
retried) after a wait, and a MalformedReplyError at once, with the model told what was wrong. Other
statuses are final, but for a filter's, which is asked again with another seed. When the budget is used
up, the last problem decides between ProviderError and ReplyError; a server that is down is waited for
first (`llm/servers/outage`). Nothing else in the package is retried automatically.

A CallError has a cause where one is known (`domain/cause`): one that no case could get past ends the
run, one that lies in the dialogue may close the session, any other fails its case. Of a call that can be
done without (`nodes/retrieval/instead`), only what other calls meet too ends anything.

Surfacing. A command prints the message of a PsychAgentError as one sentence and ends with status 2, and
so it does with an error of the operating system that names a file. Any other exception is a bug of ours
and shows its traceback.

Capture. A run records a case, a rollout or a judge's call that failed, with class and message, and
continues with the others: `captured` is the one place that catches what nobody foresaw. A scale that
could not be filled in is missing, never zero. Usage travels on CallError, so that failed calls are
counted too.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from psychagent.domain.call import CallId
from psychagent.domain.cause import Cause
from psychagent.domain.usage import Usage

T = TypeVar("T")


class PsychAgentError(RuntimeError):
    """Base of all errors that this package raises on purpose.

    A RuntimeError, since a LangGraph server tells its caller the words of the built-in kinds alone.
    """


class SettingsError(PsychAgentError):
    """A settings file, an option or an environment variable is not usable."""


class AssetError(PsychAgentError):
    """A prompt, profile, skill, scale or other data file is missing or malformed."""


class RecordError(PsychAgentError):
    """A file of a run cannot be read or written."""


class LockError(RecordError):
    """Another process is using the run's folder."""


class RemovedError(RecordError):
    """A folder or file that a run writes to was removed or replaced meanwhile; nothing more is written."""


class ClaimLostError(RecordError):
    """Another worker has taken a piece of work over, so nothing of it may be written here."""


class SkillStoreError(PsychAgentError):
    """The skill index or its embedder cannot be used."""


class CallError(PsychAgentError):
    """A model call failed for good; carries the usage of its attempts."""

    def __init__(self, message: str, *, usage: Usage | None = None) -> None:
        """Store the usage of all attempts with the message; None means no usage."""
        super().__init__(message)
        self.usage = usage or Usage()
        self.call: CallId | None = None
        """Which call of the run it was; None for one that no run makes."""
        self.cause: Cause | None = None
        """Why, as far as it decides what is done about it."""


def cause_of(error: BaseException) -> Cause | None:
    """Return why a model gave no usable answer; None if the error is of another kind."""
    return error.cause if isinstance(error, CallError) else None


def reason_of(error: BaseException) -> str:
    """Say in one line why something failed; only of an error that nobody foresaw also its class.

    Words that were written for users need none, and whoever mends a fault of the program looks for it.
    """
    message = " ".join(str(error).split())
    return message if isinstance(error, PsychAgentError) else f"{type(error).__name__}: {message}"


def usage_of(error: BaseException) -> Usage:
    """Return the usage behind an error; empty unless it is a CallError."""
    return error.usage if isinstance(error, CallError) else Usage()


class ProviderError(CallError):
    """The endpoint did not answer, or refused, within the retry budget."""


class ReplyError(CallError):
    """The endpoint answered, but never in the form that was asked for."""


class ScoringError(PsychAgentError):
    """A score, a reward or a choice by reward cannot be computed."""


class MalformedReplyError(ValueError):
    """A reply that does not have the form that was asked for; the message tells the model why."""

    cause: Cause | None = None
    """Why, where the server says so: the reply was cut, filtered or refused."""


async def captured(work: Awaitable[T], *passing: type[Exception]) -> T | Exception:
    """Return what a piece of work gives, or the error that it ends with, to be recorded with the piece.

    Args:
        work: One piece of several, whose siblings go on.
        *passing: Errors that say nothing about the piece, such as a request to stop; they are raised.
    """
    try:
        return await work
    except passing:
        raise
    except Exception as error:  # noqa: BLE001
        return error
