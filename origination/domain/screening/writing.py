"""Scripts and clean text: what a name is made of before anything is compared."""

from __future__ import annotations

import unicodedata
from enum import StrEnum
from functools import lru_cache

LENGTH_MAX = 300


class Script(StrEnum):
    """The writing systems told apart here; everything else is OTHER and goes through anyascii."""

    LATIN = "latin"
    CYRILLIC = "cyrillic"
    ARABIC = "arabic"
    HEBREW = "hebrew"
    GREEK = "greek"
    THAI = "thai"
    HAN = "han"
    HANGUL = "hangul"
    OTHER = "other"


_RANGES = (
    (0x0041, 0x024F, Script.LATIN),
    (0x1E00, 0x1EFF, Script.LATIN),
    (0x0400, 0x052F, Script.CYRILLIC),
    (0x0370, 0x03FF, Script.GREEK),
    (0x1F00, 0x1FFF, Script.GREEK),
    (0x0590, 0x05FF, Script.HEBREW),
    (0x0E00, 0x0E7F, Script.THAI),
    (0x0600, 0x06FF, Script.ARABIC),
    (0x0750, 0x077F, Script.ARABIC),
    (0xFB50, 0xFDFF, Script.ARABIC),
    (0xFE70, 0xFEFF, Script.ARABIC),
    (0x3400, 0x4DBF, Script.HAN),
    (0x4E00, 0x9FFF, Script.HAN),
    (0xF900, 0xFAFF, Script.HAN),
    (0x20000, 0x323AF, Script.HAN),
    (0x1100, 0x11FF, Script.HANGUL),
    (0xAC00, 0xD7AF, Script.HANGUL),
)


# Scripts that write few vowels or none: their words are kept and read against Latin ones.
VOWELLESS = frozenset({Script.ARABIC, Script.HEBREW})


@lru_cache(maxsize=20_000)
def script_of(char: str) -> Script:
    """The script of one letter."""
    point = ord(char)
    for first, last, script in _RANGES:
        if first <= point <= last:
            return script
    return Script.OTHER


def scripts_of(text: str) -> frozenset[Script]:
    """The scripts of all letters in the text."""
    return frozenset(script_of(char) for char in text if char.isalpha())


# Letters that look alike in Latin and Cyrillic; a word that mixes both scripts is read as the script of its majority.
_LOOKALIKES = ("аеорсухікмтвнАЕОРСУХІКМТВН", "aeopcyxikmtbhAEOPCYXIKMTBH")
_TO_LATIN = str.maketrans(*_LOOKALIKES)
_TO_CYRILLIC = str.maketrans(_LOOKALIKES[1], _LOOKALIKES[0])
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−﹣－", "-") | dict.fromkeys("‘’ʻʼʽʾʿ`´′ʹ＇‛ˈ", "'"))


def clean(text: str) -> str:
    """NFKC, no invisible or control characters, one kind of dash and apostrophe, single blanks, at most 300 letters.

    The cut keeps a name of 10,000 characters from costing more than its first 300 are worth.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text[:LENGTH_MAX].replace("`", "'").split())
    plain = unicodedata.normalize("NFKC", text[: LENGTH_MAX * 4])
    kept = []
    for char in plain:
        category = unicodedata.category(char)
        if category in {"Cf", "Cc", "Co", "Cs", "Cn"}:
            if category == "Cc":
                kept.append(" ")
            continue
        kept.append(char)
    return " ".join("".join(kept).translate(_DASHES).split())[:LENGTH_MAX]


def settle_script(word: str) -> str:
    """A word mixing Latin and Cyrillic lookalikes (`Рutin` with a Cyrillic first letter) in one script."""
    scripts = [script_of(char) for char in word if char.isalpha()]
    latin, cyrillic = scripts.count(Script.LATIN), scripts.count(Script.CYRILLIC)
    if not latin or not cyrillic:
        return word
    return word.translate(_TO_LATIN if latin >= cyrillic else _TO_CYRILLIC)
