"""Two Latin writings of one Korean name: `Park Jong-cheol` and `PAK, Chong Chol`.

A syllable in Latin letters may stand for several written ones; two names are the same when each place can be the same
syllable. Only names of a known surname and two given syllables are read so.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache, lru_cache
from itertools import product

from origination.domain.screening.hangul import hangul_readings, surname_writings, syllables

Syllables = frozenset[str]
_WORDS_MAX, _SYLLABLE_LETTERS_MAX, _NAME_LETTERS_MAX = 3, 7, 16


@cache
def _by_writing() -> dict[str, Syllables]:
    found: dict[str, set[str]] = defaultdict(set)
    for syllable in syllables():
        for writing in hangul_readings(syllable):
            found[writing].add(syllable)
    return {writing: frozenset(chars) for writing, chars in found.items()}


@cache
def _surnames() -> dict[str, Syllables]:
    found: dict[str, set[str]] = defaultdict(set)
    for char, writings in surname_writings().items():
        for writing in writings:
            found[writing].add(char)
    return {writing: frozenset(chars) for writing, chars in found.items()}


@lru_cache(maxsize=20_000)
def _given(word: str) -> tuple[tuple[Syllables, Syllables], ...]:
    """All ways to read letters as two syllables."""
    table = _by_writing()
    cuts = range(1, min(len(word), _SYLLABLE_LETTERS_MAX + 1))
    return tuple((table[word[:cut]], table[word[cut:]]) for cut in cuts if word[:cut] in table and word[cut:] in table)


@lru_cache(maxsize=20_000)
def _names(words: tuple[str, ...]) -> tuple[tuple[Syllables, Syllables, Syllables], ...]:
    """The readings of a name as surname and two given syllables, the surname in front or at the end."""
    if not 1 < len(words) <= _WORDS_MAX or sum(map(len, words)) > _NAME_LETTERS_MAX:
        return ()
    table = _surnames()
    out: list[tuple[Syllables, Syllables, Syllables]] = []
    for surname, given in ((words[0], words[1:]), (words[-1], words[:-1])):
        if surname in table:
            out.extend((table[surname], *both) for both in _given_of(given))
    return tuple(out)


def _given_of(words: tuple[str, ...]) -> list[tuple[Syllables, Syllables]]:
    if len(words) == 1:
        return list(_given(words[0]))
    table = _by_writing()
    return [(table[words[0]], table[words[1]])] if words[0] in table and words[1] in table else []


def same_korean_name(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Both are a surname and two syllables that can be the same ones."""
    first = _names(one)
    return bool(first) and any(
        all(x & y for x, y in zip(a, b, strict=True)) for a in first for b in _names(other)
    )  # fmt: skip


def korean_keys(words: tuple[str, ...]) -> set[str]:
    """Keys of which two names share one whenever `same_korean_name` holds."""
    return {"".join(chosen) for reading in _names(words) for chosen in product(*reading)}
