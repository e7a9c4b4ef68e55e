"""Random pairs of frequent names (bench/ordinary_names.psv): ordinary people for the benchmarks."""

from __future__ import annotations

import random
from pathlib import Path

TABLE = Path(__file__).with_suffix(".psv")
TOGETHER = frozenset({"chinese"})


def ordinary_people(count: int, seed: int = 20260302) -> list[tuple[str, str]]:
    """(language, full name) of so many people; the languages take turns."""
    draw = random.Random(seed)
    lines = (line.split("|") for line in TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    tables = [(language, order, given.split(","), family.split(",")) for language, order, given, family in lines]
    out = []
    for number in range(count):
        language, order, given, family = tables[number % len(tables)]
        one, other = draw.choice(given), draw.choice(family)
        words = (one, other) if order == "given first" else (other, one)
        out.append((language, ("" if language in TOGETHER else " ").join(words)))
    return out
