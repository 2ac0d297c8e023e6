"""Which endpoint of the settings answers in which role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from psychagent.assets.settings.baseline import BaselineSettings
from psychagent.assets.settings.endpoint import EndpointSettings
from psychagent.assets.settings.runtime import WorldSettings
from psychagent.domain.role import Role
from psychagent.errors import SettingsError

LEAST_TOKENS: Mapping[Role, int] = {Role.RECALL: 1024, Role.SUMMARY: 4096, Role.CLIENT_FILE: 4096}
"""Least `max_tokens` of replies that are longer than a turn, which is what an endpoint's own bound is for."""


def endpoint_of(
    role: Role, baseline: BaselineSettings, world: WorldSettings, *, counselor_model: str = ""
) -> EndpointSettings:
    """Return the endpoint settings of a role.

    Raises:
        SettingsError: If the role does not occur in a course, or a script has no other model.
    """
    match role:
        case Role.COUNSELOR | Role.FILTER | Role.REWRITE | Role.PERCEIVE | Role.STRATEGIZE:
            return _with_model(baseline.counselor, counselor_model)
        case Role.SUMMARY | Role.CLIENT_FILE:
            return _with_room(baseline.reflecting, role)
        case Role.CLIENT:
            return world.client
        case Role.RECALL:
            return _with_room(world.client, role)
        case Role.RISK:
            if baseline.safety.endpoint is None:
                raise SettingsError("the safety gate has no model; name one under 'safety.endpoint'")
            return baseline.safety.endpoint
        case Role.JUDGE | Role.PROBE:
            raise SettingsError(f"role {role.value!r} is no part of a course; other settings name its model")
        case unknown:
            assert_never(unknown)


def _with_model(settings: EndpointSettings, name: str) -> EndpointSettings:
    """Return the counselor's endpoint with another model; an empty name leaves it as it is."""
    if name in ("", settings.model):
        return settings
    if settings.provider == "offline":
        raise SettingsError(
            f"counselor_model has {name[:80]!r}, and the counselor is the offline script, which has no other "
            "model; leave it out, or name a server in the baseline"
        )
    return settings.model_copy(update={"model": name})


def _with_room(settings: EndpointSettings, role: Role) -> EndpointSettings:
    if settings.max_tokens is None:
        return settings
    return settings.model_copy(update={"max_tokens": max(settings.max_tokens, LEAST_TOKENS[role])})
