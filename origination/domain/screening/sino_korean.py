"""Korean names in Chinese characters: `金正恩` is `김정은`, and Kim Jong Un in Latin letters."""

from __future__ import annotations

from collections import defaultdict
from functools import cache, lru_cache

from origination.domain.screening import lexicon
from origination.domain.screening.hangul import hangul_readings, is_hangul

_BASE, _PER_INITIAL, _PER_VOWEL = 0xAC00, 21 * 28, 28
_R, _N, _SILENT = 5, 2, 11
# Vowels before which the South drops the ㄹ that begins a word: ya, yae, yeo, ye, yo, yu, i.
_LIGHT = frozenset({2, 3, 6, 7, 12, 17, 20})


@cache
def _table() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for line in str(lexicon.table("sino_korean")["readings"]).strip().splitlines():
        syllable, _, chars = line.partition(" ")
        for char in chars:
            found[char].extend(dict.fromkeys((syllable, southern_form(syllable))))
    return {char: tuple(syllables) for char, syllables in found.items()}


def southern_form(syllable: str) -> str:
    """A syllable as the South writes it where a word begins: `리` -> `이`, `로` -> `노`."""
    code = ord(syllable) - _BASE
    initial, rest = divmod(code, _PER_INITIAL)
    if initial != _R:
        return syllable
    light = rest // _PER_VOWEL in _LIGHT
    return chr(_BASE + (_SILENT if light else _N) * _PER_INITIAL + rest)


def syllables_of(char: str) -> tuple[str, ...]:
    """The Korean syllables of a simplified character, or a syllable itself; empty for a rare character."""
    if is_hangul(char):
        return tuple(dict.fromkeys((char, southern_form(char))))
    return _table().get(char, ())


def is_same_name(one: str, other: str) -> bool:
    """Characters on one side or both, syllables on the other: the same in each place."""
    return len(one) == len(other) > 1 and all(
        set(syllables_of(a)) & set(syllables_of(b)) for a, b in zip(one, other, strict=True)
    )


@lru_cache(maxsize=20_000)
def korean_readings(char: str, *, surname: bool = False) -> tuple[str, ...]:
    """The Latin writings of a simplified character by its Korean reading; empty for a rare one."""
    found = (text for syllable in _table().get(char, ()) for text in hangul_readings(syllable, surname=surname))
    return tuple(dict.fromkeys(found))


def sounds_key(plain: str) -> str:
    """The syllables of a name in the form of the South, sorted; empty when a character is not in the table."""
    heard = [syllables_of(char) for char in plain]
    return "".join(sorted(found[-1] for found in heard)) if all(heard) else ""
