"""Lines of the owners' page: one owner on several paths, and lines that cannot be."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from core.domain.party import PartyKind
from origination.domain.application import OwnerEntry
from origination.domain.owner_lines import faults_of_lines, owner_groups, same_party, without_own_name

PERSON, COMPANY = PartyKind.PERSON, PartyKind.COMPANY


def line(name: str, share: int, of: str | None = None, kind: PartyKind = PERSON, **more: object) -> OwnerEntry:
    return OwnerEntry(name, kind, Decimal(share) / 100, of=of, **more)


def test_one_who_holds_directly_and_through_a_company_is_one_owner():
    lines = [
        line("Anna  Alba", 15, birth_on=date(1980, 1, 2)),
        line("Alba Holding", 40, kind=COMPANY),
        line("anna alba", 60, of="Alba Holding", country="ES"),
    ]
    groups = owner_groups(lines)
    assert [places for _, places in groups] == [(0, 2), (1,)]
    assert (groups[0][0].birth_on, groups[0][0].country) == (date(1980, 1, 2), "ES")
    assert faults_of_lines(lines, "Alba SL") == {}


def test_father_and_son_of_one_name_are_two():
    old, young = line("Li Wei", 40, birth_on=date(1950, 3, 4)), line("Li Wei", 30, birth_on=date(1982, 5, 6))
    assert not same_party(old, young)
    assert len(owner_groups([old, young])) == 2
    assert faults_of_lines([old, young], "Firm") == {}


def test_a_number_written_otherwise_is_the_same_number():
    one = line("Max", 10, identity_kind="es_nif", identity_number="12345678-z")
    assert same_party(one, line("Max", 20, of="X", identity_kind="es_nif", identity_number="12345678Z"))
    assert not same_party(one, line("Max", 20, of="X", identity_kind="es_nif", identity_number="87654321X"))


@pytest.mark.parametrize(
    ("lines", "field", "said"),
    [
        ([line("Anna", 60), line("Bob", 50, of="Anna")], "owners-1-of", "nobody owns a person"),
        ([line("Anna", 60), line("Bob", 50, of="Nowhere AG")], "owners-1-of", "Enter the company Nowhere AG"),
        ([line("Hold", 60, kind=COMPANY), line("Hold", 5, of="Hold", kind=COMPANY)], "owners-1-of", "its own owner"),
        ([line("Firm", 10, kind=COMPANY)], "owners-0-name", "leave own shares out"),
        ([line("Anna", 60), line("Anna", 20)], "owners", "stands twice"),
        ([line("Anna", 60), line("Bob", 41)], "owners", "101 %"),
        (
            [line("Hold", 60, kind=COMPANY), line("Anna", 70, of="Hold"), line("Bob", 31, of="Hold")],
            "owners", "The shares in Hold add up to 101 %",
        ),
        (
            [line("Anna", 60), line("X", 50, of="Y", kind=COMPANY), line("Y", 50, of="X", kind=COMPANY)],
            "owners", "lead to no share in the company that applies: X, Y",
        ),
        (
            [
                line("Hold", 60, kind=COMPANY, identity_kind="lei", identity_number="A1"),
                line("Hold", 20, of="Sub", kind=COMPANY, identity_kind="lei", identity_number="B2"),
                line("Sub", 30, kind=COMPANY),
            ],
            "owners-1-identity_number", "another number",
        ),
    ],
)  # fmt: skip
def test_lines_that_cannot_be_are_told_where_they_stand(lines, field, said):
    assert said in " ".join(faults_of_lines(lines, "Firm")[field])


def test_the_company_that_applies_may_be_written_out():
    lines = without_own_name([line("Anna", 60, of="firm ")], "Firm")
    assert lines[0].of is None
    ring = [line("Hold", 70, kind=COMPANY), line("Firm", 20, of="Hold", kind=COMPANY), line("Anna", 80, of="Hold")]
    assert faults_of_lines(ring, "Firm") == {}, "a ring through the company itself is a person's business"
