"""Unpack what a server or a proxy packed unasked: part by part, to at most so many bytes."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Protocol

_NOT_PACKED = frozenset({"", "identity", "none", "utf-8"})
"""What servers write who pack nothing; the last two are no ways of packing at all."""
_MOST_LAYERS = 3
_AUTO, _RAW = 32 + zlib.MAX_WBITS, -zlib.MAX_WBITS
"""With a head that says which of two ways it is, and without any."""
_GZIP = b"\x1f\x8b"


class Unpacker(Protocol):
    """Unpacks a body part by part."""

    def unpack(self, part: bytes, most: int) -> bytes:
        """Return the next of the body, at most so many bytes.

        Raises:
            zlib.error: If it is not packed as it says.
        """

    def end(self) -> None:
        """Check that the body was whole.

        Raises:
            zlib.error: If it was cut off.
        """


def unpacker_for(encodings: Iterable[str]) -> Unpacker | None:
    """Choose how to unpack a body by its headers `Content-Encoding`; None where nobody can."""
    names = [name.strip().lower() for line in encodings for name in line.split(",")]
    packed = [name for name in names if name not in _NOT_PACKED]
    if len(packed) > _MOST_LAYERS or not set(packed) <= {"gzip", "x-gzip", "deflate"}:
        return None
    return _Layers([_Layer() for _ in packed])


class _Layers:
    """Ways of packing on top of each other; the last one named is the outermost."""

    def __init__(self, layers: list[_Layer]) -> None:
        self._layers = layers

    def unpack(self, part: bytes, most: int) -> bytes:
        for layer in self._layers:
            part = layer.unpack(part, most)
        return part

    def end(self) -> None:
        if any(layer.is_open for layer in self._layers):
            raise zlib.error("the packed answer is cut off")


class _Layer:
    """One way of packing, in one piece or in several, one behind the other."""

    def __init__(self) -> None:
        self._head = b""
        self._piece: zlib._Decompress | None = None

    @property
    def is_open(self) -> bool:
        """Whether a piece was begun and is not over."""
        return bool(self._head) or self._piece is not None and not self._piece.eof

    def unpack(self, part: bytes, most: int) -> bytes:
        unpacked = b""
        while part and len(unpacked) < most:
            if self._piece is None or self._piece.eof:
                self._head += part
                if len(self._head) < len(_GZIP):
                    break
                part, self._head = self._head, b""
                if self._piece is not None and not part.startswith(_GZIP):
                    # what follows the last piece is none of the answer
                    break
                self._piece = zlib.decompressobj(wbits=_AUTO if _has_head(part) else _RAW)
            unpacked += self._piece.decompress(part, most - len(unpacked))
            part = self._piece.unused_data
        return unpacked


def _has_head(part: bytes) -> bool:
    """Return whether the beginning says how it is packed; servers send `deflate` with and without."""
    return part.startswith(_GZIP) or part[0] & 0x0F == 8 and (part[0] * 256 + part[1]) % 31 == 0
