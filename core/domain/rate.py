"""Rates as Decimal fractions of one (0.12 is 12 %), stored as whole millionths."""

from __future__ import annotations

from decimal import Decimal

MILLION = 1_000_000


def to_millionths(rate: Decimal) -> int:
    """0.123456 -> 123456. ValueError when the rate is finer than a millionth: it would not come back as it went."""
    scaled = rate * MILLION
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{rate} is finer than a millionth")
    return int(scaled)


def from_millionths(millionths: int) -> Decimal:
    """123456 -> Decimal('0.123456')."""
    return Decimal(millionths).scaleb(-6)
