"""Identities made before insert: UUIDv7 (RFC 9562 section 5.7) and human references like APP-2026-000123."""

from __future__ import annotations

import os
import time
from uuid import UUID


def uuid7() -> UUID:
    """A time-ordered UUID: 48 bits of Unix milliseconds, 12 of its fraction (section 6.2, method 3), the rest random.

    Ids made one after the other in one process sort in that order, even within one millisecond.
    """
    millis, nanos = divmod(time.time_ns(), 1_000_000)
    fraction = nanos * 4096 // 1_000_000
    raw = bytearray(millis.to_bytes(6, "big") + fraction.to_bytes(2, "big") + os.urandom(8))
    raw[6] |= 0x70
    raw[8] = 0x80 | (raw[8] & 0x3F)
    return UUID(bytes=bytes(raw))


def reference(prefix: str, year: int, number: int) -> str:
    """`reference("APP", 2026, 123)` is `APP-2026-000123`."""
    return f"{prefix}-{year}-{number:06d}"
