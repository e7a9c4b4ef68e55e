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

# In this order, each with a text without which the pattern cannot apply (searching for that is quicker).
_C_STEPS: tuple[tuple[str, str], ...] = (
    ("schtsch", "sh"), ("shch", "sh"), ("sch", "sh"), ("tch", "ch"), ("tsh", "ch"), ("cz", "ch"), ("dzh", "j"),
    ("dsch", "j"), ("dj", "j"),
)  # fmt: skip
_H_STEPS = (("kh", "h"), ("gh", "g"), ("zh", "z"), ("ph", "f"), ("th", "t"), ("dh", "d"))
_SIBILANTS = (("ck", "k"), ("q", "k"), ("tz", "C"), ("ts", "C"), ("cs", "C"), ("ch", "C"), ("sh", "S"))
_LAST_STEPS = (("C", "c"), ("w", "v"), ("x", "ks"))
_U_SOUNDS = (("ou", "u"), ("oo", "u"))
_SOFT_C = re.compile(r"c(?=[eiy])")
_CLOSED_AU = re.compile(r"(?:au|ow)(?=[^aeiou])")
_CLOSED_AW = re.compile(r"aw(?=[^aeiouy])")
_MUTE_J = re.compile(r"[eaiy]j(?![aeiou])")
_I_SOUNDS = ("ee", "ie", "ei", "ey", "ay", "ai", "ii", "iy", "yi", "yy")
_MUTE_H = re.compile(r"(?<=[aiu])h(?![aiu])")
_GLIDE = re.compile(r"y(?=[aeiou])")
# A Vietnamese word has one syllable; đ in a longer one is the Serbian and Croatian letter, read dj.
_SERBIAN = re.compile(r"[aeiou][^\Waeiou]+[aeiou]")
_DOUBLE = re.compile(r"(.)\1+")


def _first(found: re.Match[str]) -> str:
    return found[1]


@dataclass(frozen=True, slots=True)
class Spelling:
    """One Latin word in its three depths."""

    text: str
    fold: str
    skeleton: str
    code: str


def _replaced(text: str, steps: tuple[tuple[str, str], ...]) -> str:
    for old, new in steps:
        if old in text:
            text = text.replace(old, new)
    return text


def _consonants_folded(fold: str) -> str:
    if "aw" in fold:
        fold = _CLOSED_AW.sub("au", fold)
    if "c" in fold or "h" in fold or "j" in fold:
        fold = _replaced(fold, _C_STEPS)
    if fold[:1] == "x" and fold[1:2] in {"i", "u"}:
        fold = "sh" + fold[1:]
    if "h" in fold:
        fold = _replaced(fold, _H_STEPS)
    fold = _replaced(fold, _SIBILANTS)
    if "c" in fold:
        fold = _SOFT_C.sub("s", fold).replace("c", "k")
    return _replaced(fold, _LAST_STEPS)


def _vowels_folded(fold: str) -> str:
    fold = _replaced(fold, _U_SOUNDS)
    if "au" in fold or "ow" in fold:
        fold = _CLOSED_AU.sub("u", fold)
    fold = fold.replace("o", "u")
    if "j" in fold:
        fold = _MUTE_J.sub("i", fold)
    if "e" in fold or "i" in fold or "y" in fold:
        for sound in _I_SOUNDS:
            if sound in fold:
                fold = fold.replace(sound, "i")
        if "y" in fold:
            fold = _GLIDE.sub("i", fold).replace("y", "i")
        fold = fold.replace("e", "i")
    fold = single(fold)
    if "h" in fold:
        fold = _MUTE_H.sub("", fold)
    fold = fold.replace("iu", "u").replace("ia", "a")
    return fold[:1] + fold[1:].replace("ae", "a")


@lru_cache(maxsize=400_000)
def spell(word: str) -> Spelling:
    """The depths of a lower-case ASCII word."""
    return folded(word, _vowels_folded(_consonants_folded(word)))


def folded(word: str, fold: str) -> Spelling:
    """The depths of a word whose fold is known."""
    bare = fold.replace("a", "").replace("i", "").replace("u", "")
    skeleton = "a" + bare if fold[:1] in {"a", "i", "u"} else bare
    return Spelling(word, fold, single(skeleton), sound_code(fold))


def single(text: str) -> str:
    """Each doubled letter once."""
    return _DOUBLE.sub(_first, text) if _DOUBLE.search(text) else text


def plain_latin(word: str) -> str:
    """Lower case, without accents, as ASCII letters and digits."""
    import unicodedata

    lowered = word.casefold()
    if "đ" in lowered and _SERBIAN.search(lowered):
        lowered = lowered.replace("đ", "dj")
    lowered = lowered.translate(_SPECIAL)
    if lowered.isascii():
        return lowered
    decomposed = unicodedata.normalize("NFD", lowered)
    return "".join(char for char in decomposed if unicodedata.category(char) != "Mn")
