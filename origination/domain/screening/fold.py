"""Spellings that sound alike made equal: the many Latin writings of one foreign name.

Three depths (and `code`, what the distance of two words is measured on): `text` as written without accents, `fold` with
interchangeable spellings merged (kh and h, ou and u, y and i), `skeleton` with the vowels gone, for the index.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from origination.domain.screening.sound import sound_code

_SPECIAL = str.maketrans({
    "ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i", "ə": "a", "ŋ": "ng",
    "ħ": "h",
})  # fmt: skip

# In this order; a plain text is replaced as it stands, a pattern where its surroundings matter.
_FOLDS: tuple[tuple[str | re.Pattern[str], str], ...] = (
    *((text, "sh") for text in ("schtsch", "shch", "sch")),
    *((text, "ch") for text in ("tch", "tsh", "cz")),
    *((text, "j") for text in ("dzh", "dsch", "dj")),
    (re.compile(r"^x(?=[iu])"), "sh"),
    ("kh", "h"), ("gh", "g"), ("zh", "z"), ("ph", "f"), ("th", "t"), ("dh", "d"), ("ck", "k"), ("q", "k"),
    ("tz", "C"), ("ts", "C"), ("cs", "C"),
    ("ch", "C"), ("sh", "S"),
    (re.compile(r"c(?=[eiy])"), "s"),
    ("c", "k"), ("C", "c"), ("w", "v"), ("x", "ks"),
    ("ou", "u"), ("oo", "u"),
    (re.compile(r"au(?=[^aeiou])|ow(?=[^aeiou])"), "u"),
    ("o", "u"),
    (re.compile(r"[eaiy]j(?![aeiou])"), "i"),
    *((text, "i") for text in ("ee", "ie", "ei", "ey", "ay", "ai", "ii", "iy", "yi", "yy")),
    (re.compile(r"y(?=[aeiou])"), "i"),
    ("e", "i"), ("y", "i"),
    (re.compile(r"(.)\1+"), r"\1"),
    (re.compile(r"(?<=[aiu])h(?![aiu])"), ""),
    ("iu", "u"), ("ia", "a"),
    (re.compile(r"(?<!^)ae"), "a"),
)  # fmt: skip
_VOWELS = re.compile(r"[aiu]+")
_DOUBLE = re.compile(r"(.)\1+")


@dataclass(frozen=True, slots=True)
class Spelling:
    """One Latin word in its three depths."""

    text: str
    fold: str
    skeleton: str
    code: str


@lru_cache(maxsize=200_000)
def spell(word: str) -> Spelling:
    """The depths of a lower-case ASCII word."""
    fold = word
    for pattern, to in _FOLDS:
        if isinstance(pattern, str):
            if pattern in fold:
                fold = fold.replace(pattern, to)
        else:
            fold = pattern.sub(to, fold)
    skeleton = ("a" if fold[:1] in {"a", "i", "u"} else "") + _VOWELS.sub("", fold)
    return Spelling(word, fold, _DOUBLE.sub(r"\1", skeleton), sound_code(fold))


def plain_latin(word: str) -> str:
    """Lower case, without accents, as ASCII letters and digits."""
    import unicodedata

    lowered = word.casefold().translate(_SPECIAL)
    if lowered.isascii():
        return lowered
    decomposed = unicodedata.normalize("NFD", lowered)
    return "".join(char for char in decomposed if unicodedata.category(char) != "Mn")
