"""A Cantonese and a Mandarin writing of one Chinese name in Latin letters: `Lee Ka-chiu` and `Li Jiachao`.

A Latin syllable may stand for many characters; two writings are of one name when in each place some character is read
both ways. Only names of a known surname and two given syllables are read so, and only when one of the two is no
Mandarin at all: two names in pinyin are the same or they are not.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache, lru_cache
from itertools import product

from origination.domain.screening import lexicon
from origination.domain.screening.cantonese import cantonese_readings, mandarin_of, pinyin_of, spellings
from origination.domain.screening.han import (
    characters_with_other_readings,
    common_surnames,
    other_readings,
    pinyin_syllables,
)
from origination.domain.screening.wade_giles import mandarin_sequences

Syllables = frozenset[str]
Reading = tuple[Syllables, Syllables, Syllables]
_WORDS_MAX, _LETTERS_MAX, _SYLLABLE_MAX = 3, 18, 6


@cache
def _given() -> dict[str, Syllables]:
    found: dict[str, set[str]] = defaultdict(set)
    for syllable, pinyin in mandarin_of().items():
        for writing in spellings(syllable):
            found[writing].update(pinyin)
    for char in characters_with_other_readings():
        for writing in other_readings(char):
            found[writing].update(pinyin_of(char))
    return {writing: frozenset(syllables) for writing, syllables in found.items()}


@cache
def _surnames() -> dict[str, Syllables]:
    found: dict[str, set[str]] = defaultdict(set)
    for char in common_surnames():
        for writing in (*other_readings(char), *cantonese_readings(char)):
            found[writing].update(pinyin_of(char))
    return {writing: frozenset(syllables) for writing, syllables in found.items()}


@lru_cache(maxsize=20_000)
def _cantonese(words: tuple[str, ...]) -> tuple[Reading, ...]:
    """The readings of Latin words as surname and two given syllables; none for what is Mandarin or no such name."""
    out: list[Reading] = []
    for part in without_western_name(words):
        if not 1 < len(part) <= _WORDS_MAX or sum(map(len, part)) > _LETTERS_MAX:
            continue
        for surname, given in ((part[0], part[1:]), (part[-1], part[:-1])):
            if surname in _surnames():
                out.extend((_surnames()[surname], *both) for both in _two(given, surname))
    return tuple(out)


def _two(words: tuple[str, ...], surname: str) -> list[tuple[Syllables, Syllables]]:
    table = _given()
    text = "".join(words)
    cuts = [len(words[0])] if len(words) > 1 else range(1, min(len(text), _SYLLABLE_MAX + 1))
    out = []
    for cut in cuts:
        one, other = text[:cut], text[cut:]
        if one in table and other in table and not pinyin_syllables().issuperset((surname, one, other)):
            out.append((table[one], table[other]))
    return out


def without_western_name(words: tuple[str, ...], *, known: bool = False) -> tuple[tuple[str, ...], ...]:
    """The words as they are, and without a Western given name at either end: `Chris Tang Ping-keung`.

    `known`: only a name of the tables is one, not any word that is no syllable.
    """
    out = [words]
    if len(words) > 2:
        ends = ((words[0], words[1:]), (words[-1], words[:-1]))
        out.extend(rest for end, rest in ends if _is_western(end, known=known))
    return tuple(out)


def _is_western(word: str, *, known: bool) -> bool:
    if word in lexicon.name_groups() or word in lexicon.nicknames():
        return True
    return not known and len(word) > 3 and word not in _given() and word not in pinyin_syllables()


def one_name(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether one is a Cantonese, the other a Mandarin (pinyin, Wade-Giles) writing of what may be the same name."""
    return _same(_cantonese(one), other) or _same(_cantonese(other), one)


def _same(readings: tuple[Reading, ...], words: tuple[str, ...]) -> bool:
    return bool(readings) and any(
        all(x & y for x, y in zip(reading, sequence, strict=True))
        for part in without_western_name(words)
        for sequence in mandarin_sequences(part)
        if len(sequence) == 3
        for reading in readings
    )


def mixed_keys(words: tuple[str, ...]) -> tuple[set[str], set[str]]:
    """(keys as a Cantonese name, keys as a Mandarin one): names for which `one_name` holds share one across."""
    cantonese = {"-".join(chosen) for reading in _cantonese(words) for chosen in product(*reading[:2])}
    mandarin_keys = {
        "-".join(chosen)
        for part in without_western_name(words)
        for sequence in mandarin_sequences(part)
        if len(sequence) == 3
        for chosen in product(*sequence[:2])
    }
    return cantonese, mandarin_keys
