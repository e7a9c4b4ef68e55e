"""Which word of one name answers to which of the other: best pairs first, split and joined words allowed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Protocol, TypeVar

from origination.domain.screening.arabic import arabic_similarity
from origination.domain.screening.fold import spell
from origination.domain.screening.similarity import ALIGNED_MIN, spelling_similarity, word_similarity
from origination.domain.screening.words import Role, Word

JOIN_MIN = 0.88
_SETTLED = 0.98
JOINED_LIKE = 0.93
NATIVE_JOIN_LETTERS = 5
_EXACT_ASSIGNMENT_MAX = 4


class Token(Protocol):
    """What joining needs to know of a word."""

    @property
    def text(self) -> str:
        """Its Latin letters."""

    @property
    def native(self) -> str:
        """Its Arabic letters, if it is written in them."""


W = TypeVar("W", bound=Token)


@dataclass(frozen=True, slots=True)
class Pair:
    """Words i.. of the first name matched with words j.. of the second (several where they were split)."""

    first: tuple[int, ...]
    second: tuple[int, ...]
    similarity: float


@dataclass(frozen=True, slots=True)
class Alignment:
    """All pairs, and the indexes that found no partner on each side."""

    pairs: tuple[Pair, ...]
    first_left: tuple[int, ...]
    second_left: tuple[int, ...]


def align(first: Sequence[Word], second: Sequence[Word]) -> Alignment:
    """The alignment of two personal names."""
    grid = [[word_similarity(a, b) for b in second] for a in first]
    return align_grid(first, second, grid, ALIGNED_MIN, _joined_person)


def align_grid(
    first: Sequence[W],
    second: Sequence[W],
    grid: list[list[float]],
    least: float,
    joined_similarity: Callable[[Sequence[W], W], float],
) -> Alignment:
    """The assignment with the greatest sum of similarities of at least `least`, after joining words that were split.

    Exact up to four words on the smaller side, greedy beyond. `joined_similarity(parts, single)` says how near several
    neighbouring words written as one are to a word of the other side.
    """
    joined = _joins(first, second, grid, joined_similarity)
    used_first = {i for pair in joined for i in pair.first}
    used_second = {j for pair in joined for j in pair.second}
    rows = [i for i in range(len(first)) if i not in used_first]
    columns = [j for j in range(len(second)) if j not in used_second]
    singles = _assign(rows, columns, grid, least)
    pairs = [*joined, *(Pair((i,), (j,), grid[i][j]) for i, j in singles)]
    pairs.sort(key=lambda pair: pair.first)
    taken_first = used_first | {i for i, _ in singles}
    taken_second = used_second | {j for _, j in singles}
    return Alignment(
        tuple(pairs),
        tuple(i for i in range(len(first)) if i not in taken_first),
        tuple(j for j in range(len(second)) if j not in taken_second),
    )


def _assign(rows: list[int], columns: list[int], grid: list[list[float]], least: float) -> list[tuple[int, int]]:
    candidates = sorted(
        ((grid[i][j], -abs(i - j), i, j) for i in rows for j in columns if grid[i][j] >= least), reverse=True
    )
    if len(candidates) > 1 and min(len(rows), len(columns)) <= _EXACT_ASSIGNMENT_MAX and _contested(candidates):
        return _best_assignment(rows, columns, grid, least)
    taken_rows: set[int] = set()
    taken_columns: set[int] = set()
    out = []
    for _score, _distance, i, j in candidates:
        if i not in taken_rows and j not in taken_columns:
            taken_rows.add(i)
            taken_columns.add(j)
            out.append((i, j))
    return out


def _contested(candidates: list[tuple[float, int, int, int]]) -> bool:
    rows = [i for _, _, i, _ in candidates]
    columns = [j for _, _, _, j in candidates]
    return len(set(rows)) < len(rows) or len(set(columns)) < len(columns)


def _best_assignment(
    rows: list[int], columns: list[int], grid: list[list[float]], least: float
) -> list[tuple[int, int]]:
    """The assignment with the greatest sum: each word of the smaller side with one of its partners, or with none."""
    flip = len(rows) > len(columns)
    small, large = (columns, rows) if flip else (rows, columns)
    partners = [
        [(value, x) for x in large if (value := grid[x][s] if flip else grid[s][x]) >= least] for s in small
    ]  # fmt: skip
    # What the words from each place on can add at most.
    reach = [0.0] * (len(small) + 1)
    for at in range(len(small) - 1, -1, -1):
        reach[at] = reach[at + 1] + max((value for value, _ in partners[at]), default=0.0)
    best: list[tuple[int, int]] = []
    best_sum = -1.0

    def choose(at: int, chosen: list[tuple[int, int]], worth: float) -> None:
        nonlocal best, best_sum
        if worth + reach[at] <= best_sum + 1e-9:
            return
        if at == len(small):
            best, best_sum = list(chosen), worth
            return
        for value, x in partners[at]:
            if all(x != other for _, other in chosen):
                choose(at + 1, [*chosen, (small[at], x)], worth + value)
        choose(at + 1, chosen, worth)

    choose(0, [], 0.0)
    return [(x, s) for s, x in best] if flip else best


def _joins(
    first: Sequence[W],
    second: Sequence[W],
    grid: list[list[float]],
    joined_similarity: Callable[[Sequence[W], W], float],
) -> list[Pair]:
    """Runs of two or three words that together are one word of the other side: `Patr ushev`, `Al Tikriti`."""
    found: list[tuple[float, tuple[int, ...], tuple[int, ...]]] = []
    best_first = [max(line, default=0.0) for line in grid]
    best_second = [max(column) for column in zip(*grid, strict=True)]
    sides = ((first, second, best_first, best_second, False), (second, first, best_second, best_first, True))
    for runs, singles, best_run, best_single, flip in sides:
        # Only words that found no good partner of their own are worth joining.
        wanting = [(at, len(singles[at].text)) for at, best in enumerate(best_single) if best < _SETTLED]
        if not wanting or len(runs) < 2 or min(best_run) >= _SETTLED:
            continue
        ends = [0, *accumulate([len(word.text) for word in runs])]
        for start in range(len(runs) - 1):
            for stop in range(start + 2, min(start + 4, len(runs) + 1)):
                size = ends[stop] - ends[start]
                # Arabic letters write no vowels: their number says little.
                fitting = [
                    at for at, long in wanting if -3 < long - size < 3 or runs[start].native or singles[at].native
                ]
                if not fitting or min(best_run[start:stop]) >= _SETTLED:
                    continue
                run = tuple(range(start, stop))
                for at in fitting:
                    score = joined_similarity(runs[start:stop], singles[at])
                    if score < JOIN_MIN:
                        continue
                    alone = max([grid[at][k] if flip else grid[k][at] for k in run])
                    if score > alone + 0.02:
                        found.append((score, (at,), run) if flip else (score, run, (at,)))
    if not found:
        return []
    out: list[Pair] = []
    used_first: set[int] = set()
    used_second: set[int] = set()
    for score, i, j in sorted(found, key=lambda item: (-item[0], item[1], item[2])):
        if used_first.isdisjoint(i) and used_second.isdisjoint(j):
            used_first.update(i)
            used_second.update(j)
            out.append(Pair(i, j, score))
    return out


def _joined_person(parts: Sequence[Word], single: Word) -> float:
    if not single.native and not parts[0].native:
        size = len(single.text)
        if size < 4 or not -3 < size - sum([len(part.text) for part in parts]) < 3:
            return 0.0
    if any(part.role is Role.INITIAL for part in parts):
        return 0.0
    if single.native or any(part.native for part in parts):
        return _joined_native(parts, single)
    together = "".join(part.text for part in parts)
    if together == single.text:
        return 1.0
    if spell(together).fold == single.spelling.fold:
        return 0.97
    near = spelling_similarity(together, single.text) if len(single.text) >= 6 else 0.0
    return near if near >= JOINED_LIKE else 0.0


def _joined_native(parts: Sequence[Word], single: Word) -> float:
    """`رحمت الله` against `Rahmatullah`, `أبواليزيد` against `Abou el Yazid`."""
    if all(part.native for part in parts) and not single.native and len(single.text) >= 6:
        # The article of the second part was cut off; it is heard in the joined writing.
        plain, article = ("".join(part.native for part in parts), "ال".join(part.native for part in parts))
        return max(arabic_similarity(one, single.text, JOIN_MIN) for one in (plain, article))
    if single.native and len(single.native) >= NATIVE_JOIN_LETTERS and not any(part.native for part in parts):
        return arabic_similarity(single.native, "".join(part.text for part in parts), JOIN_MIN)
    return 0.0
