"""Has the population moved? Stability index, its noise, and calibration by grade."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

FLOOR = 1e-4


@dataclass(frozen=True, slots=True)
class Shift:
    """A stability index: `psi`, what pure chance gives at these sizes (`noise`), and its 95 % point (`limit`)."""

    psi: float
    noise: float
    limit: float
    rows: int


def stability_index(before: Sequence[int], now: Sequence[int]) -> Shift:
    """Population stability index of two histograms over the same cells (Siddiqi, ch. 12).

    Without any shift, psi / (1/n + 1/m) is chi-square with cells - 1 degrees of freedom (Yurdakul 2018): `noise` is
    its mean and `limit` its 95 % point (Wilson-Hilferty), so that a small sample does not cry wolf.
    Raises ValueError for histograms of different lengths or without rows.
    """
    if len(before) != len(now):
        raise ValueError("the histograms have different cells")
    n, m = sum(before), sum(now)
    if not n or not m:
        raise ValueError("a histogram without rows cannot be compared")
    psi = 0.0
    for a, b in zip(before, now, strict=True):
        p, q = max(a / n, FLOOR), max(b / m, FLOOR)
        psi += (q - p) * math.log(q / p)
    degrees = max(1, sum(1 for a, b in zip(before, now, strict=True) if a or b) - 1)
    scale = 1 / n + 1 / m
    chi95 = degrees * (1 - 2 / (9 * degrees) + 1.645 * math.sqrt(2 / (9 * degrees))) ** 3
    return Shift(psi, degrees * scale, chi95 * scale, m)


def merge_cells(before: Sequence[int], now: Sequence[int], most: int = 10) -> tuple[list[int], list[int]]:
    """Neighbouring cells merged until at most `most` remain, each with about the same share of `before`."""
    total = sum(before)
    merged_before, merged_now = [0], [0]
    for at, (a, b) in enumerate(zip(before, now, strict=True)):
        merged_before[-1] += a
        merged_now[-1] += b
        last = at == len(before) - 1
        if not last and len(merged_before) < most and merged_before[-1] >= total / most:
            merged_before.append(0)
            merged_now.append(0)
    if len(merged_before) > 1 and not merged_before[-1] and not merged_now[-1]:
        merged_before.pop()
        merged_now.pop()
    return merged_before, merged_now


def wilson_interval(bads: int, rows: int, z: float = 1.96) -> tuple[float, float]:
    """95 % interval of a rate (Wilson 1927). (0, 1) without rows."""
    if not rows:
        return 0.0, 1.0
    p = bads / rows
    middle = (p + z * z / (2 * rows)) / (1 + z * z / rows)
    half = z * math.sqrt(p * (1 - p) / rows + z * z / (4 * rows * rows)) / (1 + z * z / rows)
    return max(0.0, middle - half), min(1.0, middle + half)
