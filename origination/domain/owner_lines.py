"""Lines of the owners' page as one graph: who stands there twice, and lines that cannot be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from core.domain.party import PartyKind
from core.domain.texts import Text
from origination.domain.application import OwnerEntry


def plain_party_name(name: str) -> str:
    """A name for telling parties apart: case and blanks aside."""
    return " ".join(name.split()).casefold()


def same_party(one: OwnerEntry, other: OwnerEntry) -> bool:
    """True for the same name and kind, unless birth date or number tell the two apart; a gap tells nothing."""
    if one.kind is not other.kind or plain_party_name(one.name) != plain_party_name(other.name):
        return False
    born = one.birth_on is None or other.birth_on is None or one.birth_on == other.birth_on
    numbers = [(line.identity_kind, _digits(line.identity_number)) for line in (one, other) if line.identity_number]
    return born and (len(numbers) < 2 or numbers[0] == numbers[1])


def _digits(number: str | None) -> str:
    return "".join(c for c in number or "" if c.isalnum()).upper()


def owner_groups(entries: Sequence[OwnerEntry]) -> tuple[tuple[OwnerEntry, tuple[int, ...]], ...]:
    """Each party with the places of its lines, complete with what any of them says: one who holds shares directly and
    through a company stands in two lines and is one owner."""
    found: list[tuple[OwnerEntry, tuple[int, ...]]] = []
    for at, entry in enumerate(entries):
        known = next((n for n, (party, _) in enumerate(found) if same_party(party, entry)), None)
        if known is None:
            found.append((entry, (at,)))
        else:
            party, places = found[known]
            found[known] = (_completed(party, entry), (*places, at))
    return tuple(found)


def _completed(party: OwnerEntry, line: OwnerEntry) -> OwnerEntry:
    numbered = party if party.identity_number else line
    return replace(
        party, birth_on=party.birth_on or line.birth_on, country=party.country or line.country,
        identity_kind=numbered.identity_kind, identity_number=numbered.identity_number,
    )  # fmt: skip


def without_own_name(entries: Sequence[OwnerEntry], company: str) -> tuple[OwnerEntry, ...]:
    """The lines with `of` empty where it names the company that applies."""
    own = plain_party_name(company)
    return tuple(replace(one, of=None) if one.of and plain_party_name(one.of) == own else one for one in entries)


def faults_of_lines(entries: Sequence[OwnerEntry], company: str) -> dict[str, list[str]]:
    """`owners-<n>-<field>` or `owners` -> what is wrong with these lines of the owners of `company` together."""
    errors: dict[str, list[str]] = {}
    for at, entry in enumerate(entries):
        for field, text in _faults(entry, entries, company):
            errors.setdefault(f"owners-{at}-{field}", []).append(text)
    for text in (*_sums(entries), *_twice(entries), *(() if errors else _loose(entries, company))):
        errors.setdefault("owners", []).append(text)
    return errors


def _faults(entry: OwnerEntry, entries: Sequence[OwnerEntry], company: str) -> Iterator[tuple[str, Text]]:
    own = entry.kind is PartyKind.COMPANY and plain_party_name(entry.name) == plain_party_name(company)
    if own and entry.of is None:
        yield "name", Text("{name} cannot be its own owner here; leave own shares out", name=entry.name)
    named = [other for other in entries if entry.of is not None and other.name == entry.of]
    if entry.of is not None and not named:
        yield "of", Text("Enter the company {name} as an owner, too", name=entry.of)
    elif named and all(other.kind is PartyKind.PERSON for other in named):
        yield "of", Text("{name} is a person, and nobody owns a person. Choose a company.", name=entry.of or "")
    elif entry.of == entry.name and entry.kind is PartyKind.COMPANY:
        yield "of", Text("{name} cannot be its own owner here; leave own shares out", name=entry.name)
    if entry.kind is PartyKind.COMPANY:
        first = next(
            one for one in entries
            if one.kind is entry.kind and plain_party_name(one.name) == plain_party_name(entry.name)
        )  # fmt: skip
        if not same_party(first, entry):
            text = Text("{name} stands above with another number or date. Enter the same, or tell the two names apart.",
                        name=entry.name)  # fmt: skip
            yield "identity_number", text


def _sums(entries: Sequence[OwnerEntry]) -> Iterator[Text]:
    held: dict[str | None, Decimal] = {}
    for entry in entries:
        held[entry.of] = held.get(entry.of, Decimal(0)) + entry.share
    for company, total in held.items():
        percent = f"{(total * 100).normalize():f}"
        if total > 1 and company is None:
            yield Text("The shares in the company add up to {percent} %; they cannot exceed 100 %. Correct them.",
                       percent=percent)  # fmt: skip
        elif total > 1:
            yield Text("The shares in {company} add up to {percent} %; they cannot exceed 100 %. Correct them.",
                       company=company, percent=percent)  # fmt: skip


def _twice(entries: Sequence[OwnerEntry]) -> Iterator[Text]:
    for at, entry in enumerate(entries):
        if any(same_party(entry, other) and entry.of == other.of for other in entries[:at]):
            yield Text("{name} stands twice among the owners of one company", name=entry.name)
            return


def _loose(entries: Sequence[OwnerEntry], company: str) -> Iterator[Text]:
    """Owners of a company that itself holds nothing of the one that applies: such a chain leads nowhere."""
    own = plain_party_name(company)
    reached = {own}
    while True:
        fresh = {
            plain_party_name(one.name) for one in entries
            if one.kind is PartyKind.COMPANY and (own if one.of is None else plain_party_name(one.of)) in reached
        } - reached  # fmt: skip
        if not fresh:
            break
        reached |= fresh
    loose = [one.name for one in entries if one.of is not None and plain_party_name(one.of) not in reached]
    if loose:
        yield Text("These shares lead to no share in the company that applies: {names}. Say whose shares they hold.",
                   names=", ".join(dict.fromkeys(loose)))  # fmt: skip
