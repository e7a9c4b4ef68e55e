"""Every word of the listed names of one kind, and the quick way from a word to those that are alike.

Two Latin words are alike when their letters are (see similarity.py). A necessary condition of that is a small edit
distance of their sound codes; a bit mask of the symbols rules out nearly all words before any distance is computed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA, Levenshtein

from origination.domain.screening import lexicon
from origination.domain.screening.arabic import consonants
from origination.domain.screening.fold import spell
from origination.domain.screening.han import pinyin_syllables
from origination.domain.screening.words import father_of

IntArray = NDArray[np.int32]
_REMEMBERED_MAX = 100_000
# A similarity of 0.78 leaves 0.22 of a word's length as cost, which is 0.44 of it in half letters (see sound.py).
REACH = 0.44
JOIN_REACH = 0.24
_COARSE = str.maketrans({
    "k": "K", "g": "K", "j": "K", "c": "T", "q": "K", "t": "T", "s": "T", "S": "T", "z": "T", "d": "T", "p": "P",
    "b": "P", "f": "P", "m": "M", "n": "N", "l": "L", "r": "R", "h": None, "v": None, "a": None, "i": None, "u": None,
})  # fmt: skip


_NONE: IntArray = np.empty(0, dtype=np.int32)
_KINDS = str.maketrans("", "", "kgthdcjbpfmnlr")
_LEAST, _OTHER_START = 0.76, 0.25


def signature(code: str) -> int:
    """The set of symbols of a code in 64 bits."""
    bits = 0
    for char in code:
        bits |= 1 << (ord(char) & 63)
    return bits


def families(text: str) -> list[tuple[str, int]]:
    """The groups of writings (and of short forms) that a name belongs to."""
    group = lexicon.name_groups().get(text)
    father = father_of(text)
    if father != text:
        groups = lexicon.name_groups()
        number = groups.get(father, groups.get(father + "y", groups.get(father + "i")))
        return [] if number is None else [("father", number)]
    nicks = [("nick", number) for number in lexicon.nicknames().get(text, ())]
    return nicks if group is None else [("name", group), *nicks]


class Near:
    """Codes to search by edit distance."""

    def __init__(self, codes: Sequence[str]) -> None:
        self.codes = list(codes)
        self._bits = np.array([signature(code) for code in self.codes], dtype=np.uint64)
        self._sizes = np.array([len(code) for code in self.codes], dtype=np.int32)

    def within(
        self, code: str, most: int, scorer: Callable[..., float] = Levenshtein.distance
    ) -> tuple[IntArray, IntArray]:
        """The numbers of all codes at most so far away, and how far each one is."""
        bits = np.uint64(signature(code))
        near = np.flatnonzero(
            (np.abs(self._sizes - len(code)) <= most)
            & (np.bitwise_count(self._bits & ~bits) <= most)
            & (np.bitwise_count(bits & ~self._bits) <= most)
        )
        if not near.size:
            return _NONE, _NONE
        distances = process.cdist(
            [code], [self.codes[i] for i in near], scorer=scorer, score_cutoff=most, dtype=np.int32
        )[0]
        kept = distances <= most
        return near[kept].astype(np.int32), distances[kept]


class Vocabulary:
    """Latin and Arabic-script words, each with the numbers of the names (`postings`) it stands in."""

    def __init__(self, tokens: Sequence[str], codes: Sequence[str], starts: IntArray, postings: IntArray) -> None:
        self.tokens = list(tokens)
        self.number = {token: i for i, token in enumerate(self.tokens)}
        self._starts, self._postings = starts, postings
        self._native = [i for i, token in enumerate(self.tokens) if not token.isascii()]
        self._latin = [i for i, token in enumerate(self.tokens) if token.isascii()]
        self._near_latin = Near([codes[i] for i in self._latin])
        self._latin_numbers = np.array(self._latin, dtype=np.int32)
        self._text_sizes = np.array([len(self.tokens[i]) for i in self._latin], dtype=np.float32)
        self._fold_sizes = np.array([len(codes[i].translate(_KINDS)) for i in self._latin], dtype=np.float32)
        self._starts_with = np.array([ord(codes[i][:1] or " ") for i in self._latin], dtype=np.int32)
        self._near_native = Near([self.tokens[i] for i in self._native])
        self._coarse_native = Near([consonants(self.tokens[i]).translate(_COARSE) for i in self._native])
        self._coarse_latin: Near | None = None
        self._anagrams: dict[str, list[int]] = defaultdict(list)
        self._families: dict[tuple[str, int], list[int]] = defaultdict(list)
        for i in self._latin:
            self._anagrams["".join(sorted(codes[i]))].append(i)
            for family in families(self.tokens[i]):
                self._families[family].append(i)

    def names_with(self, token: int) -> IntArray:
        """The numbers of the names that hold this word."""
        return self._postings[self._starts[token] : self._starts[token + 1]]

    def latin_near(self, text: str, reach: float = REACH) -> set[int]:
        """Latin words that may be alike to a Latin one; none that is (similarity 0.78) is left out."""
        found = self._by_letters(text, reach)
        for family in families(text):
            found.update(self._families.get(family, ()))
        if reach < REACH:
            return found
        # A misspelt known name is near to some writing of it, perhaps not to the one that stands in the list.
        groups = lexicon.name_groups()
        if len(text) >= 5:
            if text in groups:
                for writing in _writings(groups[text]):
                    if writing[:1] == text[:1] and writing != text:
                        found.update(self._by_letters(writing, reach))
            else:
                for group in {groups[name] for name in near_known(text)}:
                    found.update(self._families.get(("name", group), ()))
        for syllable in _sibilant_variants(text):
            if syllable in self.number:
                found.add(self.number[syllable])
        return found

    def _by_letters(self, text: str, reach: float) -> set[int]:
        spelling = spell(text)
        size = max(len(spelling.fold), len(text))
        most = max(int(reach * (size + 1)), 2 if size >= 5 and reach == REACH else 0)
        near, distances = self._near_latin.within(spelling.code, most)
        longest = np.maximum(self._fold_sizes[near], len(spelling.fold))
        sizes = (longest + np.maximum(self._text_sizes[near], len(text))) / 2
        sizes = np.maximum(np.where(sizes > 4, sizes, sizes - 1.2), 1.0)
        costs = distances / 2 + _OTHER_START * (self._starts_with[near] != ord(spelling.code[:1] or " "))
        found = set(self._latin_numbers[near[1.0 - costs / sizes >= _LEAST]].tolist())
        found.update(self._anagrams.get("".join(sorted(spelling.code)), ()))
        return found

    def native_near(self, native: str) -> set[int]:
        """Arabic-script words that may be alike to an Arabic-script one."""
        most = max(1, int(0.2 * (len(native) + 1)))
        return {self._native[i] for i in self._near_native.within(native, most, OSA.distance)[0]}

    def native_read_as(self, skeleton: str) -> set[int]:
        """Arabic-script words that a Latin word with this skeleton may be a reading of."""
        if not self._native:
            return set()
        return {self._native[i] for i in self._coarse_native.within(*_coarse(skeleton), OSA.distance)[0]}

    def latin_readings(self, native: str) -> set[int]:
        """Latin words that may be a reading of an Arabic-script one."""
        if self._coarse_latin is None:
            self._coarse_latin = Near([spell(self.tokens[i]).skeleton.translate(_COARSE) for i in self._latin])
        near, _distances = self._coarse_latin.within(*_coarse(consonants(native)), OSA.distance)
        return set(self._latin_numbers[near].tolist())


def _coarse(skeleton: str) -> tuple[str, int]:
    """A wrong consonant costs 0.9 of the 0.22 of the length that an alike reading may cost (see arabic.py)."""
    coarse = skeleton.translate(_COARSE)
    return coarse, int(0.25 * (len(skeleton) + 1))


@cache
def _known() -> tuple[list[str], Near]:
    names = [name for name in lexicon.name_groups() if len(name) >= 4]
    return names, Near([spell(name).code for name in names])


def near_known(text: str) -> list[str]:
    """Writings of known names that a word may be a misspelling of."""
    names, near = _known()
    spelling = spell(text)
    found, _distances = near.within(spelling.code, max(2, int(REACH * (len(text) + 1))))
    return [names[i] for i in found if names[i][:1] == text[:1]]


@cache
def _members() -> dict[int, tuple[str, ...]]:
    members: dict[int, list[str]] = defaultdict(list)
    for word, number in lexicon.name_groups().items():
        members[number].append(word)
    return {number: tuple(words) for number, words in members.items()}


def _writings(group: int) -> tuple[str, ...]:
    return _members()[group]


def _sibilant_variants(text: str) -> list[str]:
    """`shi`, `xi` and `si` sound alike to many ears."""
    if text not in pinyin_syllables():
        return []
    start = next((start for start in ("sh", "x", "s") if text.startswith(start)), "")
    return [other + text[len(start) :] for other in ("sh", "x", "s") if start and other != start]


class VocabularyBuilder:
    """Collects words and the names they stand in."""

    def __init__(self) -> None:
        self._names: dict[str, list[int]] = {}

    def add(self, token: str, name: int) -> None:
        """One word of one name; names come in rising order."""
        posting = self._names.setdefault(token, [])
        if not posting or posting[-1] != name:
            posting.append(name)

    def arrays(self) -> tuple[list[str], list[str], IntArray, IntArray]:
        """Tokens, their codes, where each one's postings start, and all postings."""
        tokens = list(self._names)
        codes = [spell(token).code if token.isascii() else "" for token in tokens]
        starts = np.zeros(len(tokens) + 1, dtype=np.int32)
        starts[1:] = np.cumsum([len(self._names[token]) for token in tokens], dtype=np.int64)
        flat = [name for token in tokens for name in self._names[token]]
        return tokens, codes, starts, np.array(flat, dtype=np.int32)


class Memory(dict[str, tuple[tuple[int, float], ...]]):
    """Similar words by word, forgotten all at once when there are too many: names repeat."""

    def keep(self, key: str, value: tuple[tuple[int, float], ...]) -> tuple[tuple[int, float], ...]:
        """Remembers and returns the value."""
        if len(self) > _REMEMBERED_MAX:
            self.clear()
        self[key] = value
        return value
