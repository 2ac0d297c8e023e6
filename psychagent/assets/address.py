"""The addresses that settings may hold: checked when they are read, so that no case finds out."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator

from psychagent.domain.text.secret import holds_key, names_secret
from psychagent.domain.words.explain import UnshownError

_METHODS = re.compile(r"(/chat/completions|/completions|/embeddings)$")
"""What is asked there: people copy it from a manual, and the wire adds it itself."""
_BROKEN = re.compile(r"[\s\x00-\x1f\x7f\\<>\"^`{|}]")


def read_address(text: str) -> str:
    """Return an address as the wire takes it: without a slash or a method at its end.

    Raises:
        UnshownError: If it cannot be an address, or holds what may be a secret. Manifests, logs and errors
            repeat addresses, so a secret in one would be all over a run.
    """
    address = text.strip()
    if "@" in address:
        raise UnshownError(
            "holds a user or a password, which manifests and logs would repeat; name the variable that has "
            "a key under api_key_env, or write extra_headers: {Authorization: $NAME}"
        )
    if "?" in address or "#" in address:
        raise UnshownError(
            "holds a query, which manifests and logs would repeat; name the variable that holds a key under "
            "api_key_env, or write extra_headers: {api-key: $NAME}"
        )
    if holds_key(unquote(address)) or _names_secret(unquote(address)):
        raise UnshownError(
            "holds what looks like a key, which manifests and logs would repeat; name the variable that has "
            "the key under api_key_env, or write extra_headers: {api-key: $NAME}"
        )
    if problem := _problem(address):
        raise UnshownError(f"{address[:80]!r} {problem}; write it like http://127.0.0.1:8000/v1")
    return _METHODS.sub("", address.rstrip("/")).rstrip("/")


def _names_secret(address: str) -> bool:
    """Return whether a part of the path says that it is a secret, such as `/api_key=abc`."""
    parts = (part.partition("=") for part in re.split("[/;&,]", address))
    return any(value and names_secret(name) for name, _, value in parts)


def _problem(address: str) -> str:
    """Say what keeps a text from being an address; empty if nothing does."""
    if _BROKEN.search(address):
        return "holds a space or a sign that no address has"
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        return "holds a port that is no number up to 65535" if "ort " in str(error) else "is no address"
    if parts.scheme not in {"http", "https"}:
        return "does not begin with http:// or https://"
    if not host:
        return "names no host"
    if port == 0:
        return "names port 0, which is none"
    try:
        # a name that cannot be looked up fails here, not within a client library
        name = host.encode("idna")
        name.decode("idna")
        if b"%" in name and b":" not in name:
            raise UnicodeError("a sign that only a zone of IPv6 may hold")
    except UnicodeError:
        return "names a host that cannot be one"
    return ""


NO_ADDRESS = "http://no-address.invalid"
"""Stands for a stored address that today's rules refuse whole."""


def address_of_before(text: str) -> str:
    """Return an address that an earlier version took and stored, without what may be a secret."""
    scheme, mark, rest = text.strip().partition("://")
    bare = re.split(r"[?#]", rest.rpartition("@")[2])[0] if mark else ""
    try:
        return read_address(f"{scheme}://{bare}")
    except UnshownError:
        return NO_ADDRESS


Address = Annotated[str, AfterValidator(read_address)]
"""Address of a server, ending in `/v1` for most."""
