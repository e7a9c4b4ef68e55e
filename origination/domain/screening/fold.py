"""Spellings that sound alike made equal: the many Latin writings of one foreign name.

Three depths: `text` as written without accents, `fold` with interchangeable spellings merged (kh and h, ou and u, y and
i), `skeleton` with the vowels gone. A difference that survives deeper weighs more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_SPECIAL = str.maketrans({
    "ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i", "ə": "a", "ŋ": "ng",
    "ħ": "h",
})  # fmt: skip

_FOLDS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), to)
    for pattern, to in (
        (r"shch|schtsch|sch", "sh"),
        (r"tsch|tch|tsh|cz", "ch"),
        (r"dzh|dsch|dj", "j"),
        (r"^x(?=[iu])", "sh"),
        (r"kh", "h"),
        (r"gh", "g"),
        (r"zh", "z"),
        (r"ph", "f"),
        (r"th", "t"),
        (r"dh", "d"),
        (r"ck|q", "k"),
        (r"tz|ts|cs", "c"),
        (r"ch", "C"),
        (r"sh", "S"),
        (r"c(?=[eiy])", "s"),
        (r"c", "k"),
        (r"C", "c"),
        (r"w", "v"),
        (r"x", "ks"),
        (r"ou|oo|au(?=[^aeiou])|ow(?=[^aeiou])", "u"),
        (r"o", "u"),
        (r"[eaiy]j(?![aeiou])", "i"),
        (r"ee|ie|ei|ey|ay|ai|ii|iy|yi|yy", "i"),
        (r"y(?=[aeiou])", "i"),
        (r"[ey]", "i"),
        (r"(.)\1+", r"\1"),
        (r"(?<=[aiu])h(?![aiu])", ""),
        (r"iu", "u"),
        (r"ia", "a"),
        (r"(?<!^)ae", "a"),
    )
)
_VOWELS = re.compile(r"[aiu]+")


@dataclass(frozen=True, slots=True)
class Spelling:
    """One Latin word in its three depths."""

    text: str
    fold: str
    skeleton: str


@lru_cache(maxsize=200_000)
def spell(word: str) -> Spelling:
    """The depths of a lower-case ASCII word."""
    fold = word
    for pattern, to in _FOLDS:
        fold = pattern.sub(to, fold)
    skeleton = ("a" if fold[:1] in {"a", "i", "u"} else "") + _VOWELS.sub("", fold)
    return Spelling(word, fold, re.sub(r"(.)\1+", r"\1", skeleton))


def plain_latin(word: str) -> str:
    """Lower case, without accents, as ASCII letters and digits."""
    import unicodedata

    lowered = word.casefold().translate(_SPECIAL)
    if lowered.isascii():
        return lowered
    decomposed = unicodedata.normalize("NFD", lowered)
    return "".join(char for char in decomposed if unicodedata.category(char) != "Mn")
