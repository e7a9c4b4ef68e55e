"""The listed companies in memory: from a name to the few that could reach the wanted score.

As person_index.py; the bound mirrors the arithmetic of company.py.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from origination.domain.screening.acronym import acronym, initials
from origination.domain.screening.alignment import JOIN_MIN
from origination.domain.screening.company import ALIGNED_MIN, joined_similarity, word_similarity
from origination.domain.screening.company_parts import EMPTY, WEIGHTS, CompanyWord, Part, company_word
from origination.domain.screening.company_words import CompanyName
from origination.domain.screening.fold import spell
from origination.domain.screening.person_index import Arrays, Floats, packed, packed_keys, unpacked, unpacked_keys
from origination.domain.screening.similarity import lifted
from origination.domain.screening.vocabulary import Memory, Vocabulary, VocabularyBuilder
from origination.domain.screening.words import native_name
from origination.domain.screening.writing import Script, script_of

_SLACK = 0.02
_OWN = frozenset({Part.CORE, Part.NUMBER})
# What a leftover word costs at least (company.py): in full, where trade words are the name, as a trade word.
_CONFLICT, _EXTRA, _EXTRA_TRADE, _TRADE = 1.0, 0.46, 0.36, 0.2
_JOINED = 0.99
_JOIN_LETTERS = 4
_TABLES = ("words", "joined", "groups")


def _prefixes(word: CompanyWord) -> set[str]:
    """Characters may be cut short at either end: `裕龙` for `裕龙石化`."""
    size = len(word.han)
    return {word.han[:i] for i in range(2, size)} | {word.han[i:] for i in range(1, size - 1)}


def _tokens(word: CompanyWord) -> set[str]:
    if word.native:
        return {word.native}
    if not word.han:
        return {word.text} if word.text else set()
    return {word.text, "".join(sorted(word.han)), *(_prefixes(word) if word.part is Part.CORE else ())} - {""}


def _pairs(name: CompanyName) -> list[str]:
    words = [word for word in name.words if word.text and not word.han and not word.native]
    out = [one.text + other.text for one, other in pairwise(words) if Part.CORE in {one.part, other.part}]
    out.extend("".join(word.text for word in words[i : i + 3]) for i in range(len(words) - 2))
    return out


def _own_letters(name: CompanyName) -> set[str]:
    """`=irisl` for an acronym, `+irisl` for a name that may have it."""
    text = acronym(name)
    return {"+" + letters for letters in initials(name)} | ({"=" + text} if text else set())


def _native_word(token: str) -> CompanyWord:
    word = native_name(token)
    han = script_of(token[0]) is Script.HAN
    return CompanyWord(token, word.spelling, Part.CORE, native="" if han else token, han=token if han else "")


class CompanyBuilder:
    """Collects what the index needs to know of each listed company name."""

    def __init__(self) -> None:
        self.words, self.joined, self.groups = VocabularyBuilder(), VocabularyBuilder(), VocabularyBuilder()
        self.letters: dict[str, list[int]] = defaultdict(list)
        self.counts: list[tuple[int, int, int]] = []

    def add(self, prepared: CompanyName) -> None:
        """The next listed name."""
        at = len(self.counts)
        own = sum(word.part in _OWN for word in prepared.words)
        core = sum(word.part is Part.CORE for word in prepared.words)
        plain = sum(word.part is not Part.LINK and word.text not in EMPTY for word in prepared.words)
        self.counts.append((own, core, plain))
        for word in prepared.words:
            if word.part is Part.LINK and len(prepared.words) > 1:
                continue
            for token in _tokens(word):
                self.words.add(token, at)
            if word.group >= 0:
                self.groups.add(str(word.group), at)
        for token in _pairs(prepared):
            self.joined.add(token, at)
        for token in _own_letters(prepared):
            self.letters[token].append(at)

    def arrays(self) -> Arrays:
        """Everything, ready to be stored."""
        out: Arrays = {"counts": np.array(self.counts, dtype=np.int16).reshape(-1, 3)}
        for name, builder in zip(_TABLES, (self.words, self.joined, self.groups), strict=True):
            tokens, folds, starts, postings = builder.arrays()
            out |= {f"{name}_tokens": packed(tokens), f"{name}_folds": packed(folds), f"{name}_starts": starts}
            out[f"{name}_postings"] = postings
        return out | packed_keys(self.letters)


class CompanyIndex:
    """Immutable after building but for its memory of similar words."""

    def __init__(self, arrays: Arrays) -> None:
        counts = np.asarray(arrays["counts"], dtype=np.float32).reshape(-1, 3)
        self._own, self._core, self._plain = (counts[:, i].copy() for i in range(3))
        self._words, self._joined, self._groups = (
            Vocabulary(
                unpacked(arrays[f"{name}_tokens"]), unpacked(arrays[f"{name}_folds"]),
                np.asarray(arrays[f"{name}_starts"], dtype=np.int32),
                np.asarray(arrays[f"{name}_postings"], dtype=np.int32),
            )
            for name in _TABLES
        )  # fmt: skip
        self._letters = unpacked_keys(arrays)
        self._remembered = Memory()
        self._words_of: dict[int, CompanyWord] = {}

    def candidates(self, name: CompanyName, floor: float) -> list[int]:
        """The numbers of the listed names whose score could reach `floor`."""
        words = [word for word in name.words if word.part is not Part.LINK] or list(name.words)
        if not words or not len(self._own):
            return []
        best = self._best(words)
        used = self._join(words, best)
        bound = self._bound(words, best, used)
        by_words = np.flatnonzero(bound >= floor - _SLACK)
        return np.union1d(by_words, self._by_letters(name)).astype(int).tolist()

    def _by_letters(self, name: CompanyName) -> list[int]:
        """Names of which this is an acronym, and its own acronyms."""
        wanted = {("=" if token[0] == "+" else "+") + token[1:] for token in _own_letters(name)}
        return [int(at) for token in wanted for at in self._letters.get(token, ())]

    def _alike(self, word: CompanyWord) -> tuple[tuple[int, float], ...]:
        key = word.native or word.text
        known = self._remembered.get(key)
        if known is not None:
            return known
        if word.native:
            near, readings = self._words.native_near(word.native), self._words.latin_readings(word.native)
        else:
            near, readings = self._words.latin_near(word.spelling), self._words.native_read_as(word.spelling)
            near |= self._words.without_article(word.spelling, ALIGNED_MIN) | self._words.one_letter_off(word.text)
        scored = {token: word_similarity(word, self._word(token)) for token in near}
        scored |= {token: lifted(likeness) for token, likeness in readings.items()}
        found = sorted(((t, s) for t, s in scored.items() if s >= ALIGNED_MIN), key=lambda pair: pair[1])
        return self._remembered.keep(key, tuple(found))

    def _word(self, number: int) -> CompanyWord:
        known = self._words_of.get(number)
        if known is None:
            token = self._words.tokens[number]
            known = self._words_of[number] = company_word(token) if token.isascii() else _native_word(token)
        return known

    def _best(self, words: list[CompanyWord]) -> Floats:
        best = np.zeros((len(words), len(self._own)), dtype=np.float32)
        for row, word in zip(best, words, strict=True):
            for token, score in () if word.han else self._alike(word):
                row[self._words.names_with(token)] = score
            for token_text in _tokens(word) | ({word.han} if word.han else set()):
                same = self._words.number.get(token_text)
                if same is not None:
                    row[self._words.names_with(same)] = 1.0
            group = self._groups.number.get(str(word.group))
            if group is not None:
                row[self._groups.names_with(group)] = 1.0
        return best

    def _join(self, words: list[CompanyWord], best: Floats) -> Floats:
        """Words split or joined, as in person_index.py."""
        used = np.zeros(len(self._own), dtype=np.float32)
        plain = [i for i, word in enumerate(words) if word.text and not word.han and not word.native]
        for size in (2, 3):
            for start in range(len(plain) - size + 1):
                run = plain[start : start + size]
                joined = "".join(words[i].text for i in run)
                for token in self._as_one(self._words, joined):
                    postings = self._words.names_with(token)
                    best[np.array(run)[:, None], postings] = _JOINED
        for i in plain:
            for token in self._as_one(self._joined, words[i].text):
                postings = self._joined.names_with(token)
                best[i, postings] = np.maximum(best[i, postings], _JOINED)
                used[postings] += 2
        return used

    def _as_one(self, vocabulary: Vocabulary, joined: str) -> tuple[int, ...]:
        """Words that are the joined ones by the measure of company.py."""
        if len(joined) < _JOIN_LETTERS:
            return ()
        key = ("+" if vocabulary is self._joined else "-") + joined
        known = self._remembered.get(key)
        if known is None:
            near = vocabulary.latin_near(spell(joined), JOIN_MIN)
            equal = tuple((t, 1.0) for t in near if joined_similarity(joined, vocabulary.tokens[t]) >= JOIN_MIN)
            known = self._remembered.keep(key, equal)
        return tuple(token for token, _ in known)

    def _bound(self, words: list[CompanyWord], best: Floats, used: Floats) -> NDArray[np.floating]:
        """The most that each listed name's score can be; words that say nothing are left out of what it costs."""
        nameless = not any(word.part is Part.CORE for word in words)
        plain = np.array([word.text not in EMPTY for word in words], dtype=bool)
        own = plain if nameless else np.array([word.part in _OWN for word in words], dtype=bool)
        weights = np.array([1.0 if nameless else WEIGHTS[word.part] for word in words], dtype=np.float32)
        hit = best > 0
        hits = hit.sum(axis=0)
        # In a name of trade words only, those are the name and count in full.
        named = self._core > 0
        agreed = np.where(named, weights @ best, best.sum(axis=0))
        matched = np.where(named, weights @ hit.astype(np.float32), hits)
        own_hit = hit[own].sum(axis=0)
        # A trade word that agrees by its letters only may have been matched with a misspelt one: a core word there.
        loose = ((best > 0) & (best < 1.0))[~own].sum(axis=0)
        left = own.sum() - own_hit
        their_own = np.where(named, self._own, self._plain)
        by_any = hits + used
        answered = by_any if nameless else np.where(named, own_hit + loose + used, by_any)
        other = np.maximum(0, their_own - answered)
        extra = np.where(named & (not nameless), _EXTRA, _EXTRA_TRADE)
        cost = _CONFLICT * np.minimum(left, other) + extra * np.abs(left - other) * (used == 0)
        trade_left = np.maximum(0, plain.sum() - hit[plain].sum(axis=0) - left)
        trade_other = np.maximum(0, self._plain - by_any - other)
        cost += _TRADE * (trade_left + trade_other) * (used == 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            bound = agreed / (matched + cost)
        bound[~np.isfinite(bound)] = 0.0
        if not nameless:
            bound[(own_hit + used == 0) & named & (loose == 0)] = 0.0
        return np.asarray(bound)
