"""Cantonese readings of characters, and how Hong Kong, Macao and emigrants write them in Latin letters.

Nobody writes names in Jyutping: each of its sounds has the handful of spellings that identity cards show (`gwok` is
Kwok, `zoeng` Cheung or Tseung, `yut` Yuet).
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache, lru_cache
from itertools import product

from origination.domain.screening import lexicon

_INITIALS = {
    "b": "p b", "p": "p", "m": "m", "f": "f", "d": "t d", "t": "t", "n": "n", "l": "l", "gw": "kw gw k g",
    "kw": "kw qu", "g": "k g", "k": "k", "ng": "ng _", "h": "h", "w": "w", "z": "ch ts j z", "c": "ch ts", "s": "s sh",
    "j": "y _", "": "_",
}  # fmt: skip
_FINALS = {
    "aa": "a ah ar", "aai": "ai aai", "aau": "au", "aam": "am", "aan": "an aan", "aang": "ang", "aap": "ap aap",
    "aat": "at", "aak": "ak", "ai": "ai", "au": "au ow ao", "am": "am um", "an": "an un", "ang": "ang", "ap": "ap up",
    "at": "at ut", "ak": "ak", "e": "e eh", "ei": "ei i ee ay", "eng": "eng", "ek": "ek eck", "i": "i ee ze",
    "iu": "iu", "im": "im", "in": "in", "ing": "ing", "ip": "ip", "it": "it", "ik": "ik", "o": "o oh or aw",
    "oi": "oi oy", "on": "on", "ong": "ong", "ot": "ot", "ok": "ok", "ou": "o u oo", "u": "u oo", "ui": "ui",
    "un": "un oon", "ung": "ung", "ut": "ut", "uk": "uk ook", "eoi": "ui oy", "eon": "un on", "eot": "ut",
    "oe": "oe eu", "oeng": "eung eong", "oek": "euk eok", "yu": "u yu ue", "yun": "uen un", "yut": "uet ut",
}  # fmt: skip
_ALONE = {"ng": frozenset({"ng", "ung"}), "m": frozenset({"m", "ng"})}
_WHISTLED = frozenset({"z", "c", "s"})


@lru_cache(maxsize=2_000)
def spellings(jyutping: str) -> frozenset[str]:
    """The Latin spellings of one toneless Jyutping syllable; empty for what is none."""
    if jyutping in _ALONE:
        return _ALONE[jyutping]
    initial = next(
        (jyutping[:size] for size in (2, 1, 0) if jyutping[:size] in _INITIALS and jyutping[size:] in _FINALS), None
    )
    if initial is None:
        return frozenset()
    final = jyutping[len(initial) :]
    out = {
        (one.replace("_", "") + other)
        for one, other in product(_INITIALS[initial].split(), _FINALS[final].split())
        if other != "ze" or initial in _WHISTLED
    }
    return frozenset(out)


def _by_character(name: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for line in str(lexicon.table("cantonese")[name]).strip().splitlines():
        syllable, _, chars = line.partition(" ")
        for char in chars:
            found[char].append(syllable)
    return {char: tuple(readings) for char, readings in found.items()}


@cache
def _table() -> dict[str, tuple[str, ...]]:
    """Each character with its readings."""
    return _by_character("readings")


@cache
def mandarin_of() -> dict[str, frozenset[str]]:
    """Each Jyutping syllable -> the pinyin of the characters read so."""
    lines = (line.split() for line in str(lexicon.table("cantonese")["mandarin"]).strip().splitlines())
    return {syllable: frozenset(others) for syllable, *others in lines}


@cache
def _pinyin() -> dict[str, tuple[str, ...]]:
    return _by_character("pinyin")


def pinyin_of(char: str) -> tuple[str, ...]:
    """The pinyin of a surname or of a character with other readings, without the dictionary, which is slow to load."""
    return _pinyin().get(char, ())


def readings_by_character() -> dict[str, tuple[str, ...]]:
    """Each simplified character of the table with its Jyutping readings."""
    return _table()


@lru_cache(maxsize=10_000)
def cantonese_readings(char: str) -> tuple[str, ...]:
    """The Latin spellings of a simplified character by its Cantonese readings; empty for a rare one."""
    return tuple(sorted({text for reading in _table().get(char, ()) for text in spellings(reading)}))
