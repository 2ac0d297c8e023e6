"""Seeds that are the same on every machine."""

from __future__ import annotations

MAX_SEED = 2**31 - 1


def derive_seed(*parts: object) -> int:
    """Hash parts (32-bit FNV-1a, joined by colons) into a seed in 0..2^31-1, the same on every machine."""
    value = 2166136261
    for byte in ":".join(str(part) for part in parts).encode():
        value = ((value ^ byte) * 16777619) & 0xFFFFFFFF
    return value & MAX_SEED
