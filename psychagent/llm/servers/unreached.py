"""Why a server was not reached, or its answer broke off: in words for whoever set its address.

Knows the client libraries by the names of their errors alone.
"""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Iterator

_NUMBER = re.compile(r"\[Errno (-?\d+)\]")
_NO_NAME = "its host name is not known; check the address"
_NO_LOOKUP = "host names cannot be looked up now; check the network"
_SILENT = "the server hung up without an answer"
_CUT = "it ended before it was whole"
_NOT_HTTPS = "it does not speak https there; check scheme and port of the address"
_NOT_HTTP = "its answer is no HTTP; check the port of the address"
_LOOKUPS = {
    number: words
    for words, names in {
        _NO_NAME: ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY", "EAI_SERVICE"),
        _NO_LOOKUP: ("EAI_AGAIN", "EAI_FAIL", "EAI_SYSTEM", "EAI_MEMORY"),
    }.items()
    for name in names
    if (number := getattr(socket, name, None)) is not None
}
_SYSTEM = {
    errno.ECONNREFUSED: "nothing listens there; start the server, or check host and port",
    errno.ECONNRESET: _SILENT,
    errno.ECONNABORTED: _SILENT,
    errno.EPIPE: _SILENT,
    errno.ETIMEDOUT: "it does not answer; check the address and the network",
    errno.EHOSTUNREACH: "its host cannot be reached; check the address and the network",
    errno.ENETUNREACH: "its network cannot be reached; check the address and the network",
    errno.EADDRNOTAVAIL: "no connection can be opened from here; wait, or check the network",
    errno.EACCES: "this machine forbids the connection; check its firewall",
    errno.EPERM: "this machine forbids the connection; check its firewall",
    errno.EMFILE: "too many files are open; raise the limit (ulimit -n)",
    errno.ENFILE: "too many files are open; raise the limit (ulimit -n)",
}
_PLAIN_REASONS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE")
_BY_CLASS = {
    "ServerDisconnectedError": _SILENT,
    "ReadError": _SILENT,
    "WriteError": _SILENT,
    "ClientPayloadError": _CUT,
    "IncompleteRead": _CUT,
    "InvalidURL": "its address is none; mend it",
    "UnsupportedProtocol": "its address is none; mend it",
    "NonHttpUrlClientError": "its address is none; mend it",
    "ProxyError": "the proxy did not let it through; check its address",
}
"""Classes of client libraries."""
_BY_WORDS = {
    "while decompressing": "the packed answer is damaged",
    "without sending a response": _SILENT,
    "Server disconnected": _SILENT,
    "without sending complete": _CUT,
    "Not enough data": _CUT,
    "not completed": _CUT,
    "StopIteration": "it switched to another protocol; check the address",
    "Got more than": "its headers are longer than an answer's may be; check what stands at the address",
    "Too many headers": "its headers are longer than an answer's may be; check what stands at the address",
    "illegal": _NOT_HTTP,
    "Bad status line": _NOT_HTTP,
    "Invalid": _NOT_HTTP,
    "All connection attempts failed": "nothing answers there; start the server, or check host and port",
}
"""What stands in messages of client libraries."""


def why_unreached(error: BaseException) -> str:
    """Say in our words why no answer, or no whole one, came; in the library's only where it is unknown."""
    for one in _chain(error):
        if words := _words(one):
            return words
    said = " ".join(_NUMBER.sub("", str(error)).split())
    return next((words for part, words in _BY_WORDS.items() if part in said), said or _SILENT)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield what lies behind an error first: libraries wrap what the system said."""
    for behind in (error.__cause__ or error.__context__, *getattr(error, "exceptions", ())):
        if behind is not None:
            yield from _chain(behind)
    yield error


def _words(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        why = getattr(error, "verify_message", "") or "it is not signed by anybody known"
        return f"its certificate is not trusted ({why}); name its authority's file in SSL_CERT_FILE"
    if isinstance(error, ssl.SSLError):
        is_plain = getattr(error, "reason", "") in _PLAIN_REASONS
        return _NOT_HTTPS if is_plain else "no secure connection could be agreed on; check the address"
    if isinstance(error, socket.gaierror):
        return _LOOKUPS.get(error.errno or 0, _NO_NAME)
    if isinstance(error, OSError):
        # of several addresses, each has failed
        found = _NUMBER.search(str(error))
        number = error.errno or (int(found[1]) if found else 0)
        return _SYSTEM.get(number, "") or _LOOKUPS.get(number, "")
    names = (kind.__name__ for kind in type(error).__mro__)
    return next((_BY_CLASS[name] for name in names if name in _BY_CLASS), "")
