"""Serialize checkpoint values in LangGraph's own format, compressed where that pays off."""

from __future__ import annotations

import zlib
from typing import Any

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

_LEAST_BYTES = 2000
_MARK, _SUM = "+zlib", "+crc"


class DamagedError(ValueError):
    """A stored value is not what was written."""


class CompressedSerializer(JsonPlusSerializer):
    """Compresses values of 2,000 bytes and more, and adds a check sum to the others.

    A course's checkpoints hold each dialogue several times, and SQLite keeps them all until the
    course is finished.
    """

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
        """Serialize a value; return the name of its format and the bytes."""
        form, data = super().dumps_typed(obj)
        if len(data) < _LEAST_BYTES:
            return form + _SUM, zlib.crc32(data).to_bytes(4) + data
        # which has a check sum of its own
        return form + _MARK, zlib.compress(data, 1)

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        """Deserialize a value by the name of its format."""
        form, body = data
        known = form.removesuffix(_MARK).removesuffix(_SUM)
        try:
            return super().loads_typed((known, _checked(form, body)))
        except (zlib.error, NotImplementedError) as error:
            raise DamagedError("a stored value is damaged") from error


def _checked(form: str, body: bytes) -> bytes:
    """Return what was serialized; values of earlier versions may have no check sum."""
    if form.endswith(_MARK):
        return zlib.decompress(body)
    if not form.endswith(_SUM):
        return body
    if zlib.crc32(body[4:]).to_bytes(4) != body[:4]:
        raise DamagedError("a stored value is damaged (wrong check sum)")
    return body[4:]
