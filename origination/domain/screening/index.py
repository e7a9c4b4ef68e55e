"""All listed names in memory, and the quick way from a name to the few it could be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from origination.domain.screening import lexicon
from origination.domain.screening.company_words import WEIGHTS, CompanyName, Part, prepare_company
from origination.domain.screening.fold import spell
from origination.domain.screening.han import readings, simplify, split_surname
from origination.domain.screening.keys import latin_keys, native_keys, near_tokens
from origination.domain.screening.party import ListedEntry, PartyKind
from origination.domain.screening.similarity import ALIGNED_MIN, spelling_similarity, word_similarity
from origination.domain.screening.words import Name, Role, Word, prepare_person

_SLACK = 0.4
_OWN = frozenset({Part.CORE, Part.NUMBER})


@dataclass(slots=True)
class ListedForm:
    """One listed name, prepared; `solid` counts the words that must find a partner."""

    entry: int
    weak: bool
    text: str
    person: Name | None
    company: CompanyName | None
    solid: int


@dataclass(slots=True)
class _Vocabulary:
    """Every word of every listed name of one kind: which words have a key, which names have a word."""

    words: dict[str, Word] = field(default_factory=dict)
    by_key: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    names: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    families: dict[tuple[str, int], list[str]] = field(default_factory=lambda: defaultdict(list))
    near: dict[tuple[str, str], tuple[tuple[str, float], ...]] = field(default_factory=dict)

    def add(self, word: Word, name: int) -> None:
        token = word.native or word.text
        if token not in self.words:
            self.words[token] = word
            for key in native_keys(word.native) if word.native else latin_keys(word.text):
                self.by_key[key].append(token)
            for family in () if word.native else _families(word.text):
                self.families[family].append(token)
        posting = self.names[token]
        if not posting or posting[-1] != name:
            posting.append(name)

    def alike(self, word: Word) -> tuple[tuple[str, float], ...]:
        """The listed words like this one, with their similarity; remembered, for names repeat."""
        token = (word.text, word.native)
        known = self.near.get(token)
        if known is None:
            keys = native_keys(word.native) if word.native else latin_keys(word.text)
            tokens = {found for key in keys for found in self.by_key.get(key, ())}
            if not word.native:
                native = {token for token in tokens if self.words[token].native}
                tokens = {*native, *near_tokens(word.text, tokens - native), *self._namesakes(word.text)}
            scored = ((found, word_similarity(word, self.words[found])) for found in tokens)
            known = tuple((found, score) for found, score in scored if score >= ALIGNED_MIN)
            if len(self.near) > 100_000:
                self.near.clear()
            self.near[token] = known
        return known

    def _namesakes(self, text: str) -> set[str]:
        """Listed writings of the same name that look nothing like it: Vladimir and Volodymyr, Bill and William."""
        return {token for family in _families(text) for token in self.families.get(family, ())}


def _families(text: str) -> list[tuple[str, int]]:
    group = lexicon.name_groups().get(text)
    nicks = [("nick", number) for number in lexicon.nicknames().get(text, ())]
    return nicks if group is None else [("name", group), *nicks]


class ScreeningIndex:
    """Immutable after building; safe to share between threads that only search."""

    def __init__(self, entries: Iterable[ListedEntry]) -> None:
        self.entries: list[ListedEntry] = list(entries)
        self.forms: list[ListedForm] = []
        self._people = _Vocabulary()
        self._cores: dict[str, list[int]] = defaultdict(list)
        self._core_keys: dict[str, list[str]] = defaultdict(list)
        self._han_whole: dict[str, list[int]] = defaultdict(list)
        self._han_surname: dict[str, list[int]] = defaultdict(list)
        self._first_last: dict[str, list[int]] = defaultdict(list)
        self._groups: dict[int, list[int]] = defaultdict(list)
        self.identifiers: dict[str, list[int]] = defaultdict(list)
        self.by_id = {(entry.list_name, entry.entry_id): entry for entry in self.entries}
        for number, entry in enumerate(self.entries):
            self._add(number, entry)

    def __len__(self) -> int:
        return len(self.forms)

    def _add(self, number: int, entry: ListedEntry) -> None:
        for _kind, value in entry.identifiers:
            token = identifier_token(value)
            if token:
                self.identifiers[token].append(number)
        for name in dict.fromkeys(entry.names):
            if entry.kind is PartyKind.PERSON:
                self._add_person(number, name.text, weak=name.weak)
            else:
                self._add_company(number, name.text, weak=name.weak)

    def _add_person(self, entry: int, text: str, *, weak: bool) -> None:
        prepared = prepare_person(text)
        at = len(self.forms)
        solid = solid_words(prepared)
        self.forms.append(ListedForm(entry, weak, text, prepared, None, len(solid)))
        if prepared.han:
            self._han_whole["".join(sorted(simplify(prepared.han)))].append(at)
            surname, _given = split_surname(prepared.han)
            for reading in readings(surname[0], surname=True):
                self._han_surname[reading].append(at)
            return
        for word in (*solid, *joined_words(prepared)):
            self._people.add(word, at)
        latin = [word for word in prepared.words if not word.native and word.role is not Role.TITLE]
        if 1 < len(latin) <= 4 or (len(latin) == 1 and len(latin[0].text) > 4):
            for text_part in {latin[0].text, latin[-1].text}:
                self._first_last[text_part].append(at)

    def _add_company(self, entry: int, text: str, *, weak: bool) -> None:
        prepared = prepare_company(text)
        at = len(self.forms)
        own = sum(1 for word in prepared.words if word.part in _OWN)
        self.forms.append(ListedForm(entry, weak, text, None, prepared, own))
        for token in company_tokens(prepared):
            if token not in self._cores:
                for key in latin_keys(token):
                    self._core_keys[key].append(token)
            self._cores[token].append(at)
        if not any(word.part is Part.CORE for word in prepared.words):
            for group in {word.group for word in prepared.words if word.group >= 0}:
                self._groups[group].append(at)

    def candidates(self, query: str, kind: PartyKind) -> tuple[Name | CompanyName, list[int]]:
        """The prepared query and the numbers of the forms worth a precise comparison."""
        if kind is PartyKind.PERSON:
            name = prepare_person(query)
            return name, self._person_candidates(name)
        company = prepare_company(query)
        return company, self._company_candidates(company)

    def _person_candidates(self, name: Name) -> list[int]:
        if name.han:
            return sorted(self._han_candidates(name.han))
        found: set[int] = set()
        latin = [word.text for word in name.words if not word.native and word.role is not Role.TITLE]
        for text in {latin[0], latin[-1]} if latin else ():
            found.update(self._han_surname.get(text, ()))
        initials = sum(1 for word in name.words if word.role is Role.INITIAL)
        solid = solid_words(name)
        for at, agreed in self._agreeing(solid, joined_words(name)).items():
            if _may_alert(agreed, len(solid), self.forms[at].solid, initials):
                found.add(at)
        return sorted(found)

    def _agreeing(self, words: list[Word], joined: list[Word]) -> dict[int, float]:
        """Form number -> the sum over the words of their best similarity to a word of that form."""
        hits: dict[int, float] = defaultdict(float)
        for word in words:
            best: dict[int, float] = {}
            for token, score in self._people.alike(word):
                for at in self._people.names[token]:
                    if score > best.get(at, 0.0):
                        best[at] = score
            for at, score in best.items():
                hits[at] += score
        for word in joined:
            for token, score in self._people.alike(word):
                for at in self._people.names[token]:
                    hits[at] += 2.0 * score
        return hits

    def _han_candidates(self, han: str) -> set[int]:
        found = set(self._han_whole.get("".join(sorted(simplify(han))), ()))
        surname, _given = split_surname(han)
        first = readings(surname[0], surname=True)
        both = "".join((readings(char, surname=True) or ("",))[0] for char in surname)
        for reading in {*first, both}:
            found.update(self._first_last.get(reading, ()))
        return found

    def _company_candidates(self, company: CompanyName) -> list[int]:
        whole = [word.text for word in company.words if word.part in _OWN]
        hits: dict[int, int] = defaultdict(int)
        found: set[int] = set()
        for token in company_tokens(company):
            known = {other for key in latin_keys(token) for other in self._core_keys.get(key, ())}
            alike = [o for o in near_tokens(token, known) if o == token or spelling_similarity(token, o) >= 0.78]
            forms = {at for other in alike for at in self._cores[other]}
            if token in whole:
                for at in forms:
                    hits[at] += 1
            else:
                found.update(forms)
        shared = sum(WEIGHTS[word.part] for word in company.words if word.part not in _OWN)
        found.update(
            at for at, count in hits.items() if _company_may_alert(count, len(whole), self.forms[at].solid, shared)
        )
        if not whole:
            counts: dict[int, int] = defaultdict(int)
            for group in {word.group for word in company.words if word.group >= 0}:
                for at in self._groups.get(group, ()):
                    counts[at] += 1
            found.update(at for at, count in counts.items() if count >= min(2, len(company.words)))
        return sorted(found)


def solid_words(name: Name) -> list[Word]:
    """The words that must find a partner: names and patronymics (titles only when there is nothing else)."""
    solid = list({(w.text, w.native): w for w in name.words if w.role in {Role.NAME, Role.PATRONYMIC}}.values())
    return solid or [word for word in name.words if word.role is Role.TITLE]


def joined_words(name: Name) -> list[Word]:
    """Neighbouring words written as one, and short names as a whole: what a missing blank makes of them."""
    latin = [word for word in name.words if not word.native and word.role is not Role.INITIAL]
    out = []
    for one, other in pairwise(latin):
        joined = one.text + other.text
        out.append(Word(joined, spell(joined), Role.NAME))
    return out


def company_tokens(company: CompanyName) -> list[str]:
    """The core words, neighbours joined, and the readings of characters."""
    core = [word for word in company.words if word.part in {Part.CORE, Part.NUMBER}]
    tokens = [word.text for word in core if word.text]
    plain = [word for word in company.words if word.text]
    for one, other in pairwise(plain):
        if Part.CORE in {one.part, other.part}:
            tokens.append(one.text + other.text)
    return list(dict.fromkeys(tokens))


def _may_alert(agreed: float, wanted: int, offered: int, initials: int) -> bool:
    """No name is passed over that could reach the alert score: an upper bound of it decides.

    One agreeing word is enough only when one of the sides has a single word, or an initial may stand for the other.
    """
    if agreed < 1.4 and min(wanted, offered) > 1 and not initials:
        return False
    if agreed < 0.7:
        return False
    left = min(wanted, offered) - agreed - initials
    if left <= _SLACK:
        return True
    return agreed / (agreed + 1.25 * (left - _SLACK)) >= 0.74


def _company_may_alert(agreed: int, wanted: int, offered: int, shared: float) -> bool:
    """As `_may_alert`: `shared` is the weight of the trade words and places, which may all agree."""
    left = min(wanted, offered) - agreed
    return left <= 0 or (agreed + shared) / (agreed + shared + 1.25 * left) >= 0.74


def identifier_token(value: str) -> str:
    """Letters and digits of an identifier in capitals; too short a one tells nothing."""
    token = "".join(char for char in value.upper() if char.isalnum())
    return token if len(token) >= 5 and any(char.isdigit() for char in token) else ""
