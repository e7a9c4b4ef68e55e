"""Every word of the listed names of one kind, and the quick way from a word to those that are alike.

What is alike is decided by similarity.py and arabic.py; here stand the searches that leave out no word that they would
find alike.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
from rapidfuzz.distance import OSA

from origination.domain.screening import lexicon
from origination.domain.screening.arabic import (
    LONG_CONSONANTS,
    MISS,
    allowed_misses,
    consonants,
    plain_skeleton,
    plausible_consonants,
)
from origination.domain.screening.arabic_many import Floats, LatinWords, NativeWords
from origination.domain.screening.fold import Spelling, folded, single, spell
from origination.domain.screening.han import pinyin_syllables
from origination.domain.screening.letters import IntArray, Letters, Near
from origination.domain.screening.similarity import (
    ALIGNED_MIN,
    KNOWN_LESS,
    KNOWN_LETTERS_MIN,
    NATIVE_MIN,
    RESPELT_LESS,
    has_article,
    respelt,
)
from origination.domain.screening.words import father_of

_REMEMBERED_MAX = 100_000
_COARSE = str.maketrans({
    "k": "K", "g": "K", "j": "K", "c": "T", "q": "K", "t": "T", "s": "T", "S": "T", "z": "T", "d": "T", "p": "P",
    "b": "P", "f": "P", "m": "M", "n": "N", "l": "L", "r": "R", "h": None, "v": None, "a": None, "i": None, "u": None,
})  # fmt: skip
# Letters with a reading of another class of sounds.
_OTHERWISE = frozenset("جغژבחכ")
_ROUNDING = 1e-9
_HARD_C = re.compile("c(?![eiyh])")


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


class Vocabulary:
    """Latin, Han and Arabic-script words, each with the numbers of the names (`postings`) it stands in."""

    def __init__(self, tokens: Sequence[str], folds: Sequence[str], starts: IntArray, postings: IntArray) -> None:
        self.tokens = list(tokens)
        self.number = {token: i for i, token in enumerate(self.tokens)}
        self._starts, self._postings = starts, postings
        self._latin = [i for i, token in enumerate(self.tokens) if token.isascii()]
        self.spellings = {i: folded(self.tokens[i], folds[i]) for i in self._latin}
        self._letters = Letters([self.spellings[i] for i in self._latin])
        self._families: dict[tuple[str, int], list[int]] = defaultdict(list)
        for i in self._latin:
            for family in families(self.tokens[i]):
                self._families[family].append(i)
        self._misspelt: dict[tuple[int, str], frozenset[int]] = {}
        self._scripts: _Scripts | None = None
        self._bare: tuple[list[int], Letters] | None = None
        self._respelt: tuple[list[int], Letters] | None = None

    def names_with(self, token: int) -> IntArray:
        """The numbers of the names that hold this word."""
        return self._postings[self._starts[token] : self._starts[token + 1]]

    def _by_letters(self, spelling: Spelling, least: float) -> set[int]:
        return {self._latin[i] for i in self._letters.alike(spelling, least)}

    def latin_near(self, spelling: Spelling, least: float = ALIGNED_MIN) -> set[int]:
        """Latin words that may be so much alike to a Latin one by letters or by the tables of names."""
        text = spelling.text
        found = self._by_letters(spelling, least)
        for family in families(text):
            found.update(self._families.get(family, ()))
        for again in respelt(text):
            found |= self._by_letters(spell(again), least + RESPELT_LESS)
        if not respelt(text):
            found |= self._respelt_like(spelling, least + RESPELT_LESS)
        if least > ALIGNED_MIN:
            return found
        # A misspelt known name is near to some writing of it, perhaps not to the one that stands in the list.
        if len(text) >= KNOWN_LETTERS_MIN:
            if text in lexicon.name_groups():
                found.update(self._misspelt_of(text))
            else:
                for group in groups_near(spelling):
                    found.update(self._families.get(("name", group), ()))
        for syllable in _sibilant_variants(text):
            if syllable in self.number:
                found.add(self.number[syllable])
        return found

    def _respelt_like(self, spelling: Spelling, least: float) -> set[int]:
        if self._respelt is None:
            others = [(i, again) for i in self._latin for again in respelt(self.tokens[i])]
            self._respelt = ([i for i, _ in others], Letters([spell(again) for _, again in others]))
        numbers, letters = self._respelt
        return {numbers[i] for i in letters.alike(spelling, least)}

    def _misspelt_of(self, known: str) -> frozenset[int]:
        """Words of no known name that are near to some writing of this one with the same first letter."""
        key = (lexicon.name_groups()[known], known[:1])
        if key not in self._misspelt:
            near: set[int] = set()
            for writing in lexicon.writings(*key):
                near |= self._by_letters(spell(writing), ALIGNED_MIN + KNOWN_LESS)
            self._misspelt[key] = frozenset(i for i in near if self.tokens[i] not in lexicon.name_groups())
        return self._misspelt[key]

    def one_letter_off(self, text: str) -> set[int]:
        """Latin words that differ in one letter, or in two exchanged ones."""
        return {self._latin[i] for i in self._of_scripts().texts.within(text, 1, scorer=OSA.distance)[0]}

    def without_article(self, spelling: Spelling, least: float) -> set[int]:
        """Listed `alrahmah` for `rahmah`, and the other way round."""
        text = spelling.text
        if self._bare is None:
            with_article = [i for i in self._latin if has_article(self.tokens[i])]
            self._bare = (with_article, Letters([spell(self.tokens[i][2:]) for i in with_article]))
        numbers, letters = self._bare
        found = {numbers[i] for i in letters.alike(spelling, least)}
        return found | self._by_letters(spell(text[2:]), least) if has_article(text) else found

    def native_near(self, native: str) -> set[int]:
        """Arabic-script words that may be alike to an Arabic-script one."""
        scripts = self._of_scripts()
        most = max(1, int(0.2 * (len(native) + 1)))
        return {scripts.native[i] for i in scripts.near_native.within(native, most, scorer=OSA.distance)[0]}

    def native_read_as(self, spelling: Spelling, least: float = NATIVE_MIN) -> dict[int, float]:
        """Arabic-script words that a Latin word may be a reading of, and how well it is one."""
        scripts = self._of_scripts()
        if not scripts.native:
            return {}
        coarse = _coarse(spelling.fold)
        sizes, more = scripts.native_words.sizes(spelling.text), scripts.otherwise + _hard(spelling.text)
        rows = _near_sounds(scripts.coarse_native, sizes, coarse, least, more)
        if least == NATIVE_MIN:
            rows = _plausible(scripts.consonants, rows, scripts.consonant_sizes, plain_skeleton(spelling.skeleton))
        likeness = scripts.native_words.read_as(spelling.text, rows)
        good = np.flatnonzero(likeness >= least)
        found = {scripts.native[rows[i]]: float(likeness[i]) for i in good}
        group = lexicon.name_groups().get(spelling.text)
        return found if group is None else found | dict.fromkeys(scripts.known.get(group, ()), 1.0)

    def latin_readings(self, native: str, least: float = NATIVE_MIN) -> dict[int, float]:
        """Latin words that may be a reading of an Arabic-script one, and how well each is one."""
        scripts = self._of_scripts()
        rows = scripts.sounding_like(native, least)
        if least == NATIVE_MIN:
            rows = _plausible(scripts.skeletons, rows, scripts.skeleton_sizes, plausible_consonants(native))
        likeness = scripts.latin_words.readings(native, rows, least)
        good = np.flatnonzero(likeness >= least)
        found = {self._latin[rows[i]]: float(likeness[i]) for i in good}
        group = lexicon.name_groups().get(native)
        return found if group is None else found | dict.fromkeys(self._families.get(("name", group), ()), 1.0)

    def _of_scripts(self) -> _Scripts:
        if self._scripts is None:
            self._scripts = _Scripts(self.tokens, [self.spellings[i] for i in self._latin])
        return self._scripts


class _Scripts:
    """What is needed only where words in Arabic letters occur, made on first use."""

    def __init__(self, tokens: Sequence[str], latin: Sequence[Spelling]) -> None:
        self.native = [i for i, token in enumerate(tokens) if not token.isascii()]
        words = [tokens[i] for i in self.native]
        self.near_native = Near(words)
        self.native_words, self.latin_words = NativeWords(words), LatinWords([one.text for one in latin])
        self.coarse_native = Near([_coarse(consonants(word)) for word in words])
        coarse = [_coarse(one.fold) for one in latin]
        self.coarse_latin = Near(coarse)
        self._by_coarse: dict[str, list[int]] = defaultdict(list)
        for row, sounds in enumerate(coarse):
            self._by_coarse[sounds].append(row)
        self._long: dict[float, IntArray] = {}
        self._hard = np.array([_hard(one.text) for one in latin], dtype=np.int32)
        own, skeletons = [plausible_consonants(word) for word in words], [plain_skeleton(s.skeleton) for s in latin]
        self.consonants, self.skeletons = Near(own), Near(skeletons)
        self.consonant_sizes, self.skeleton_sizes = _sizes(own), _sizes(skeletons)
        self.otherwise = np.array([_otherwise(word) for word in words], dtype=np.int32)
        self.texts = Near([one.text for one in latin])
        self.known: dict[int, list[int]] = defaultdict(list)
        for number, word in zip(self.native, words, strict=True):
            if word in lexicon.name_groups():
                self.known[lexicon.name_groups()[word]].append(number)

    def sounding_like(self, native: str, least: float) -> IntArray:
        """The Latin words whose sounds allow the likeness `least`."""
        coarse, more = _coarse(consonants(native)), _otherwise(native)
        sizes = self.latin_words.sizes(native)
        if more or _misses(self.latin_words.own_size(native), least):
            return _near_sounds(self.coarse_latin, sizes, coarse, least, more + self._hard)
        # Only a long word has room for a miss (or a c that may be an s); the others sound just so.
        if least not in self._long:
            room = _misses(self.latin_words.consonants, least) + self._hard
            self._long[least] = np.flatnonzero(room).astype(np.int32)
        long = self._long[least]
        most = 2 * _misses(sizes[long], least) + self._hard[long]
        near = self.coarse_latin.among(long, coarse, most, OSA.distance)[0]
        same = np.array(self._by_coarse.get(coarse, ()), dtype=np.int32)
        return np.union1d(long[near], same).astype(np.int32)


def _hard(latin: str) -> int:
    """How often a `c` is folded as k; sin may be read as it all the same."""
    return len(_HARD_C.findall(latin))


def _misses(size: float | Floats, least: float) -> IntArray:
    """How many sounds may be wrong in a reading set against so many."""
    return np.asarray(np.floor((1.0 - least) * size / MISS + _ROUNDING), dtype=np.int32)


def _otherwise(native: str) -> int:
    return sum(letter in _OTHERWISE for letter in native)


def _sizes(words: Iterable[str]) -> IntArray:
    return np.array([len(word) for word in words], dtype=np.int32)


def _coarse(sounds: str) -> str:
    """The classes of the consonants, each once in a row: doubled letters and h come and go."""
    return single(sounds.translate(_COARSE))


def _near_sounds(among: Near, sizes: Floats, coarse: str, least: float, more: int | IntArray) -> IntArray:
    """The words whose classes of sounds are so near that the likeness can be `least`: each miss costs 0.9 at least.

    `more` are sounds that may be heard as another class for nothing (`zh` for jim, `rh` for ghain).
    """
    misses = _misses(sizes, least)
    # One consonant wrong between two equal ones leaves two differences.
    most = 2 * misses + more
    if not most.size:
        return most
    near = among.possible(coarse, int(most.max()))
    return near[among.among(near, coarse, most[near], OSA.distance)[0]]


def _plausible(among: Near, rows: IntArray, sizes: IntArray, wanted: str) -> IntArray:
    """The words that pass the quick test of arabic.py."""
    longest = np.maximum(sizes[rows], len(wanted))
    allowed = np.where(longest < LONG_CONSONANTS, allowed_misses(0), allowed_misses(99)).astype(np.int32)
    return rows[among.among(rows, wanted, allowed, OSA.distance)[0]]


@cache
def _known() -> tuple[list[str], Letters]:
    names = [name for name in lexicon.name_groups() if name.isascii()]
    return names, Letters([spell(name) for name in names])


def groups_near(spelling: Spelling) -> set[int]:
    """The known names of which a word may be a misspelling."""
    names, letters = _known()
    groups = lexicon.name_groups()
    return {groups[names[i]] for i in letters.alike(spelling, ALIGNED_MIN + KNOWN_LESS)}


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
        """Tokens, their folds, where each one's postings start, and all postings."""
        tokens = list(self._names)
        folds = [spell(token).fold if token.isascii() else "" for token in tokens]
        starts = np.zeros(len(tokens) + 1, dtype=np.int32)
        starts[1:] = np.cumsum([len(self._names[token]) for token in tokens], dtype=np.int64)
        flat = [name for token in tokens for name in self._names[token]]
        return tokens, folds, starts, np.array(flat, dtype=np.int32)


class Memory(dict[str, tuple[tuple[int, float], ...]]):
    """Similar words by word, forgotten all at once when there are too many: names repeat."""

    def keep(self, key: str, value: tuple[tuple[int, float], ...]) -> tuple[tuple[int, float], ...]:
        """Remembers and returns the value."""
        if len(self) > _REMEMBERED_MAX:
            self.clear()
        self[key] = value
        return value
