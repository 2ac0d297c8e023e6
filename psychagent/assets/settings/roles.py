"""Which endpoint of the settings answers in which role."""

from __future__ import annotations

from typing import assert_never

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.endpoint import EndpointSettings
from psychagent.assets.settings.runtime import WorldSettings
from psychagent.domain.role import Role
from psychagent.errors import SettingsError

RECALL_TOKENS = 1024
"""Least `max_tokens` for what the client remembers of a session."""


def endpoint_of(
    role: Role, baseline: BaselineSettings, world: WorldSettings, *, counselor_model: str = ""
) -> EndpointSettings:
    """Return the endpoint settings of a role.

    Raises:
        SettingsError: If the role does not occur in a course.
    """
    match role:
        case Role.COUNSELOR | Role.FILTER | Role.REWRITE:
            named = {"model": counselor_model} if counselor_model else {}
            return baseline.counselor.model_copy(update=named)
        case Role.SUMMARY | Role.CLIENT_FILE:
            return baseline.reflecting
        case Role.CLIENT:
            return world.client
        case Role.RECALL:
            # what bounds a client's turn is too short for what it writes down after the session
            most = max(world.client.max_tokens, RECALL_TOKENS)
            return world.client.model_copy(update={"max_tokens": most})
        case Role.RISK:
            if baseline.safety.endpoint is None:
                raise SettingsError("the safety gate has no model; name one under 'safety.endpoint'")
            return baseline.safety.endpoint
        case Role.JUDGE | Role.PROBE:
            raise SettingsError(f"role {role.value!r} is no part of a course; other settings name its model")
        case unknown:
            assert_never(unknown)
