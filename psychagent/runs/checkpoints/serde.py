"""How values are written into checkpoints: LangGraph's own form, compressed where that is worth it."""

from __future__ import annotations

import zlib
from typing import Any

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

_LEAST_BYTES = 400
_MARK = "+zlib"


class CompressedSerializer(JsonPlusSerializer):
    """Compresses whatever is longer than a few lines: dialogues shrink to less than half.

    A course's checkpoints hold each dialogue several times, and SQLite keeps them all until the
    course is done.
    """

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
        """Write a value with the name of its form."""
        form, data = super().dumps_typed(obj)
        if len(data) < _LEAST_BYTES:
            return form, data
        return form + _MARK, zlib.compress(data, 6)

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        """Read a value by the name of its form."""
        form, body = data
        if form.endswith(_MARK):
            return super().loads_typed((form.removesuffix(_MARK), zlib.decompress(body)))
        return super().loads_typed(data)
