"""Names that may become a folder, and what only looks like one."""

from __future__ import annotations

GOOD_NAMES = (
    "en01",
    "a",
    "-x",
    "_a",
    "gpt-4.1",
    "v1.2.",
    "名字",
    "café",
    "cafe\u0301",
    "हिन्दी",
    "x" * 120,
    "名" * 40,
)
BAD_NAMES = (
    *("", ".", "..", "...", ".hidden", "../up", "a/b", "a\\b", "/etc", "C:x", "my client", " a", "a "),
    *("a\n", "a\0", "a\tb", "a\u202eb", "a\u200bb", "a*", "~", "a:b", "a|b", "<a>", "\ud800", "😀"),
    *("x" * 121, "名" * 41, "．．"),
)
