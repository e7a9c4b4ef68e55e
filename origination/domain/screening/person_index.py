"""The listed people in memory: from a name to the few that could reach the wanted score.

For each listed name an upper bound of the score follows from which of the words have an alike partner; only names
whose bound reaches the score are compared precisely. The bound mirrors the arithmetic of person.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from origination.domain.screening import lexicon
from origination.domain.screening.alignment import JOIN_MIN, JOINED_LIKE, NATIVE_JOIN_LETTERS
from origination.domain.screening.fold import Spelling, spell
from origination.domain.screening.han import readings, simplify, split_surname
from origination.domain.screening.han_foreign import begins_with, classes, classes_of, parts_of, pattern
from origination.domain.screening.han_person import southern
from origination.domain.screening.hongkong import mixed_keys
from origination.domain.screening.korean import korean_keys
from origination.domain.screening.similarity import ALIGNED_MIN, lifted, spelling_similarity, word_similarity
from origination.domain.screening.sino_korean import korean_readings, sounds_key
from origination.domain.screening.vocabulary import Memory, Vocabulary, VocabularyBuilder
from origination.domain.screening.wade_giles import chinese_keys
from origination.domain.screening.words import PARTS_OF_NAMES, Name, Role, Word, native_name
from origination.domain.screening.writing import clean

Floats = NDArray[np.float32]
Arrays = dict[str, NDArray[np.generic]]
# What the bound may differ by from the score: weights of very short words, rounding.
_SLACK = 0.03
_CONFLICT, _EXTRA, _EXTRA_COMMON = 1.4, 0.2, 0.52
_JOINED, _ITSELF, _INITIAL_AGREES = 0.99, 0.995, 0.5
_JOIN_LETTERS, _JOIN_SPELLED = 4, 6


def solid_words(name: Name) -> list[Word]:
    """The words that must find a partner: names and patronymics (titles only when there is nothing else)."""
    solid = list({(w.text, w.native): w for w in name.words if w.role in {Role.NAME, Role.PATRONYMIC}}.values())
    return solid or [word for word in name.words if word.role is Role.TITLE]


def joined_words(name: Name) -> list[str]:
    """Neighbouring words written as one: what a missing blank makes of them."""
    words = [word for word in name.words if word.role is not Role.INITIAL]
    out: list[str] = []
    for one, other in pairwise(words):
        if one.native and other.native:
            out.extend((one.native + other.native, one.native + "ال" + other.native))
        elif not one.native and not other.native:
            out.append(one.text + other.text)
    return out


def is_half(word: Word) -> bool:
    """`Abd`, `Din`: half a name."""
    return word.text in PARTS_OF_NAMES or word.native in PARTS_OF_NAMES


class PeopleBuilder:
    """Collects what the index needs to know of each listed personal name."""

    def __init__(self) -> None:
        self.words, self.joined = VocabularyBuilder(), VocabularyBuilder()
        self.kinds: dict[str, Word] = {}
        self.counts: list[tuple[int, int, int, int]] = []
        self.starts: list[tuple[int, int]] = []
        self.keys: dict[str, list[int]] = defaultdict(list)

    def add(self, prepared: Name) -> None:
        """The next listed name."""
        at = len(self.counts)
        solid = [] if prepared.han else solid_words(prepared)
        fathers = sum(word.role is Role.PATRONYMIC for word in solid)
        full = sum(not is_half(word) and word.role is not Role.TITLE for word in solid)
        initials = sum(word.role is Role.INITIAL for word in prepared.words)
        self.counts.append((len(solid) - fathers, fathers, full, initials))
        self.starts.append(_starts(prepared, solid))
        for key in _exact_keys(prepared):
            self.keys[key].append(at)
        for word in solid:
            token = word.native or word.text
            self.kinds.setdefault(token, word)
            self.words.add(token, at)
        for token in () if prepared.han else joined_words(prepared):
            self.joined.add(token, at)

    def arrays(self) -> Arrays:
        """Everything, ready to be stored."""
        out: Arrays = {
            "counts": np.array(self.counts, dtype=np.int16).reshape(-1, 4),
            "letters": np.array(self.starts, dtype=np.int32).reshape(-1, 2),
        }
        for name, builder in (("words", self.words), ("joined", self.joined)):
            tokens, folds, starts, postings = builder.arrays()
            out |= {f"{name}_tokens": packed(tokens), f"{name}_folds": packed(folds), f"{name}_starts": starts}
            out[f"{name}_postings"] = postings
        fathers = [token for token, word in self.kinds.items() if word.role is Role.PATRONYMIC]
        out["fathers"] = packed(fathers)
        return out | packed_keys(self.keys)


# Initials that may stand for one another, as in similarity.py.
_SAME_LETTER = str.maketrans("jyegqchwo", "iiiikkkvu")


def _starts(name: Name, solid: list[Word]) -> tuple[int, int]:
    """The letters of the initials, and those that the whole words begin with, as bits."""
    initials = (word.text for word in name.words if word.role is Role.INITIAL)
    return _letters(initials), _letters(word.text for word in solid)


def _letters(words: Iterable[str]) -> int:
    bits = 0
    for word in words:
        letter = ord(word[:1].translate(_SAME_LETTER) or "z") - ord("a")
        bits |= 1 << (letter if 0 <= letter < 26 else 26)
    return bits


def packed(words: list[str]) -> NDArray[np.generic]:
    """Words as one array of bytes, a line each."""
    return np.frombuffer("\n".join(words).encode(), dtype=np.uint8)


def unpacked(data: NDArray[np.generic]) -> list[str]:
    """The words again."""
    return data.tobytes().decode().split("\n") if data.size else []


def packed_keys(keys: Mapping[str, list[int]]) -> Arrays:
    """Keys with the numbers of the names that have them."""
    return {
        "key_names": packed(list(keys)),
        "key_sizes": np.array([len(found) for found in keys.values()], dtype=np.int32),
        "key_values": np.array([at for found in keys.values() for at in found], dtype=np.int32),
    }


def unpacked_keys(arrays: Arrays) -> dict[str, NDArray[np.int32]]:
    """The keys again."""
    ends = np.cumsum(np.asarray(arrays["key_sizes"], dtype=np.int64)).tolist()
    values = np.asarray(arrays["key_values"], dtype=np.int32)
    starts = [0, *ends][:-1]
    names = unpacked(arrays["key_names"])
    return {key: values[start:end] for key, start, end in zip(names, starts, ends, strict=True)}


def _exact_keys(name: Name) -> set[str]:
    """Keys on which two names must agree when one of them is in characters, or both are of Chinese syllables."""
    if name.han:
        plain = simplify(name.han)
        surname, _given = split_surname(name.han)
        both = "".join((readings(char, surname=True) or ("",))[0] for char in surname)
        if parts := parts_of(clean(name.written), name.han):
            return {
                "=" + "".join(sorted(plain)),
                *("f" + first for first in "PFMNLTKS" if begins_with(parts[-1], first)),
            }
        heard = (*readings(surname[0], surname=True), *southern(surname[0]), both)
        heard += korean_readings(plain[0], surname=True)
        korean = {"h" + key} if (key := sounds_key(plain)) else set()
        return {"=" + "".join(sorted(plain)), *korean, *("s" + reading for reading in heard)}
    every = tuple(word.text for word in name.words if not word.native)
    latin = [word.text for word in name.words if not word.native and word.role is not Role.TITLE]
    keys = {"c" + key for key in chinese_keys(every)} | {"k" + key for key in korean_keys(every)}
    cantonese, mandarin_keys = mixed_keys(every)
    keys |= {"y" + key for key in cantonese} | {"m" + key for key in mandarin_keys}
    if 1 < len(latin) <= 5 or (len(latin) == 1 and len(latin[0]) > 4):
        # The surname stands at either end, or behind a Western given name.
        keys |= {"l" + latin[0], "l" + latin[-1], *("l" + word for word in latin[1:2] if len(latin) > 2)}
    return keys


def _wanted_keys(name: Name) -> set[str]:
    keys = _exact_keys(name)
    if name.han:
        return {key for key in keys if key[0] in "=h"} | {"l" + key[1:] for key in keys if key[0] == "s"}
    heard = {"f" + classes(word.text)[:1] for word in name.words if word.role in {Role.NAME, Role.PATRONYMIC}}
    across = {("m" if key[0] == "y" else "y") + key[1:] for key in keys if key[0] in "ym"}
    return heard | across | {key for key in keys if key[0] in "ck"} | {"s" + key[1:] for key in keys if key[0] == "l"}


class PeopleIndex:
    """Immutable after building but for its memory of similar words."""

    def __init__(self, arrays: Arrays) -> None:
        counts = np.asarray(arrays["counts"], dtype=np.float32).reshape(-1, 4)
        self._names, self._fathers, self._full, self._initials = (counts[:, i].copy() for i in range(4))
        letters = np.asarray(arrays["letters"], dtype=np.int32).reshape(-1, 2)
        self._initial_letters, self._first_letters = letters[:, 0].copy(), letters[:, 1].copy()
        folds = {name: unpacked(arrays[f"{name}_folds"]) for name in ("words", "joined")}
        self._words, self._joined = (
            Vocabulary(
                unpacked(arrays[f"{name}_tokens"]), folds[name], np.asarray(arrays[f"{name}_starts"], dtype=np.int32),
                np.asarray(arrays[f"{name}_postings"], dtype=np.int32),
            )
            for name in ("words", "joined")
        )  # fmt: skip
        self._is_father = set(unpacked(arrays["fathers"]))
        self._keys = unpacked_keys(arrays)
        self._remembered = Memory()
        self._words_of: dict[int, Word] = {}
        self._classes: dict[str, list[int]] | None = None

    def candidates(self, name: Name, floor: float) -> list[int]:
        """The numbers of the listed names whose score could reach `floor`."""
        found: set[int] = set()
        for key in _wanted_keys(name):
            found.update(self._keys.get(key, np.empty(0, dtype=np.int32)).tolist())
        if name.han:
            found.update(self._read_as_foreigner(parts_of(clean(name.written), name.han)))
        elif len(self._names):
            at, bound = self._bound(name)
            found.update(at[bound >= floor - _SLACK].tolist())
        return sorted(found)

    def _read_as_foreigner(self, parts: tuple[str, ...]) -> list[int]:
        """Listed Latin names with a word for every part of a foreigner's name in characters."""
        if not parts:
            return []
        if self._classes is None:
            self._classes = defaultdict(list)
            for number, spelling in self._words.spellings.items():
                self._classes[classes_of(spelling)].append(number)
        counted = np.zeros(len(self._names), dtype=np.int16)
        for part in parts:
            heard = pattern(part)
            here = np.zeros(len(self._names), dtype=bool)
            for heard_as, numbers in self._classes.items():
                if heard_as and heard.fullmatch(heard_as):
                    for number in numbers:
                        here[self._words.names_with(number)] = True
            counted += here
        return [int(at) for at in np.flatnonzero(counted == len(parts))]

    def _alike(self, word: Word) -> tuple[tuple[int, float], ...]:
        """The listed words like this one with their similarity, the least alike first."""
        key = word.native or word.text
        known = self._remembered.get(key)
        if known is not None:
            return known
        if word.native:
            tokens, readings = self._words.native_near(word.native), self._words.latin_readings(word.native)
        else:
            tokens, readings = self._words.latin_near(word.spelling), self._words.native_read_as(word.spelling)
            tokens |= self._words.without_article(word.spelling, ALIGNED_MIN)
        scored = {token: word_similarity(word, self._word(token)) for token in tokens}
        scored |= {token: lifted(near) for token, near in readings.items()}
        found = sorted(((t, s) for t, s in scored.items() if s >= ALIGNED_MIN), key=lambda pair: pair[1])
        return self._remembered.keep(key, tuple(found))

    def _word(self, number: int) -> Word:
        known = self._words_of.get(number)
        if known is None:
            token = self._words.tokens[number]
            role = Role.PATRONYMIC if token in self._is_father else Role.NAME
            latin = token.isascii()
            known = Word(token, self._words.spellings[number], role) if latin else native_name(token)
            self._words_of[number] = known
        return known

    def _bound(self, name: Name) -> tuple[NDArray[np.int64], Floats]:
        """The listed names that share a word with the query, and the most that each one's score can be."""
        solid = solid_words(name)
        whole = np.zeros((len(solid), len(self._names)), dtype=np.float32)
        for row, word in zip(whole, solid, strict=True):
            for token, score in self._alike(word):
                row[self._words.names_with(token)] = score
        used = self._join(name, solid, whole)
        at = np.flatnonzero(whole.any(axis=0))
        best, joins = whole[:, at], used[at]
        fathers = np.array([word.role is Role.PATRONYMIC for word in solid], dtype=bool)
        half = np.array([is_half(word) for word in solid], dtype=bool)
        hit = best > 0
        # Half a name counts in full where it agrees with something else than itself: `Abdul` with Aboud.
        weights = np.where(half[:, None] & (best >= _ITSELF), 0.5, 1.0)
        agreed, matched = (weights * best).sum(axis=0), (weights * hit).sum(axis=0)
        names_hit, fathers_hit = hit[~fathers].sum(axis=0), hit[fathers].sum(axis=0)
        left_names, left_fathers = (~fathers).sum() - names_hit, fathers.sum() - fathers_hit
        other_names = np.maximum(0, self._names[at] - names_hit - joins)
        other_fathers = np.maximum(0, self._fathers[at] - fathers_hit)
        # An initial of one side may stand for a word left over on the other; each such word less costs less.
        by_own, by_listed = self._absorbed(name, solid, at, left_names + left_fathers, other_names + other_fathers)
        absorbed = by_own + by_listed
        left_names, left_fathers = (np.maximum(0, left - by_listed) for left in (left_names, left_fathers))
        other_names, other_fathers = (np.maximum(0, other - by_own) for other in (other_names, other_fathers))
        conflicts = np.minimum(left_names, other_names) + np.minimum(left_fathers, other_fathers)
        surplus = np.abs(left_names - other_names) * ((left_names > other_names) | (joins == 0))
        common = np.array([_is_common(word) for word in solid], dtype=bool)
        few = (hit.sum(axis=0) <= 2) & (hit[~common].sum(axis=0) == 0) & (absorbed == 0)
        extra = np.where(few, _EXTRA_COMMON, _EXTRA) * surplus
        cost = _CONFLICT * conflicts + extra
        gain = _INITIAL_AGREES * absorbed
        bound = np.asarray((agreed + gain) / (matched + gain + cost), dtype=np.float32)
        shared = (hit & (weights >= 1.0)).sum(axis=0) + absorbed + joins
        full = (~half).sum()
        # One shared word is not a person, unless both names have only one.
        bound[(shared < 2) & (np.maximum(self._full[at], full) > 1)] = 0.0
        return at, bound

    def _absorbed(
        self, name: Name, solid: list[Word], at: NDArray[np.int64], left: Floats, other: Floats
    ) -> tuple[Floats, Floats]:
        """How many words without partner the initials of the query may stand for, and those of the listed name."""
        own_initials = sum(word.role is Role.INITIAL for word in name.words)
        initials, firsts = _starts(name, solid)
        listed = (self._initial_letters[at] | self._first_letters[at]) & initials != 0
        own = self._initial_letters[at] & firsts != 0
        by_own = listed * np.minimum(own_initials, other + self._initials[at])
        return by_own, np.asarray(own * np.minimum(self._initials[at], left))

    def _join(self, name: Name, solid: list[Word], best: Floats) -> Floats:
        """Words split or joined: raises `best` where neighbours of one side are one word of the other.

        Returns how many listed words more than matched ones are used up by that.
        """
        used = np.zeros(len(self._names), dtype=np.float32)
        place = {word.native or word.text: i for i, word in enumerate(solid)}
        words = [word for word in name.words if word.role is not Role.INITIAL]
        for one, other in pairwise(words):
            rows = [place[key] for key in (one.native or one.text, other.native or other.text) if key in place]
            for token in self._split(one, other) if rows else ():
                postings = self._words.names_with(token)
                for row in rows:
                    best[row, postings] = np.maximum(best[row, postings], _JOINED)
        for i, word in enumerate(solid):
            for token in self._written_together(word):
                postings = self._joined.names_with(token)
                best[i, postings] = np.maximum(best[i, postings], _JOINED)
                used[postings] += 1
        return used

    def _split(self, one: Word, other: Word) -> tuple[int, ...]:
        """Listed words that two neighbours of the query are together."""
        if bool(one.native) != bool(other.native):
            return ()
        parts = (one.native, other.native) if one.native else (one.text, other.text)
        return self._as_one(self._words, *parts)

    def _written_together(self, word: Word) -> tuple[int, ...]:
        """Listed neighbours that a word of the query is together."""
        if word.native and len(word.native) < NATIVE_JOIN_LETTERS:
            return ()
        return self._as_one(self._joined, word.native or word.text)

    def _as_one(self, vocabulary: Vocabulary, *parts: str) -> tuple[int, ...]:
        key = ("+" if vocabulary is self._joined else "") + "+".join(parts)
        known = self._remembered.get(key)
        if known is None:
            known = self._remembered.keep(key, tuple((token, 1.0) for token in _equal_when_joined(vocabulary, parts)))
        return tuple(token for token, _ in known)


def _equal_when_joined(vocabulary: Vocabulary, parts: tuple[str, ...]) -> set[int]:
    """Words that read as the parts without the blank, by the measure of alignment.py."""
    together = "".join(parts)
    if len(together) < _JOIN_LETTERS:
        return set()
    if not together.isascii():
        writings = (together, "ال".join(parts))
        return {token for writing in writings for token in vocabulary.latin_readings(writing, JOIN_MIN)}
    spelling = spell(together)
    near = vocabulary.latin_near(spelling, JOINED_LIKE)
    latin = {token for token in near if _same(spelling, vocabulary.spellings[token])}
    return latin | vocabulary.native_read_as(spelling, JOIN_MIN).keys()


def _same(one: Spelling, other: Spelling) -> bool:
    if one.fold == other.fold:
        return True
    shortest = min(len(one.text), len(other.text))
    return shortest >= _JOIN_SPELLED and spelling_similarity(one.text, other.text) >= JOINED_LIKE


def _is_common(word: Word) -> bool:
    return (word.native or word.text) in lexicon.commonest()
