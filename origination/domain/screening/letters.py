"""Many Latin words at once: which of them are like a given one by their letters.

The measure is that of similarity.py; a bound by lengths and by the symbols of the sound codes rules out nearly all
words before any distance is computed, and no word that reaches the wanted likeness is left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA, Levenshtein

from origination.domain.screening.fold import Spelling
from origination.domain.screening.similarity import KINDRED_START, OTHER_START, SHORT_WORD, SHORTER, SLIP, TEXT_WEIGHT

IntArray = NDArray[np.int32]
_NONE: IntArray = np.empty(0, dtype=np.int32)
_SECOND = 32
_ROUNDING = 1e-6


def signature(code: str) -> int:
    """The symbols of a code in 64 bits: which occur, and which occur again."""
    bits = 0
    for char in code:
        bit = 1 << (ord(char) & 31 ^ (16 if char.isupper() else 0))
        bits |= bit << _SECOND if bits & bit else bit
    return bits


class Near:
    """Words to search by edit distance. Sorted by length they are found quicker."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = np.array([*words, ""], dtype=object)[:-1]
        self._bits = np.array([signature(word) for word in words], dtype=np.uint64)
        self._sizes = np.array([len(word) for word in words], dtype=np.int16)
        self._ends: list[int] = []
        if words and (np.diff(self._sizes) >= 0).all():
            self._ends = np.searchsorted(self._sizes, np.arange(self._sizes[-1] + 2, dtype=np.int16)).tolist()

    def possible(self, word: str, most: int) -> IntArray:
        """The numbers of all words that can be so near, by their lengths and symbols."""
        bits = np.uint64(signature(word))
        if self._ends:
            last = len(self._ends) - 1
            start = self._ends[min(max(len(word) - most, 0), last)]
            theirs = self._bits[start : self._ends[min(len(word) + most + 1, last)]]
        else:
            start, theirs = 0, self._bits
        near = np.flatnonzero(np.bitwise_count(theirs & ~bits) <= most) + start
        return near[np.bitwise_count(bits & ~self._bits[near]) <= most].astype(np.int32)

    def among(
        self, near: IntArray, word: str, most: IntArray, scorer: Callable[..., float] = Levenshtein.distance
    ) -> tuple[IntArray, IntArray]:
        """Which of some words (by their place among `near`) are within a bound of each one's own, and how far."""
        bits, theirs = np.uint64(signature(word)), self._bits[near]
        possible = np.abs(self._sizes[near] - len(word)) <= most
        possible &= np.bitwise_count(theirs & ~bits) <= most
        possible &= np.bitwise_count(bits & ~theirs) <= most
        places = np.flatnonzero(possible).astype(np.int32)
        if not places.size:
            return _NONE, _NONE
        furthest = int(most[places].max())
        words = self._words[near[places]].tolist()
        distances = process.cdist([word], words, scorer=scorer, score_cutoff=furthest, dtype=np.int32)[0]
        kept = distances <= most[places]
        return places[kept], distances[kept]

    def within(
        self, word: str, most: int, scorer: Callable[..., float] = Levenshtein.distance
    ) -> tuple[IntArray, IntArray]:
        """The numbers of all words at most so far away, and how far."""
        near = self.possible(word, most)
        places, distances = self.among(near, word, np.full(near.size, most, dtype=np.int32), scorer)
        return near[places], distances


class Letters:
    """Latin words to search by the likeness of their letters."""

    def __init__(self, spellings: Sequence[Spelling]) -> None:
        # Sorted by the length of the code: only a range of lengths can be near.
        self._order = np.argsort([len(spelling.code) for spelling in spellings], kind="stable").astype(np.int32)
        ordered = [spellings[i] for i in self._order]
        self._codes = Near([spelling.code for spelling in ordered])
        self._texts = np.array([*(spelling.text for spelling in ordered), ""], dtype=object)[:-1]
        self._sizes = np.array([len(spelling.text) for spelling in ordered], dtype=np.float32)
        self._folds = np.array([len(spelling.fold) for spelling in ordered], dtype=np.float32)
        self._starts = np.array([ord(spelling.fold[:1] or " ") for spelling in ordered], dtype=np.int16)
        self._sounds = np.array([ord(spelling.code[:1] or " ") for spelling in ordered], dtype=np.int16)
        self._lengths = np.argsort([len(spelling.text) for spelling in spellings], kind="stable").astype(np.int32)
        self._by_text = Near([spellings[i].text for i in self._lengths])
        self._same: dict[str, list[int]] = defaultdict(list)
        for i, spelling in enumerate(spellings):
            self._same["".join(sorted(spelling.fold))].append(i)

    def alike(self, word: Spelling, least: float) -> set[int]:
        """The numbers of the words whose letters are at least so much like those of `word`, and perhaps a few more."""
        found = set(self._same.get("".join(sorted(word.fold)), ()))
        longest = max(len(word.text), len(word.fold))
        reach = 2 * (1.0 - least)
        furthest = int(reach * longest / (1.0 - reach)) + 1
        slips = int((1.0 - least) * (len(word.text) + 2) / (SLIP + TEXT_WEIGHT))
        if slips:
            found.update(self._lengths[self._by_text.within(word.text, slips, OSA.distance)[0]].tolist())
        near = self._codes.possible(word.code, furthest)
        if not near.size:
            return found
        texts = self._sizes[near]
        size = (np.maximum(self._folds[near], len(word.fold)) + np.maximum(texts, len(word.text))) / 2
        size -= SHORTER * (size <= SHORT_WORD)
        room = (1.0 - least) * np.maximum(size, 1.0) + _ROUNDING
        other = self._starts[near] != ord(word.fold[:1] or " ")
        room -= other * np.where(self._sounds[near] == ord(word.code[:1] or " "), KINDRED_START, OTHER_START)
        most = np.floor(2 * (room - TEXT_WEIGHT * np.abs(texts - len(word.text)))).astype(np.int16)
        kept, distances = self._codes.among(near, word.code, most)
        if kept.size:
            near, room = near[kept], room[kept]
            steps = process.cdist([word.text], self._texts[near].tolist(), scorer=OSA.distance, dtype=np.int32)[0]
            found.update(self._order[near[distances / 2 + TEXT_WEIGHT * steps <= room + _ROUNDING]].tolist())
        return found
