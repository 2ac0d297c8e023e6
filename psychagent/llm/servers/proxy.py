"""What stands between this machine and an endpoint: proxies and certificates named in the environment.

One rule for every client, so that a run reaches its server in the same way however it asks.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

import certifi

from psychagent.errors import SettingsError


class Proxy(NamedTuple):
    """A proxy, and the variable that names it."""

    url: str
    """Without user and password, so that no message can hold them."""
    variable: str
    login: tuple[str, str] | None = None
    """User and password."""


def proxy_for(url: str, env: Mapping[str, str]) -> Proxy | None:
    """Find the proxy for a URL: `<scheme>_proxy`, else `all_proxy`, unless `no_proxy` excludes the host.

    Raises:
        SettingsError: If the proxy is one that cannot be used, naming the variable.
    """
    parts = urlsplit(url)
    names = [f"{parts.scheme}_proxy", "all_proxy"]
    lowered = {name.lower(): name for name in env} | {name: name for name in env if name.islower()}
    found = next((lowered[n] for n in names if n in lowered and env[lowered[n]].strip()), None)
    listed = env[lowered["no_proxy"]] if "no_proxy" in lowered else ""
    if found is None or _bypassed(parts.hostname or "", _port(parts), listed):
        return None
    address = env[found].strip()
    # not by urlsplit, which refuses brackets that do not close, with the password in its words
    scheme = address.partition("://")[0].lower() if "://" in address else "http"
    if scheme not in {"http", "https"}:
        raise SettingsError(
            f"environment variable {found!r} names a proxy of kind {scheme!r}, which is not spoken here; "
            f"name an http proxy, or list {parts.hostname!r} in NO_PROXY"
        )
    return _read_proxy(address if "://" in address else f"http://{address}", found)


def _read_proxy(address: str, variable: str) -> Proxy:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = urlsplit(""), None, None
    if not host:
        raise SettingsError(
            f"environment variable {variable!r} names no proxy: host and port are missing or no such; mend it"
        )
    login = None
    if parts.username is not None:
        login = (unquote(parts.username), unquote(parts.password or ""))
    place = f"[{host}]" if ":" in host else host
    return Proxy(f"{parts.scheme}://{place}" + (f":{port}" if port else ""), variable, login)


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        # the wire says what is wrong with the address
        return None


def _bypassed(host: str, port: int | None, listed: str) -> bool:
    """Return whether `no_proxy` names a host: itself, its domain, its network, or everything."""
    return any(_names(entry.strip(), host, port) for entry in listed.split(",") if entry.strip())


def _names(entry: str, host: str, port: int | None) -> bool:
    bracketed, _, rest = entry.partition("]")
    name, _, own_port = (
        (bracketed[1:], "", rest[1:])
        if entry.startswith("[")
        else entry.rpartition(":")
        if entry.count(":") == 1
        else (entry, "", "")
    )
    if own_port and own_port != str(port):
        return False
    try:
        return ip_address(host) in ip_network(name, strict=False)
    except ValueError:
        domain = name.removeprefix("*").removeprefix(".").lower()
        return name == "*" or host == domain or (bool(domain) and host.endswith(f".{domain}"))


def certificates(env: Mapping[str, str]) -> ssl.SSLContext:
    """Load the certificates to trust: those of SSL_CERT_FILE or SSL_CERT_DIR, else the bundled ones.

    Raises:
        SettingsError: If a variable names something that is not there or holds no certificate.
    """
    file, folder = env.get("SSL_CERT_FILE"), env.get("SSL_CERT_DIR")
    for name, value in (("SSL_CERT_FILE", file), ("SSL_CERT_DIR", folder)):
        if value and not Path(value).exists():
            raise SettingsError(f"environment variable {name!r} names {value!r}, which is not there; mend it")
    try:
        if not (file or folder):
            return ssl.create_default_context(cafile=certifi.where())
        return ssl.create_default_context(cafile=file or None, capath=folder or None)
    except (OSError, ssl.SSLError) as error:
        name, value = ("SSL_CERT_FILE", file) if file else ("SSL_CERT_DIR", folder)
        raise SettingsError(
            f"environment variable {name!r} names {value!r}, which holds no certificate that can be read; "
            "mend it"
        ) from error
