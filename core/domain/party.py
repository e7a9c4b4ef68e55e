"""The parties of a loan: persons and companies, and how they are reached."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from uuid import UUID


class PartyKind(StrEnum):
    """A human being or a legal one."""

    PERSON = "person"
    COMPANY = "company"


class ContactKind(StrEnum):
    """The ways to reach somebody."""

    EMAIL = "email"
    PHONE = "phone"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Contact:
    """One way to reach a party."""

    kind: ContactKind
    value: str

    def __post_init__(self) -> None:
        if not self.value.strip():
            raise ValueError("a contact has a value")


@dataclass(frozen=True, slots=True)
class Person:
    """A human being. `name` is written as on the identity document; a Han name is one field, surname first."""

    name: str
    birth_on: date | None = None
    country: str | None = None  # ISO 3166-1 alpha-2
    identity_kind: str | None = None
    identity_number: str | None = field(default=None, repr=False)
    name_latin: str | None = None
    contacts: tuple[Contact, ...] = ()
    id: UUID | None = None

    @property
    def kind(self) -> PartyKind:
        """PERSON."""
        return PartyKind.PERSON

    def age_on(self, day: date) -> int | None:
        """Full years of life on that day; born on 29 February: the birthday of a common year is 1 March."""
        if self.birth_on is None:
            return None
        return full_years(self.birth_on, day)


@dataclass(frozen=True, slots=True)
class Company:
    """A legal person, known by its registered name and number."""

    name: str
    founded_on: date | None = None
    country: str | None = None
    identity_kind: str | None = None
    identity_number: str | None = field(default=None, repr=False)
    name_latin: str | None = None
    contacts: tuple[Contact, ...] = ()
    id: UUID | None = None

    @property
    def kind(self) -> PartyKind:
        """COMPANY."""
        return PartyKind.COMPANY


Party = Person | Company


def full_years(since: date, day: date) -> int:
    """Completed years between two days, never negative."""
    return max(0, day.year - since.year - ((day.month, day.day) < (since.month, since.day)))
