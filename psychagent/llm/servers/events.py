"""Cut a stream into its events."""

from __future__ import annotations

from collections.abc import Iterator

from psychagent.llm.json_bytes import parse

EVENT, DONE, BOM = b"data:", b"[DONE]", b"\xef\xbb\xbf"


def read_events(data: bytes) -> Iterator[bytes]:
    """List the data of a stream's events; servers part them by blank lines, or only by line ends."""
    lines = data.removeprefix(BOM).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    group: list[bytes] = []
    for line in (*lines, b""):
        if line.startswith(EVENT):
            # an empty one keeps the connection open
            group += [said] if (said := line.removeprefix(EVENT).strip()) else []
        elif not line.strip() and group:
            yield from _parted(group)
            group = []


def _parted(group: list[bytes]) -> list[bytes]:
    """Join lines that are one event together: its data may go over several."""
    joined = b"\n".join(group)
    return [joined] if len(group) > 1 and _is_json(joined) else group


def _is_json(data: bytes) -> bool:
    try:
        parse(data)
    except ValueError:
        return False
    return True
