"""What this package raises: one class per boundary, so that a caller can catch by cause."""

from __future__ import annotations

from typing import Any


class PsychAgentError(Exception):
    """Base of all errors that this package raises on purpose."""


class SettingsError(PsychAgentError):
    """A settings file, an option or an environment variable is not usable."""


class AssetError(PsychAgentError):
    """A prompt, profile, skill, scale or other data file is missing or malformed."""


class RecordError(PsychAgentError):
    """A file of a run cannot be read or written."""


class LockError(RecordError):
    """Another process is using the run's folder."""


class SkillStoreError(PsychAgentError):
    """The skill index or its embedder cannot be used."""


class CallError(PsychAgentError):
    """A model call failed for good; carries what the attempts had cost."""

    def __init__(self, message: str, *, usage: Any = None) -> None:
        """Keep the usage of the failed attempts beside the message."""
        super().__init__(message)
        self.usage = usage


class ProviderError(CallError):
    """The endpoint did not answer, or refused, within the retry budget."""


class ReplyError(CallError):
    """The endpoint answered, but never in the form that was asked for."""


class ScoringError(PsychAgentError):
    """A score, a reward or a choice by reward cannot be computed."""


class MalformedReplyError(ValueError):
    """A reply that does not have the form that was asked for; the message tells the model why."""
