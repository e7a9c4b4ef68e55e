"""Who is screened, who is listed, and what an alert says."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from core.domain.texts import Text
from origination.domain.screening.birth import Birth


class PartyKind(StrEnum):
    """People and companies are compared by different rules; a vessel or aircraft only by name as a company is."""

    PERSON = "person"
    COMPANY = "company"


@dataclass(frozen=True, slots=True)
class ListedName:
    """One name of an entry. A weak alias (nickname, acronym) never raises an alert alone."""

    text: str
    weak: bool = False


@dataclass(frozen=True, slots=True)
class ListedEntry:
    """One entry of a list, as its publisher gives it; the first name is the primary one.

    `entry_id` is the publisher's and stays the same from edition to edition. `identifiers` are (kind, value) as
    published, `countries` names or codes as published.
    """

    list_name: str
    entry_id: str
    kind: PartyKind
    names: tuple[ListedName, ...]
    births: tuple[Birth, ...] = ()
    countries: tuple[str, ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()
    programme: str = ""
    remarks: str = ""
    subtype: str = ""

    def __post_init__(self) -> None:
        if not self.names:
            raise ValueError(f"entry {self.entry_id} of {self.list_name} has no name")


@dataclass(frozen=True, slots=True)
class ScreenedParty:
    """Somebody to look for: every name known (also former ones and other scripts), what else tells people apart."""

    names: tuple[str, ...]
    kind: PartyKind
    birth: Birth | None = None
    countries: tuple[str, ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class AlignedTokens:
    """One line of the card: what stands on each side and how near they are (None when one side has nothing)."""

    query: str
    listed: str
    similarity: float | None
    how: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two names compared: 0 to 1, the lines of the card, and sentences in plain words."""

    score: float
    explanation: tuple[Text, ...] = ()
    tokens: tuple[AlignedTokens, ...] = ()


@dataclass(frozen=True, slots=True)
class Alert:
    """A person must look: which entry, under which of its names, how sure, and why."""

    list_name: str
    entry_id: str
    query_name: str
    listed_name: str
    score: float
    explanation: tuple[Text, ...]
    tokens: tuple[AlignedTokens, ...] = field(default=(), compare=False)
