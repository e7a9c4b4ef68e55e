"""Identities made before insert: UUIDv7 (RFC 9562 section 5.7) and human references like APP-2026-000123."""

from __future__ import annotations

import os
import time
from datetime import datetime
from uuid import UUID


def uuid7(at: datetime | None = None) -> UUID:
    """A time-ordered UUID: 48 bits of Unix milliseconds, the rest random."""
    millis = time.time_ns() // 1_000_000 if at is None else int(at.timestamp() * 1000)
    raw = bytearray(millis.to_bytes(6, "big") + os.urandom(10))
    raw[6] = 0x70 | (raw[6] & 0x0F)
    raw[8] = 0x80 | (raw[8] & 0x3F)
    return UUID(bytes=bytes(raw))


def reference(prefix: str, year: int, number: int) -> str:
    """`reference("APP", 2026, 123)` is `APP-2026-000123`."""
    return f"{prefix}-{year}-{number:06d}"
