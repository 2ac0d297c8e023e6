"""Look up the API key that settings name; no other module reads a key."""

from __future__ import annotations

from collections.abc import Mapping

from psychagent.errors import SettingsError


def require_headers(
    headers: Mapping[str, str], env: Mapping[str, str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Look up the headers that settings add; a value `$NAME` stands for a variable's.

    Returns:
        The headers, and the values that came from the environment: secrets.

    Raises:
        SettingsError: If a named variable is not set.
    """
    found = {name: require_key(value[1:], env) for name, value in headers.items() if value.startswith("$")}
    secrets = {name: value for name, value in found.items() if value}
    return {**headers, **secrets}, tuple(secrets.values())


def require_key(name: str | None, env: Mapping[str, str]) -> str | None:
    """Look a key up by the name of its variable.

    Raises:
        SettingsError: If the named variable is not set; the message holds its name, never its value.
    """
    if name is None:
        return None
    key = env.get(name, "").strip()
    if not key:
        raise SettingsError(f"environment variable {name!r} is not set; put the endpoint's key there")
    if not (key.isascii() and key.isprintable()):
        raise SettingsError(
            f"environment variable {name!r} holds characters that no key has; copy the key again"
        )
    return key
