"""Words of Python and of libraries, which mean nothing to who writes a file or reads a message."""

from __future__ import annotations

import re

_WORDS = (
    *("Input should", "should be", "should have", "should match", "Value error", "Assertion failed"),
    *(
        "Extra inputs",
        "not permitted",
        "Field required",
        "Unable to parse",
        "valid dictionary",
        "instance of",
    ),
    *(r"NoneType", r"\bdict\b", r"\bstr\b", r"\bint\b", r"\bbool\b", r"\bfloat\b", r"\btuple\b", r"<class"),
    *(r"literal\[", r"function-", r"lax-or-strict", r"constrained-", r"\[key\]", r"datetime\.", r"PosixPath"),
    *(r"Errno", r"_ssl", r"gaierror", r"\bcodec\b", "recursion", r"\bsys\.", r"\(char \d", "Expecting "),
    *("unicode string", "object has no", "not subscriptable", "embedded null", r"\w+Error\b", r"Traceback"),
    *("[Nn]one of type", "base 10", "must be in ", "aiohttp", "httpx", "openai\\."),
    *(r"\bNone\b", r"\bTrue\b", r"\bFalse\b", r"set_int_max"),
)
_FOUND = re.compile("|".join(_WORDS))
MOST_CHARS = 400


def library_words(message: str) -> list[str]:
    """List the words of libraries in a message; texts in quotes are the user's own."""
    return _FOUND.findall(re.sub(r"'[^']*'", "''", message))


def faults_of(message: str, name: str) -> list[str]:
    """List what is wrong with a message about a file or field of some name; empty if nothing is."""
    faults = [f"says {word!r}" for word in library_words(message)]
    if name not in message:
        faults.append(f"does not name {name}")
    if "\n" in message or not message.isprintable():
        faults.append("is more than a line")
    if len(message) > MOST_CHARS:
        faults.append(f"has {len(message)} characters")
    return faults
