"""What settings may not hold: secrets, which manifests and logs repeat, and what a connection writes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from psychagent.assets.settings.body import as_json
from psychagent.domain.text.secret import holds_key, names_secret
from psychagent.domain.words.explain import UnshownError
from psychagent.domain.words.value import shown

_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_KEY = re.compile(
    r"(sk|hf|gsk|pk|rk|r8|ghp|xai|AIza)_?\w{16,}|(?=\w*[a-z])(?=\w*\d)\w*[A-Za-z0-9]{24,}", re.ASCII
)
"""What could be a name and looks like a key."""


def _variable(value: str) -> str:
    if not _NAME.fullmatch(value) or len(value) > 200 or _KEY.match(value):
        raise UnshownError("must be the name of an environment variable; put the key there, never in a file")
    return value


KeyName = Annotated[str, AfterValidator(_variable)]
"""Name of an environment variable that holds a key; a key itself is refused and never echoed."""


_MOST_OF_MODEL = 500
"""Some servers name a model by its path."""
_UNPRINTED = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


def _model(name: str) -> str:
    if not name.strip():
        raise ValueError("is empty; write the model's name as its server knows it")
    if holds_key(name):
        raise UnshownError(
            "looks like a key, not like the name of a model; put the key into a variable of the environment "
            "and write its name under api_key_env"
        )
    if len(name) > _MOST_OF_MODEL or _UNPRINTED.search(name):
        raise ValueError(
            f"{name[:60]!r} is no name of a model: write at most {_MOST_OF_MODEL} characters, in one line"
        )
    return name


ModelName = Annotated[str, AfterValidator(_model)]
"""Name of a model as its server knows it; a key in its place is refused and never echoed."""

_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_SECRET_HEADER = re.compile(
    r"auth|key|token|secret|cookie|passw|pwd|credential|signature|hmac|jwt|assertion|(?:^|-)sign?(?:$|-)",
    re.IGNORECASE,
)
_OF_CONNECTION = frozenset(
    "host content-length transfer-encoding connection keep-alive te trailer upgrade expect content-encoding "
    "accept-encoding".split()
)
_SECRET_VALUE = re.compile(
    r"\s*(?:(?:bearer|basic|digest)\s+\S{8,}|(?:token|api-?key|key)\s+(?=\S*\d)\S{8,}\s*$"
    r"|(?:sk|hf|gsk|ghp|xai)[-_]\S{8,}|AIza\S{16,})",
    re.IGNORECASE,
)
"""What is a secret whatever its name."""


def _is_secret(value: str) -> bool:
    return _SECRET_VALUE.match(value) is not None or holds_key(value)


def checked_headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Refuse headers that no request can have, or that may hold a secret."""
    for name, value in headers.items():
        if not _HEADER.fullmatch(name):
            raise UnshownError(f"names {shown(name, 40)}, which no header can be called")
        if name.lower() in _OF_CONNECTION:
            raise UnshownError(f"header {name!r} is written by the connection itself; leave it out")
        if value.startswith("$"):
            _variable(value[1:])
        elif _SECRET_HEADER.search(name) or _is_secret(value):
            raise UnshownError(
                f"header {name!r} may hold a secret; put it into a variable of the environment and write "
                f"{name}: $NAME"
            )
        elif not value.isprintable() or not value.isascii():
            raise UnshownError(f"header {name!r} has a value that no header can have")
    return headers


Headers = Annotated[dict[str, str], AfterValidator(checked_headers)]
"""Headers of requests; a value `$NAME` is that of a variable of the environment."""


def names_of_secrets(key: str | None, headers: Mapping[str, str]) -> tuple[str, ...]:
    """List the environment variables that a key and headers are taken from."""
    named = (value[1:] for value in headers.values() if value.startswith("$"))
    return (*([key] if key else []), *named)


def without_secret(fields: Mapping[str, object]) -> Mapping[str, object]:
    """Refuse fields of a request that may hold a secret."""
    for name, value in fields.items():
        is_named = names_secret(str(name)) and isinstance(value, str | Mapping | list) and value
        if is_named or _holds_secret(value):
            raise UnshownError(
                f"{name!r} may hold a secret, which the manifest would repeat; name its variable under "
                "api_key_env, or write extra_headers: {NAME-OF-HEADER: $NAME}"
            )
    return fields


def _holds_secret(value: object) -> bool:
    """Return whether a secret stands anywhere in a value, by its form or by its name."""
    if isinstance(value, str):
        return _is_secret(value)
    if isinstance(value, list):
        return any(map(_holds_secret, value))
    if isinstance(value, Mapping):
        try:
            without_secret(value)
        except UnshownError:
            return True
    return False


_OF_CALL = {
    "messages": "is what each call says; leave it out",
    "model": "is set under model; write it there",
    "stream": "is set under stream; write it there",
    "stream_options": "goes with stream, which sets it; leave it out",
}
"""Fields of a body without which a call would be another."""


def checked_fields(fields: Mapping[str, object]) -> Mapping[str, object]:
    """Refuse fields of a request that the call itself sets, or that may hold a secret."""
    for name in fields.keys() & _OF_CALL.keys():
        raise UnshownError(f"{name!r} {_OF_CALL[name]}")
    return without_secret(fields)


Fields = Annotated[dict[str, object], BeforeValidator(as_json), AfterValidator(checked_fields)]
"""Fields of a request's body."""
