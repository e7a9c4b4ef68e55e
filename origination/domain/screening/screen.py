"""A party against all lists: the alerts a person must look at."""

from __future__ import annotations

from core.domain.texts import Text
from origination.domain.screening.birth import BirthMatch, compare_to_any
from origination.domain.screening.company import compare_companies
from origination.domain.screening.company_words import CompanyName
from origination.domain.screening.country import CountryMatch, compare_countries
from origination.domain.screening.index import ListedForm, ScreeningIndex, identifier_token
from origination.domain.screening.match import ALERT_MIN, SAME_BIRTH, Match, judge
from origination.domain.screening.party import Alert, Comparison, ListedEntry, PartyKind, ScreenedParty
from origination.domain.screening.person import compare_people
from origination.domain.screening.words import Name


def screen_party(index: ScreeningIndex, party: ScreenedParty, *, least: float = ALERT_MIN) -> tuple[Alert, ...]:
    """One alert per entry, under its best name, the surest first.

    An equal identifier alerts whatever the names say. A weak alias counts only together with the same date of birth.
    """
    best: dict[int, Alert] = {}
    # An equal date of birth adds to the score of the names.
    floor = least - (SAME_BIRTH if party.birth else 0.0)
    for name in party.names:
        query, forms = index.candidates(name, party.kind, floor)
        for form in forms:
            entry = index.entries[form.entry]
            quick = judge(_compare(query, form, explain=False), party.birth, entry.births, least=least)
            if not quick.alert or (form.weak and not _born_alike(party, entry)):
                continue
            known = best.get(form.entry)
            if known is None or quick.score > known.score:
                match = judge(_compare(query, form, explain=True), party.birth, entry.births, least=least)
                best[form.entry] = _alert(entry, form.text, name, match, party)
    for kind_and_value in party.identifiers:
        for number in index.identifiers.get(identifier_token(kind_and_value[1]), ()):
            best[number] = _identified(index.entries[number], party, kind_and_value[1])
    return tuple(sorted(best.values(), key=lambda alert: (-alert.score, alert.list_name, alert.entry_id)))


def _compare(query: Name | CompanyName, form: ListedForm, *, explain: bool) -> Comparison:
    listed = form.prepared
    if isinstance(query, Name) and isinstance(listed, Name):
        return compare_people(query, listed, explain=explain)
    if isinstance(query, CompanyName) and isinstance(listed, CompanyName):
        return compare_companies(query, listed, explain=explain)
    return Comparison(0.0)


def _born_alike(party: ScreenedParty, entry: ListedEntry) -> bool:
    return party.kind is PartyKind.PERSON and compare_to_any(party.birth, entry.births) is BirthMatch.SAME


def _alert(entry: ListedEntry, listed: str, query: str, match: Match, party: ScreenedParty) -> Alert:
    notes = [*match.explanation, *_country_note(entry, party)]
    return Alert(entry.list_name, entry.entry_id, query, listed, match.score, tuple(notes), match.tokens)


def _country_note(entry: ListedEntry, party: ScreenedParty) -> tuple[Text, ...]:
    answer = compare_countries(party.countries, entry.countries)
    listed = ", ".join(entry.countries)
    if answer is CountryMatch.SAME:
        return (Text("the country agrees: {listed}", listed=listed),)
    if answer is CountryMatch.OTHER:
        return (Text("the countries differ: {own} and {listed}", own=", ".join(party.countries), listed=listed),)
    return ()


def _identified(entry: ListedEntry, party: ScreenedParty, value: str) -> Alert:
    note = Text("the identifier {value} is the listed one", value=value)
    return Alert(
        entry.list_name, entry.entry_id, party.names[0] if party.names else "", entry.names[0].text, 1.0, (note,)
    )
