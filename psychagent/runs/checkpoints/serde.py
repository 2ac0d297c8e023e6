"""Serialize checkpoint values in LangGraph's own format, compressed where that pays off."""

from __future__ import annotations

import zlib
from typing import Any

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

_LEAST_BYTES = 2000
_MARK = "+zlib"


class CompressedSerializer(JsonPlusSerializer):
    """Compresses values of 2,000 bytes and more; dialogues shrink to less than half.

    A course's checkpoints hold each dialogue several times, and SQLite keeps them all until the
    course is finished.
    """

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
        """Serialize a value; return the name of its format and the bytes."""
        form, data = super().dumps_typed(obj)
        if len(data) < _LEAST_BYTES:
            return form, data
        return form + _MARK, zlib.compress(data, 1)

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        """Deserialize a value by the name of its format."""
        form, body = data
        if form.endswith(_MARK):
            return super().loads_typed((form.removesuffix(_MARK), zlib.decompress(body)))
        return super().loads_typed(data)
