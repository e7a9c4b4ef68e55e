"""Two Latin writings of one Chinese name: `Hsi Chin-ping` and `Xi Jinping`."""

from __future__ import annotations

from collections import defaultdict
from functools import cache, lru_cache
from itertools import product
from math import prod

from origination.domain.screening.han import pinyin_syllables, wade_giles

_SYLLABLES_MAX = 4


@cache
def _pinyin_by_writing() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for syllable in pinyin_syllables():
        found[syllable].add(syllable)
        for writing in wade_giles(syllable):
            found[writing].add(syllable)
    return {writing: frozenset(syllables) for writing, syllables in found.items()}


@lru_cache(maxsize=50_000)
def _readings_of(word: str) -> tuple[tuple[frozenset[str], ...], ...]:
    """All ways to cut a word into at most three syllables, each with the pinyin it may stand for."""
    table = _pinyin_by_writing()
    out: list[tuple[frozenset[str], ...]] = []

    def cut(rest: str, done: tuple[frozenset[str], ...]) -> None:
        if not rest:
            out.append(done)
            return
        if len(done) == 3:
            return
        for size in range(1, min(7, len(rest)) + 1):
            known = table.get(rest[:size])
            if known:
                cut(rest[size:], (*done, known))

    cut(word, ())
    return tuple(out)


def same_chinese_name(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Both are two to four syllables of Mandarin that can be the same ones, the surname in front or at the end."""
    if not 1 < len(one) <= 4 or not 1 < len(other) <= 4:
        return False
    first = _sequences(one)
    second = [sequence for order in _rotations(other) for sequence in _sequences(order)]
    return any(
        len(a) == len(b) and 2 <= len(a) <= _SYLLABLES_MAX and all(x & y for x, y in zip(a, b, strict=True))
        for a in first
        for b in second
    )


_KEYS_MAX = 256


def chinese_keys(words: tuple[str, ...]) -> set[str]:
    """Keys of which two names share one whenever `same_chinese_name` holds; none for other names."""
    if not 1 < len(words) <= 4:
        return set()
    keys: set[str] = set()
    for order in _rotations(words):
        for sequence in _sequences(order):
            if 2 <= len(sequence) <= _SYLLABLES_MAX and prod(map(len, sequence)) <= _KEYS_MAX:
                keys.update("-".join(chosen) for chosen in product(*sequence))
    return keys


def mandarin_sequences(words: tuple[str, ...]) -> tuple[tuple[frozenset[str], ...], ...]:
    """All readings of Latin words as syllables of Mandarin, the surname in front; each the pinyin it may stand for."""
    if not 1 < len(words) <= 4:
        return ()
    return tuple(sequence for order in _rotations(words) for sequence in _sequences(order))


def _rotations(words: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    return words, (*words[1:], words[0]), (words[-1], *words[:-1])


def _sequences(words: tuple[str, ...]) -> list[tuple[frozenset[str], ...]]:
    out: list[tuple[frozenset[str], ...]] = [()]
    for word in words:
        out = [(*done, *more) for done in out for more in _readings_of(word) if len(done) + len(more) <= _SYLLABLES_MAX]
        if not out or len(out) > 64:
            return []
    return out
