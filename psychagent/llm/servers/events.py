"""Cut a stream into its events."""

from __future__ import annotations

from collections.abc import Iterator

from psychagent.llm.json_bytes import parse

EVENT, DONE = b"data:", b"[DONE]"


def read_events(data: bytes) -> Iterator[bytes]:
    """List the data of a stream's events; servers part them by blank lines, or only by line ends."""
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    held = b""
    for line in (*lines, b""):
        if line.startswith(EVENT):
            raw = line.removeprefix(EVENT).strip()
            if held and _is_json(held):
                yield held
                held = raw
            else:
                # an event's data may go over several lines
                held = held + b"\n" + raw if held else raw
        elif not line.strip() and held:
            yield held
            held = b""
    if held:
        yield held


def _is_json(data: bytes) -> bool:
    try:
        parse(data)
    except ValueError:
        return data == DONE
    return True
