"""Keys under which the index finds a word again in spite of spelling: consonants with one or two of them left out."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import combinations, product

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from origination.domain.screening import arabic
from origination.domain.screening.fold import spell

_TWO_FROM = 6
_READINGS_MAX = 16
_CLASSES: dict[str, tuple[str, ...]] = {
    "ا": ("",), "أ": ("",), "إ": ("",), "آ": ("",), "ء": ("",), "ئ": ("",), "ؤ": ("",), "ع": ("",), "ى": ("",),
    "ي": ("",),
    "ی": ("",), "ے": ("",), "ة": ("",), "ں": ("n",), "ب": ("b",), "پ": ("p",), "ت": ("t",), "ط": ("t",),
    "ث": ("t", "s"),
    "ج": ("j", "g"), "چ": ("c",), "ح": ("h",), "خ": ("h", "k"), "د": ("d",), "ذ": ("d", "z"), "ر": ("r",), "ز": ("z",),
    "ژ": ("z", "j"), "س": ("s",), "ش": ("S", "s"), "ص": ("s",), "ض": ("d", "z"), "ظ": ("z", "d"), "غ": ("g",),
    "ف": ("f",),
    "ڤ": ("v",), "ق": ("k", "g"), "ک": ("k",), "ك": ("k",), "گ": ("g",), "ل": ("l",), "م": ("m",), "ن": ("n",),
    "ه": ("h", ""), "ہ": ("h", ""), "ھ": ("h", ""), "و": ("", "v"), "ٹ": ("t",), "ڈ": ("d",), "ڑ": ("r",),
}  # fmt: skip


def near_tokens(text: str, tokens: Iterable[str]) -> list[str]:
    """Those of the Latin tokens whose sound is near enough to be worth a precise look; runs in compiled code."""
    codes = {token: spell(token).code for token in tokens}
    most = max(2, len(text) // 2 + 1)
    found = process.extract(spell(text).code, codes, scorer=Levenshtein.distance, score_cutoff=most, limit=None)
    return [token for _code, _distance, token in found]


def _without(skeleton: str) -> set[str]:
    keys = {skeleton}
    if len(skeleton) >= 2:
        keys.update(skeleton[:i] + skeleton[i + 1 :] for i in range(len(skeleton)))
    if len(skeleton) >= _TWO_FROM:
        for i, j in combinations(range(len(skeleton)), 2):
            keys.add(skeleton[:i] + skeleton[i + 1 : j] + skeleton[j + 1 :])
    return keys


@lru_cache(maxsize=200_000)
def latin_keys(text: str) -> frozenset[str]:
    """Keys of a Latin word; two words a human would call alike share one."""
    spelling = spell(text)
    skeleton = spelling.skeleton
    bare = skeleton.removeprefix("a") if len(skeleton) > 1 else skeleton
    keys = _without(bare)
    if len(text) <= 4:
        # short words have hardly any consonants: their letters are keys, too
        keys |= {"=" + key for key in _without(spelling.fold)}
        keys -= {key for key in keys if len(key) <= 1}
        keys.add("=" + text)
    return frozenset(key for key in keys if key)


@lru_cache(maxsize=50_000)
def native_keys(word: str) -> frozenset[str]:
    """Keys of an Arabic-script word: the skeletons it may have when written in Latin, and its own letters."""
    letters = [_CLASSES.get(char, ("",)) for char in arabic.bare(word)]
    keys: set[str] = {"#" + word}
    for number, chosen in enumerate(product(*letters)):
        if number >= _READINGS_MAX:
            break
        squeezed = ""
        for char in "".join(chosen):
            if not squeezed.endswith(char):
                squeezed += char
        keys |= _without(squeezed)
    return frozenset(key for key in keys if key)
