"""The listed people in memory: from a name to the few that could reach the wanted score.

For each listed name an upper bound of the score (person_bound.py) follows from which of the words have an alike
partner; only names whose bound reaches the score are compared precisely.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import islice, pairwise, product

import numpy as np
from numpy.typing import NDArray

from origination.domain.screening.alignment import JOIN_MIN, JOINED_LIKE, NATIVE_JOIN_LETTERS
from origination.domain.screening.arabic_many import letters_of
from origination.domain.screening.fold import Spelling, spell
from origination.domain.screening.han import mandarin, readings, simplify, split_surname
from origination.domain.screening.han_foreign import begins_with, classes, classes_of, parts_of, pattern
from origination.domain.screening.han_person import FULL_NAME, LONG_NAME, is_syllables, southern, spellings
from origination.domain.screening.hongkong import mixed_keys
from origination.domain.screening.korean import korean_keys
from origination.domain.screening.person_bound import Fits, is_half
from origination.domain.screening.similarity import ALIGNED_MIN, lifted, spelling_similarity, word_similarity
from origination.domain.screening.sino_korean import korean_readings, sounds_key
from origination.domain.screening.vocabulary import Memory, Vocabulary, VocabularyBuilder
from origination.domain.screening.wade_giles import chinese_keys
from origination.domain.screening.words import Name, Role, Word, native_name
from origination.domain.screening.writing import clean

Floats = NDArray[np.float32]
Arrays = dict[str, NDArray[np.generic]]
_SOLID = frozenset({Role.NAME, Role.PATRONYMIC})
_JOINED = 0.99
# Share of the letters of a romanisation that may be wrong: a fifth of the longer writing.
_TYPED_WRONG = 0.25
_EVERY_LETTER = (1 << 27) - 1
_GIVEN_MAX = 16
_JOIN_LETTERS, _JOIN_SPELLED = 4, 6


def solid_words(name: Name) -> list[Word]:
    """The words that must find a partner: names and patronymics (titles only when there is nothing else)."""
    solid = list({(w.text, w.native): w for w in name.words if w.role in _SOLID}.values())
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


class PeopleBuilder:
    """Collects what the index needs to know of each listed personal name."""

    def __init__(self) -> None:
        self.words, self.joined = VocabularyBuilder(), VocabularyBuilder()
        self.kinds: dict[str, Word] = {}
        self.counts: list[tuple[int, int, int, int]] = []
        self.starts: list[tuple[int, int]] = []
        self.repeats: list[int] = []
        self.spelt: list[int] = []
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
        self.spelt.append(letters_of("".join(word.text for word in prepared.words)))
        self.repeats.append(sum(word.role in _SOLID for word in prepared.words) - len(solid) if solid else 0)
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
            "spelt": np.array(self.spelt, dtype=np.uint32),
            "repeats": np.maximum(0, np.array(self.repeats, dtype=np.int16)),
        }
        for name, builder in (("words", self.words), ("joined", self.joined)):
            tokens, folds, starts, postings = builder.arrays()
            out |= {f"{name}_tokens": packed(tokens), f"{name}_folds": packed(folds), f"{name}_starts": starts}
            out[f"{name}_postings"] = postings
        fathers = [token for token, word in self.kinds.items() if word.role is Role.PATRONYMIC]
        out["fathers"] = packed(fathers)
        return out | packed_keys(self.keys)


_LETTERS = 27
# Initials that may stand for one another, as in similarity.py.
_SAME_LETTER = str.maketrans("jyegqchwo", "iiiikkkvu")


def _starts(name: Name, solid: list[Word]) -> tuple[int, int]:
    """The letters of the initials, and those that the whole words begin with, as bits."""
    initials = (word.text for word in name.words if word.role is Role.INITIAL)
    return _letters(initials), _letters(word.text for word in solid)


def _letters(words: Iterable[str]) -> int:
    bits = 0
    for word in words:
        bits |= 1 << _letter(word)
    return bits


def _letter(word: str) -> int:
    """The number of the letter that a word begins with, equal for letters that initials may stand for one another."""
    letter = ord(word[:1].translate(_SAME_LETTER) or "z") - ord("a")
    return letter if 0 <= letter < _LETTERS - 1 else _LETTERS - 1


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
                *_one_less(plain),
                *("f" + first for first in "PFMNLTKS" if begins_with(parts[-1], first)),
            }
        heard = (*readings(surname[0], surname=True), *southern(surname[0]), both)
        heard += korean_readings(plain[0], surname=True)
        korean = {"h" + key} if (key := sounds_key(plain)) else set()
        return {
            "=" + "".join(sorted(plain)),
            *_one_less(plain),
            *_given_keys(name.han),
            *korean,
            *("s" + reading for reading in heard),
        }
    every = tuple(word.text for word in name.words if not word.native)
    latin = [word.text for word in name.words if not word.native and word.role is not Role.TITLE]
    keys = {"c" + key for key in chinese_keys(every)} | {"k" + key for key in korean_keys(every)}
    cantonese, mandarin_keys = mixed_keys(every)
    keys |= {"y" + key for key in cantonese} | {"m" + key for key in mandarin_keys}
    if not solid_words(name):
        keys |= {"i" + word.text for word in name.words if word.role is Role.INITIAL}
    if len(latin) == 1 and is_syllables(latin[0]):
        # Written in one, with the surname at either end.
        keys |= {"l" + part for end in range(1, 7) for part in (latin[0][:end], latin[0][-end:])}
    if 1 < len(latin) <= 5:
        # The surname stands at either end, or behind a Western given name.
        keys |= {"l" + latin[0], "l" + latin[-1], *("l" + word for word in latin[1:2] if len(latin) > 2)}
        # Where the surname is misspelt the given name is not.
        keys |= {"g" + given for given in ("".join(latin[1:]), "".join(latin[:-1])) if is_syllables(given)}
    return keys


def _given_keys(han: str) -> set[str]:
    """The given name in pinyin, for names of three characters and more: in shorter ones nothing may be misspelt."""
    if len(han) < FULL_NAME:
        return set()
    given = split_surname(han)[1]
    heard = product(*[(mandarin(simplify(char)) or ("",))[:2] for char in given])
    return {"G" + "".join(chosen) for chosen in islice(heard, _GIVEN_MAX)}


def _one_less(plain: str) -> set[str]:
    """Keys of which long names in characters share one when they differ in one character."""
    if len(plain) < LONG_NAME - 1:
        return set()
    return {"d" + "".join(sorted(plain[:at] + plain[at + 1 :])) for at in range(len(plain))} | {
        "d" + "".join(sorted(plain))
    }


def _wanted_keys(name: Name) -> set[str]:
    keys = _exact_keys(name)
    if name.han:
        across = {"s": "l", "G": "g"}
        return {key for key in keys if key[0] in "=hd"} | {across[k[0]] + k[1:] for k in keys if k[0] in across}
    heard = {"f" + classes(word.text)[:1] for word in name.words if word.role in {Role.NAME, Role.PATRONYMIC}}
    # Cantonese beside Mandarin; a surname in Latin letters, or the rest of a name, beside characters.
    across = {"y": "m", "m": "y", "l": "s", "g": "G"}
    found = {key if key[0] in "cki" else across.get(key[0], "") + key[1:] for key in keys}
    return heard | found


def _masks(heard: Iterable[str]) -> tuple[int, ...]:
    """The letters of each reading; for a character that is not read so, more than any name has."""
    return tuple({letters_of(reading) for reading in heard}) or (_EVERY_LETTER,)


@lru_cache(maxsize=20_000)
def _anyhow(char: str, *, surname: bool) -> tuple[int, ...]:
    return _masks((*readings(char), *(readings(char, surname=True) if surname else ())))


@lru_cache(maxsize=20_000)
def _southern(char: str, *, surname: bool) -> tuple[int, ...]:  # noqa: ARG001
    return _masks(southern(char))


@lru_cache(maxsize=20_000)
def _korean(char: str, *, surname: bool) -> tuple[int, ...]:
    plain = simplify(char)
    return _masks((*korean_readings(plain), *(korean_readings(plain, surname=True) if surname else ())))


@lru_cache(maxsize=20_000)
def _pinyin(char: str, *, surname: bool) -> tuple[int, ...]:
    return _masks((*mandarin(simplify(char)), *(readings(char, surname=True)[:1] if surname else ())))


class PeopleIndex:
    """Immutable after building but for its memory of similar words."""

    def __init__(self, arrays: Arrays) -> None:
        counts = np.asarray(arrays["counts"], dtype=np.float32).reshape(-1, 4)
        self._names, self._fathers, self._full, self._initials = (counts[:, i].copy() for i in range(4))
        self._spelt = np.asarray(arrays["spelt"], dtype=np.uint32)
        self._repeats = np.asarray(arrays["repeats"], dtype=np.float32)
        letters = np.asarray(arrays["letters"], dtype=np.int32).reshape(-1, 2)
        self._initial_letters = letters[:, 0].copy()
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
        self._first_counts: NDArray[np.uint8] | None = None

    def candidates(self, name: Name, floor: float) -> list[int]:
        """The numbers of the listed names whose score could reach `floor`."""
        found: set[int] = set()
        for key in _wanted_keys(name):
            numbers = self._keys.get(key, np.empty(0, dtype=np.int32))
            found.update((self._spelling(name.han, numbers) if name.han and key[0] == "l" else numbers).tolist())
        if name.han:
            found.update(self._read_as_foreigner(parts_of(clean(name.written), name.han)))
        elif len(self._names):
            at, bound = self._bound(name)
            found.update(at[bound >= floor].tolist())
        return sorted(found)

    def _spelling(self, han: str, numbers: NDArray[np.int32]) -> NDArray[np.int32]:
        """The listed names that have the letters of all characters in one way of reading, or nearly those of pinyin."""
        theirs = self._spelt[numbers]
        room = int(_TYPED_WRONG * max(map(len, spellings(han)), default=0)) if len(han) > 2 else 0
        kept = np.zeros(numbers.size, dtype=bool)
        for way, most in ((_anyhow, 0), (_southern, 0), (_korean, 0), (_pinyin, room)):
            missing = np.zeros(numbers.size, dtype=np.int64)
            for at, char in enumerate(han):
                masks = way(char, surname=at < 2)
                missing += np.min([np.bitwise_count(np.uint32(mask) & ~theirs) for mask in masks], axis=0)
            kept |= missing <= most
        return numbers[kept]

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
        heard: set[int] = set()
        for row, word in zip(whole, solid, strict=True):
            for token, score in self._alike(word):
                row[self._words.names_with(token)] = score
                heard.add(token)
        answered = self._repeats.copy()
        for token in heard:
            answered[self._words.names_with(token)] += 1
        used = self._join(name, solid, whole, answered)
        at = np.flatnonzero(whole.any(axis=0))
        every = Counter((word.text, word.native) for word in name.words)
        times = tuple(every[word.text, word.native] for word in solid)
        fits = Fits(solid, times, whole[:, at], used[at], answered[at])
        by_own, by_listed = self._absorbed(name, fits, at, heard)
        names, fathers, full = self._names[at], self._fathers[at], self._full[at]
        bound = fits.bound(names, fathers, full, np.asarray(by_own), np.asarray(by_listed))
        return at, bound + fits.slack()

    def _absorbed(self, name: Name, fits: Fits, at: NDArray[np.int64], heard: set[int]) -> tuple[Floats, Floats]:
        """How many words without partner the initials of the query may stand for, and those of the listed name.

        A listed word that has a partner is left over only where more listed words than words of the query have one.
        """
        own = [_letter(word.text) for word in name.words if word.role is Role.INITIAL]
        listed, bits = self._initials[at], self._initial_letters[at]
        by_own = by_listed = np.zeros(at.size, dtype=np.float32)
        if own:
            begin = self._begins()[sorted(set(own))].sum(axis=0)[at]
            taken = np.zeros(len(self._names), dtype=np.float32)
            for token in heard:
                if self._letter_of(token) in own:
                    taken[self._words.names_with(token)] += 1
            free = begin - np.maximum(0, taken[at] - (fits.answered - fits.pairs))
            same = (bits & sum(1 << letter for letter in set(own))) != 0
            by_own = np.minimum(len(own), np.maximum(0, free) + listed * same)
        if listed.any():
            left = fits.over * (bits != 0)
            for hit, word in zip(fits.hit, fits.solid, strict=True):
                left += ~hit & ((bits >> _letter(word.text)) & 1 != 0)
            by_listed = np.minimum(listed, left)
        return by_own, by_listed

    def _letter_of(self, token: int) -> int:
        text = self._words.tokens[token]
        return _letter(text if text.isascii() else native_name(text).text)

    def _begins(self) -> NDArray[np.uint8]:
        """How many words of each listed name begin with each letter."""
        if self._first_counts is None:
            self._first_counts = np.zeros((_LETTERS, len(self._names)), dtype=np.uint8)
            for token in range(len(self._words.tokens)):
                self._first_counts[self._letter_of(token), self._words.names_with(token)] += 1
        return self._first_counts

    def _join(self, name: Name, solid: list[Word], best: Floats, answered: Floats) -> Floats:
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
                answered[postings] += len(rows)
                for row in rows:
                    best[row, postings] = np.maximum(best[row, postings], _JOINED)
        for i, word in enumerate(solid):
            for token in self._written_together(word):
                postings = self._joined.names_with(token)
                best[i, postings] = np.maximum(best[i, postings], _JOINED)
                used[postings] += 1
                answered[postings] += 1
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
        writings = {together, "ال".join(parts)}
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
