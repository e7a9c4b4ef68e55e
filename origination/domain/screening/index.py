"""All listed names in memory, and the quick way from a name to the few it could be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from origination.domain.screening.company_index import CompanyBuilder, CompanyIndex
from origination.domain.screening.company_words import CompanyName, prepare_company
from origination.domain.screening.party import ListedEntry, PartyKind
from origination.domain.screening.person_index import Arrays, PeopleBuilder, PeopleIndex
from origination.domain.screening.words import Name, prepare_person

_prepared_person = lru_cache(maxsize=30_000)(prepare_person)
IGNORED_SUBTYPES = frozenset({"vessel", "aircraft"})


@dataclass(frozen=True, slots=True)
class ListedForm:
    """One listed name: whose it is, and how far it counts."""

    entry: int
    weak: bool
    text: str
    kind: PartyKind

    @property
    def prepared(self) -> Name | CompanyName:
        """The name cut into words, remembered for the names that are looked at often."""
        return _prepared_person(self.text) if self.kind is PartyKind.PERSON else prepare_company(self.text)


class ScreeningIndex:
    """Immutable after building; safe to share between threads that only search.

    `saved` is what `arrays()` of an index over the same entries gave; with it nothing is computed again.
    """

    def __init__(self, entries: Iterable[ListedEntry], saved: Mapping[str, NDArray[np.generic]] | None = None) -> None:
        self.entries: list[ListedEntry] = list(entries)
        self.identifiers: dict[str, list[int]] = defaultdict(list)
        self.by_id = {(entry.list_name, entry.entry_id): entry for entry in self.entries}
        self._forms: dict[PartyKind, list[ListedForm]] = {kind: [] for kind in PartyKind}
        for number, entry in enumerate(self.entries):
            self._add(number, entry)
        self._arrays = dict(saved) if saved is not None else self._build()
        self._people = PeopleIndex(_part(self._arrays, "person"))
        self._companies = CompanyIndex(_part(self._arrays, "company"))

    def __len__(self) -> int:
        return sum(len(forms) for forms in self._forms.values())

    def _add(self, number: int, entry: ListedEntry) -> None:
        for _kind, value in entry.identifiers:
            token = identifier_token(value)
            if token:
                self.identifiers[token].append(number)
        if entry.subtype not in IGNORED_SUBTYPES:
            self._forms[entry.kind].extend(
                ListedForm(number, name.weak, name.text, entry.kind) for name in dict.fromkeys(entry.names)
            )

    def _build(self) -> Arrays:
        people, companies = PeopleBuilder(), CompanyBuilder()
        for form in self._forms[PartyKind.PERSON]:
            people.add(prepare_person(form.text))
        for form in self._forms[PartyKind.COMPANY]:
            companies.add(prepare_company(form.text))
        both = (("person", people.arrays()), ("company", companies.arrays()))
        return {f"{kind}.{name}": array for kind, arrays in both for name, array in arrays.items()}

    def arrays(self) -> Arrays:
        """What a copy of this index needs beside its entries."""
        return self._arrays

    def forms(self, kind: PartyKind) -> list[ListedForm]:
        """All listed names of one kind."""
        return self._forms[kind]

    def candidates(self, query: str, kind: PartyKind, floor: float) -> tuple[Name | CompanyName, list[ListedForm]]:
        """The prepared query and the listed names that could reach the score `floor`."""
        forms = self._forms[kind]
        if kind is PartyKind.PERSON:
            name = prepare_person(query)
            return name, [forms[at] for at in self._people.candidates(name, floor)]
        company = prepare_company(query)
        return company, [forms[at] for at in self._companies.candidates(company, floor)]


def _part(arrays: Mapping[str, NDArray[np.generic]], kind: str) -> Arrays:
    return {name.partition(".")[2]: array for name, array in arrays.items() if name.startswith(kind + ".")}


def identifier_token(value: str) -> str:
    """Letters and digits of an identifier in capitals; too short a one tells nothing."""
    token = "".join(char for char in value.upper() if char.isalnum())
    return token if len(token) >= 5 and any(char.isdigit() for char in token) else ""
