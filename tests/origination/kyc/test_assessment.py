"""PASS, REFER, FAIL: what passes, and that everything unknown waits for a person."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from core.domain.texts import Text
from origination.domain.identity.passport import check_digit
from origination.domain.kyc import (
    AlertState,
    IdentityNumber,
    KycInput,
    KycOutcome,
    KycStatus,
    KycSubject,
    ListInUse,
    OwnershipInput,
    ScreenedAlert,
    SubjectRole,
    assess_kyc,
)
from origination.domain.ownership import THRESHOLDS, Holding, Owner, OwnerKind, OwnershipGraph
from origination.domain.screening.party import Alert, PartyKind

TODAY = date(2026, 3, 2)
LIST = ListInUse("OFAC SDN", "a" * 64, TODAY, 2284)
LI = KycSubject(
    "p1", "Li Ming", PartyKind.PERSON, SubjectRole.APPLICANT, date(1949, 12, 31),
    (IdentityNumber("cn_resident_id", "11010519491231002X", TODAY + timedelta(days=400)),), (),
)  # fmt: skip
CLEAR = KycInput(TODAY, (LI,), (LIST,))
HIT = Alert("OFAC SDN", "1", "Li Ming", "LI, Ming", 0.99, (Text("Li agrees with LI"),))


def codes(given: KycInput, *severities: str) -> set[str]:
    return {f.code for f in assess_kyc(given).findings if not severities or f.severity.value in severities}


def with_subject(**changes) -> KycInput:
    return replace(CLEAR, subjects=(replace(LI, **changes),))


def with_zone(*, expires_on: date | None = None, **changes) -> KycInput:
    """The specimen of ICAO Doc 9303-4, with the last day 15 April 2031 and its check digits worked out anew."""
    second = "L898902C36UTO7408122F3104150ZE184226B<<<<<1"
    zone = (
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n"
        + second
        + check_digit(second[:10] + second[13:20] + second[21:])
    )
    numbers = (IdentityNumber("passport_mrz", zone, expires_on),)
    return with_subject(**{"name": "Anna Maria Eriksson", "birth_on": date(1974, 8, 12), "numbers": numbers, **changes})


def test_a_zone_that_says_what_was_declared_passes():
    assert assess_kyc(with_zone(expires_on=date(2031, 4, 15))).status is KycStatus.PASS


def test_a_clear_case_passes_and_says_what_was_looked_at():
    found = assess_kyc(CLEAR)
    assert found.status is KycStatus.PASS
    assert {f.code for f in found.findings} == {"SCREENING_LIST", "ID_VALID", "SCREENING_CLEAR"}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (replace(CLEAR, lists=()), "SCREENING_LIST_MISSING"),
        (replace(CLEAR, lists=(replace(LIST, name="Own list"),)), "SCREENING_LIST_MISSING"),
        (replace(CLEAR, lists=(replace(LIST, loaded_on=TODAY - timedelta(days=8)),)), "SCREENING_LIST_OLD"),
        (replace(CLEAR, screening_available=False), "SCREENING_UNAVAILABLE"),
        (replace(CLEAR, subjects=()), "KYC_NO_SUBJECT"),
        (with_subject(alerts=None), "NOT_SCREENED"),
        (with_subject(alerts=(ScreenedAlert(HIT),)), "SCREENING_ALERT"),
        (with_subject(numbers=()), "ID_MISSING"),
        (with_subject(numbers=(IdentityNumber("cn_resident_id", "110105194912310021"),)), "ID_INVALID"),
        (with_subject(birth_on=date(1950, 1, 1)), "ID_BIRTH_MISMATCH"),
        (with_subject(birth_on=None), "BIRTH_MISSING"),
        (with_subject(numbers=(replace(LI.numbers[0], expires_on=TODAY - timedelta(days=1)),)), "ID_EXPIRED"),
        (with_zone(expires_on=date(2035, 6, 30)), "ID_EXPIRY_MISMATCH"),
        (with_zone(birth_on=date(1974, 8, 13)), "ID_BIRTH_MISMATCH"),
        (with_zone(name="Berta Erikson"), "ID_NAME_MISMATCH"),
    ],
)
def test_what_is_unknown_or_doubtful_waits_for_a_person(given, code):
    found = assess_kyc(given)
    assert found.status is KycStatus.REFER
    assert code in {f.code for f in found.findings if f.severity.value == "refer"}


def test_a_confirmed_hit_and_a_minor_fail_a_cleared_alert_passes():
    assert assess_kyc(with_subject(alerts=(ScreenedAlert(HIT, AlertState.TRUE_HIT),))).status is KycStatus.FAIL
    assert assess_kyc(with_subject(alerts=(ScreenedAlert(HIT, AlertState.CLEARED),))).status is KycStatus.PASS
    young = with_subject(birth_on=TODAY.replace(year=TODAY.year - 18) + timedelta(days=1), numbers=())
    assert "UNDER_AGE" in codes(young, "fail")
    grown = with_subject(birth_on=TODAY.replace(year=TODAY.year - 18), numbers=())
    assert "UNDER_AGE" not in codes(grown)


def test_a_passport_made_out_to_somebody_else():
    zone = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
    day = date(2012, 1, 1)
    lists = (replace(LIST, loaded_on=day),)
    numbers = (IdentityNumber("passport_mrz", zone),)
    own = replace(LI, name="Eriksson, Anna Maria", birth_on=date(1974, 8, 12), numbers=numbers)
    assert assess_kyc(KycInput(day, (own,), lists)).status is KycStatus.PASS
    other = replace(own, name="Peter Johansson")
    assert "ID_NAME_MISMATCH" in codes(KycInput(day, (other,), lists), "refer")


def company(*holdings: Holding, managers: tuple[Owner, ...] = ()) -> OwnershipInput:
    owners = {
        "firm": Owner("firm", "Firm Ltd", OwnerKind.COMPANY),
        "hold": Owner("hold", "Hold Ltd", OwnerKind.COMPANY),
        "p1": Owner("p1", "Li Ming", OwnerKind.PERSON),
        "p2": Owner("p2", "Bob", OwnerKind.PERSON),
    }
    return OwnershipInput("firm", OwnershipGraph(owners, holdings), THRESHOLDS["CN"], managers)


FIRM = KycSubject("firm", "Firm Ltd", PartyKind.COMPANY, SubjectRole.APPLICANT,
                  numbers=(IdentityNumber("cn_uscc", "91350100M000100Y43"),), alerts=())  # fmt: skip


def sme(owned: OwnershipInput, *subjects: KycSubject) -> KycInput:
    return KycInput(TODAY, (FIRM, *subjects), (LIST,), ownership=owned)


def test_owners_must_be_named_identified_and_screened():
    whole = company(Holding("p1", "firm", Decimal(1)))
    assert assess_kyc(sme(whole, LI)).status is KycStatus.PASS
    assert "OWNER_NOT_IDENTIFIED" in codes(sme(whole), "refer")
    part = company(Holding("p1", "firm", Decimal("0.7")))
    assert "OWNERS_INCOMPLETE" in codes(sme(part, LI), "refer")
    ring = company(Holding("p1", "firm", Decimal("0.5")), Holding("hold", "firm", Decimal("0.5")),
                   Holding("firm", "hold", Decimal("0.5")), Holding("p1", "hold", Decimal("0.5")))  # fmt: skip
    assert "OWNERSHIP_CYCLE" in codes(sme(ring, LI), "refer")


def test_a_company_owned_by_a_listed_person_counts_as_listed():
    listed = replace(LI, role=SubjectRole.OWNER, alerts=(ScreenedAlert(HIT, AlertState.TRUE_HIT),))
    half = company(Holding("p1", "firm", Decimal("0.5")), Holding("p2", "firm", Decimal("0.5")))
    found = assess_kyc(sme(half, listed))
    assert found.status is KycStatus.FAIL
    assert "OWNED_BY_LISTED" in {f.code for f in found.findings}


def test_an_outcome_cannot_contradict_its_findings():
    with pytest.raises(ValueError, match="does not follow"):
        KycOutcome(KycStatus.PASS, assess_kyc(replace(CLEAR, lists=())).findings)
