"""Readings of Arabic-script words, many at a time: what arabic.py measures for a pair, for one word against many.

The walk of arabic.py is a shortest path; here its steps run over arrays, one letter of all words at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from origination.domain.screening.arabic import (
    ALWAYS_HEARD,
    DOUBTED_VOWEL,
    EXTRA_CONSONANT,
    EXTRA_START,
    FINAL_H,
    LETTERS,
    MISS,
    SHORT_VOWELS,
    WRONG,
    bare,
    silent,
)

Floats = NDArray[np.float64]
_FAR = np.inf
_IS_VOWEL = np.zeros(256, dtype=bool)
_IS_VOWEL[[ord(char) for char in SHORT_VOWELS]] = True
_ROUNDING = 1e-9
_LEAST_MISS = min(MISS, EXTRA_CONSONANT)


def _sounds(letter: str, *, last: bool) -> tuple[str, ...]:
    sounds = LETTERS.get(letter, ("",))
    return (*sounds, "a") if letter == "ي" and last else sounds


def _written(letters: str) -> int:
    return sum(1 for char in letters if "" not in LETTERS.get(char, ("",)))


def _consonants(latin: str) -> int:
    return sum(1 for char in latin if char not in SHORT_VOWELS)


def _capacity(letters: str) -> int:
    """How many Latin consonants may stand for the letters, each doubled."""
    return sum(2 * max(map(_consonants, LETTERS.get(letter, ("",)))) for letter in letters) + 1


def _likeness(costs: Floats, sizes: Floats) -> Floats:
    return np.asarray(np.maximum(0.0, 1.0 - costs / sizes))


class NativeWords:
    """Arabic-script words, ready to be read as any Latin word."""

    def __init__(self, words: Sequence[str]) -> None:
        letters = [bare(word) for word in words]
        symbols: dict[tuple[str, bool], int] = {}
        width = max(map(len, letters), default=0)
        self._symbols = np.full((len(letters), width), -1, dtype=np.int16)
        for row, word in enumerate(letters):
            for place, letter in enumerate(word):
                key = (letter, place == len(word) - 1)
                self._symbols[row, place] = symbols.setdefault(key, len(symbols))
        self._kinds = list(symbols)
        self._written = np.array([_written(word) for word in letters], dtype=np.float64)

    def sizes(self, latin: str) -> Floats:
        """What the cost of reading each word as `latin` is set against."""
        return np.maximum(self._written, max(_consonants(latin), 2))

    def read_as(self, latin: str, rows: NDArray[np.int32]) -> Floats:
        """How well each of the words (by number) can be read as `latin`, as arabic_similarity says."""
        if not rows.size or not latin:
            return np.zeros(rows.size)
        symbols = self._symbols[rows]
        used = np.unique(symbols)
        place_of = np.full(len(self._kinds) + 1, 0, dtype=np.int16)
        used = used[used >= 0]
        place_of[used] = np.arange(used.size)
        steps = np.stack([_step(self._kinds[kind], latin) for kind in used])
        skip = _skipping(latin)
        steps = np.min(skip[None, :, :, None] + steps[:, None, :, :], axis=2)
        costs = np.full((rows.size, len(latin) + 1), _FAR)
        costs[:, 0] = 0.0
        for place in range(symbols.shape[1]):
            going = np.flatnonzero(symbols[:, place] >= 0)
            if not going.size:
                break
            moves = steps[place_of[symbols[going, place]]]
            costs[going] = np.min(costs[going][:, :, None] + moves, axis=1)
        ends = np.min(costs + skip[:, -1], axis=1)
        return _likeness(ends, self.sizes(latin)[rows])


def _skipping(latin: str) -> Floats:
    """What passing over the Latin letters from one place to a later one costs."""
    width = len(latin)
    out = np.full((width + 1, width + 1), _FAR)
    for start in range(width + 1):
        out[start, start] = cost = 0.0
        for at in range(start, width):
            cost += _passing(latin[at], at, width)
            out[start, at + 1] = cost
    return out


def _passing(char: str, at: int, width: int) -> float:
    if char in SHORT_VOWELS:
        return DOUBTED_VOWEL if at else EXTRA_START
    return FINAL_H if char == "h" and at == width - 1 else EXTRA_CONSONANT


def _step(kind: tuple[str, bool], latin: str) -> Floats:
    """What one Arabic letter costs from each place of the Latin word to each other."""
    letter, last = kind
    width = len(latin)
    out = np.full((width + 1, width + 1), _FAR)
    np.fill_diagonal(out, silent(letter, last=last))
    sounds = [sound for sound in _sounds(letter, last=last) if sound]
    for at in range(width):
        if latin[at] not in SHORT_VOWELS:
            out[at, at + 1] = WRONG
        for sound in sounds:
            if latin.startswith(sound, at):
                end = at + len(sound)
                out[at, end] = 0.0
                if latin.startswith(sound, end):
                    out[at, end + len(sound)] = 0.0
    return out


class LatinWords:
    """Latin words, ready to be the readings of any Arabic-script word."""

    def __init__(self, words: Sequence[str]) -> None:
        width = max(map(len, words), default=0)
        self._chars = np.zeros((len(words), width + 1), dtype=np.uint8)
        for row, word in enumerate(words):
            self._chars[row, : len(word)] = np.frombuffer(word.encode(), dtype=np.uint8)
        self._sizes = np.array([len(word) for word in words], dtype=np.int32)
        self._letters = np.array([letters_of(word) for word in words], dtype=np.uint32)
        self.consonants = np.array([_consonants(word) for word in words], dtype=np.float64)

    @staticmethod
    def own_size(native: str) -> float:
        """What the cost of reading `native` is set against at least."""
        return max(_written(bare(native)), 2)

    def sizes(self, native: str) -> Floats:
        """What the cost of reading `native` as each word is set against."""
        return np.maximum(self.consonants, self.own_size(native))

    def readings(self, native: str, rows: NDArray[np.int32], least: float = 0.0) -> Floats:
        """How well `native` can be read as each of the words (by number), as arabic_similarity says.

        A word that cannot reach `least` any more is given up on the way: 0.
        """
        letters = bare(native)
        out = np.zeros(rows.size)
        if not rows.size or not letters:
            return out
        every = self.sizes(native)[rows]
        # Letters that are always heard and have no consonant on the other side, and the other way round.
        heard = self.consonants[rows]
        unheard = np.maximum(sum(letter in ALWAYS_HEARD for letter in letters) - heard, heard - _capacity(letters))
        unheard = np.maximum(unheard, self._strange(letters, rows))
        going = np.flatnonzero(unheard * _LEAST_MISS <= (1.0 - least) * every + _ROUNDING)
        if not going.size:
            return out
        state = _Walk.begin(self._chars[rows[going]], self._sizes[rows[going]])
        for place, letter in enumerate(letters):
            state.read(letter, last=place == len(letters) - 1)
            kept = state.costs.min(axis=1) <= (1.0 - least) * every[going] + _ROUNDING
            if not kept.all():
                going = going[kept]
                if not going.size:
                    return out
                state = state.only(kept)
        out[going] = _likeness(state.ends(), every[going])
        return out

    def _strange(self, letters: str, rows: NDArray[np.int32]) -> NDArray[np.int64]:
        """How many consonants at least are on one side alone: each costs a miss."""
        theirs = self._letters[rows]
        known = letters_of("".join(sound for letter in letters for sound in LETTERS.get(letter, ()))) | _FREE
        extra = np.bitwise_count(theirs & ~np.uint32(known)).astype(np.int64)
        missing = np.zeros(rows.size, dtype=np.int64)
        for letter in letters:
            if letter in ALWAYS_HEARD:
                missing += (theirs & np.uint32(letters_of("".join(LETTERS[letter])) & ~_VOWELS)) == 0
        return np.maximum(extra, missing)


def letters_of(word: str) -> int:
    """The letters of a Latin word as bits."""
    bits = 0
    for char in set(word):
        bits |= 1 << (ord(char) - ord("a") if "a" <= char <= "z" else 26)
    return bits


_VOWELS = letters_of("".join(SHORT_VOWELS))
# An h at the end is heard or not.
_FREE = _VOWELS | letters_of("h")


@dataclass
class _Walk:
    """How far an Arabic word has been read along each of many Latin ones, and at what cost."""

    chars: NDArray[np.uint8]
    sizes: NDArray[np.int32]
    passing: Floats
    wrong: Floats
    costs: Floats

    @classmethod
    def begin(cls, chars: NDArray[np.uint8], sizes: NDArray[np.int32]) -> _Walk:
        """Nothing read yet."""
        chars = chars[:, : int(sizes.max()) + 1]
        vowels = _IS_VOWEL[chars]
        inside = np.arange(chars.shape[1])[None, :] < sizes[:, None]
        costs = np.full(chars.shape, _FAR)
        costs[:, 0] = 0.0
        wrong = np.where(inside & ~vowels, WRONG, _FAR)
        return cls(chars, sizes, _passing_many(chars, vowels, inside, sizes), wrong, costs)

    def only(self, kept: NDArray[np.bool_]) -> _Walk:
        """The same for some of the words."""
        sizes = self.sizes[kept]
        width = int(sizes.max()) + 1
        passing, wrong, costs = (array[kept, :width] for array in (self.passing, self.wrong, self.costs))
        return _Walk(self.chars[kept, :width], sizes, passing, wrong, costs)

    def read(self, letter: str, *, last: bool) -> None:
        """One letter more."""
        _pass_over(self.costs, self.passing)
        following = self.costs + silent(letter, last=last)
        following[:, 1:] = np.minimum(following[:, 1:], (self.costs + self.wrong)[:, :-1])
        for sound in _sounds(letter, last=last):
            if sound:
                _hear(self.costs, following, _heard(self.chars, sound), len(sound))
        self.costs = following

    def ends(self) -> Floats:
        """What each whole reading costs."""
        _pass_over(self.costs, self.passing)
        return np.asarray(self.costs[np.arange(self.sizes.size), self.sizes])


def _passing_many(
    chars: NDArray[np.uint8], vowels: NDArray[np.bool_], inside: NDArray[np.bool_], sizes: NDArray[np.int32]
) -> Floats:
    out = np.where(vowels, DOUBTED_VOWEL, EXTRA_CONSONANT)
    out[:, 0] = np.where(vowels[:, 0], EXTRA_START, out[:, 0])
    ends = np.arange(chars.shape[1])[None, :] == sizes[:, None] - 1
    out[ends & (chars == ord("h"))] = FINAL_H
    out[~inside] = _FAR
    return np.asarray(out)


def _pass_over(costs: Floats, passing: Floats) -> None:
    for at in range(costs.shape[1] - 1):
        np.minimum(costs[:, at + 1], costs[:, at] + passing[:, at], out=costs[:, at + 1])


def _heard(chars: NDArray[np.uint8], sound: str) -> NDArray[np.bool_]:
    """Where each word continues with the sound."""
    out = np.zeros(chars.shape, dtype=bool)
    width = chars.shape[1] - len(sound) + 1
    if width > 0:
        out[:, :width] = True
        for offset, char in enumerate(sound):
            out[:, :width] &= chars[:, offset : offset + width] == ord(char)
    return out


def _hear(costs: Floats, following: Floats, here: NDArray[np.bool_], size: int) -> None:
    """One sound, or the same twice: a doubled consonant is written once in Arabic."""
    once = np.where(here, costs, _FAR)
    following[:, size:] = np.minimum(following[:, size:], once[:, :-size])
    twice = here.copy()
    twice[:, :-size] &= here[:, size:]
    twice[:, -size:] = False
    reach = 2 * size
    if reach < costs.shape[1]:
        again = np.where(twice, costs, _FAR)
        following[:, reach:] = np.minimum(following[:, reach:], again[:, :-reach])
