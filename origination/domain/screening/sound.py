"""A distance between folded words in which letters that transcriptions exchange cost less than others.

Each letter becomes one or two symbols: a class and the letter in it. Replacing a letter by one of its class changes one
symbol, by any other two; vowels, h and v are one symbol, for they come and go. So the plain edit distance of the codes,
which runs in compiled code, is a weighted distance of the words, in half letters.
"""

from __future__ import annotations

from rapidfuzz.distance import OSA, Levenshtein

_CODES = str.maketrans({
    "h": "K", "k": "Kk", "g": "Kg",
    "s": "St", "S": "Sh", "z": "Sd", "c": "Sc", "j": "Sj", "d": "Dd", "t": "Dt",
    "b": "Pb", "p": "Pp", "f": "Pf", "m": "Mm", "n": "Nn", "l": "Ll", "r": "Rr",
})  # fmt: skip
_SWAPPED = 0.7


def sound_code(fold: str) -> str:
    """The symbols of a folded word: `hamid` -> `KaMmiDd`."""
    return fold.translate(_CODES)


def sound_distance(one: str, other: str, code_one: str, code_other: str) -> float:
    """In letters: 0.5 for a vowel or a kindred consonant, 1 for a strange one, 0.7 for two neighbours exchanged."""
    cost = Levenshtein.distance(code_one, code_other) / 2
    if cost > _SWAPPED and len(one) == len(other):
        steps = OSA.distance(one, other, score_cutoff=2)
        if steps * _SWAPPED < cost and sorted(one) == sorted(other):
            return steps * _SWAPPED
    return cost
