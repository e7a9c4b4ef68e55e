"""Passports and cards by country, and every kind beside python-stdnum."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import exceptions

from origination.domain.identity.check import check_identity_number, index_number
from origination.domain.kyc import IdentityNumber, KycStatus, assess_kyc
from tests.origination.kyc.test_assessment import CLEAR, LI, with_subject

TODAY = date(2026, 3, 2)
# ICAO Doc 9303 part 4, appendix B, with the expiry moved to 15 April 2032 and its check digits worked out again.
ZONE = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F3204153ZE184226B<<<<<16"


def check(kind, value, country=None):
    return check_identity_number(kind, value, today=TODAY, country=country)


@pytest.mark.parametrize(
    ("kind", "value", "country", "normal", "proven"),
    [
        ("passport", "l898902c3", "SE", "L898902C3", False),
        ("passport", "Ｅ１２３４５６７８", "CN", "E12345678", False),
        ("national_id", "11010519491231002X", "CN", "11010519491231002X", True),  # GB 11643-1999, annex A
        ("national_id", "T22000129 3", "DE", "T220001293", False),  # Federal Ministry of the Interior, specimen card
        ("national_id", "ABA300000", "PL", "ABA300000", True),  # Ministry of the Interior and Administration, specimen
    ],
)
def test_documents_by_country(kind, value, country, normal, proven):
    found = check(kind, value, country)
    assert (found.valid, found.normalised, found.proven) == (True, normal, proven), found


@pytest.mark.parametrize(
    ("kind", "value", "country", "says"),
    [
        ("passport", "12", "CN", "5 to 14"),
        ("passport", "ABCDEFGH", None, "four of them digits"),
        ("national_id", "T220001294", "DE", "check digit"),
        ("national_id", "ABA300001", "PL", "check digit"),
        ("national_id", "110105194912310021", "CN", "check digit"),
        ("national_id", "12345678A", "ES", "check digit"),
        ("passport", ZONE.replace("L8989", "L8988"), None, "document number"),
        ("passport", ZONE[:60], None, "two lines"),
    ],
)
def test_wrong_documents_say_why(kind, value, country, says):
    found = check(kind, value, country)
    assert not found.valid
    assert says in found.reason


def test_a_zone_gives_number_holder_and_dates_and_is_indexed_by_its_number():
    found = check("passport", ZONE)
    assert (found.number, found.issuer, found.holder, found.proven) == ("L898902C3", "UTO", "ANNA MARIA ERIKSSON", True)
    assert (found.birth_on, found.expires_on) == (date(1974, 8, 12), date(2032, 4, 15))
    assert index_number("passport", ZONE) == index_number("passport", "L898902C3")


def test_a_passport_number_waits_for_a_person_who_saw_the_document_and_a_zone_does_not():
    number = IdentityNumber("passport", "E12345678")
    waiting = assess_kyc(with_subject(numbers=(number,), country="CN"))
    assert waiting.status is KycStatus.REFER
    assert "ID_UNPROVEN" in {finding.code for finding in waiting.findings}
    seen = assess_kyc(with_subject(numbers=(number,), country="CN", document_seen=True))
    assert seen.status is KycStatus.PASS
    holder = replace(LI, name="Anna Maria Eriksson", birth_on=date(1974, 8, 12))
    zone = assess_kyc(replace(CLEAR, subjects=(replace(holder, numbers=(IdentityNumber("passport", ZONE),)),)))
    assert zone.status is KycStatus.PASS, zone.findings
    other = assess_kyc(with_subject(numbers=(IdentityNumber("passport", ZONE),)))
    assert {"ID_BIRTH_MISMATCH", "ID_NAME_MISMATCH"} <= {finding.code for finding in other.findings}


BESIDE = {
    "iban": ("iban", "GB82WEST12345698765432"),
    "lei": ("lei", "529900T8BM49AURSDO55"),
    "cn_uscc": ("cn.uscc", "91350100M000100Y43"),
    "fr_siret": ("fr.siret", "73282932000074"),
    "es_cif": ("es.cif", "J99216582"),
    "it_codice_fiscale": ("it.codicefiscale", "RCCMNL83S18D969H"),
    "gb_vat": ("gb.vat", "980780684"),
    "gb_utr": ("gb.utr", "1955839661"),
    "in_gstin": ("in_.gstin", "27AAPFU0939F1ZV"),
    "in_aadhaar": ("in_.aadhaar", "234123412346"),
    "creditor_reference": ("iso11649", "RF18539007547034"),
    "eu_vat": ("eu.vat", "DE136695976"),
    "us_ein": ("us.ein", "911144442"),
}


@given(st.sampled_from(sorted(BESIDE)), st.data())
def test_every_kind_agrees_with_the_library(kind, data):
    module, number = BESIDE[kind]
    at = data.draw(st.integers(0, len(number) - 1))
    changed = number[:at] + data.draw(st.sampled_from("0123456789ABCXYZ")) + number[at + 1 :]
    try:
        expected = import_module(f"stdnum.{module}").validate(changed)
    except exceptions.ValidationError:
        expected = None
    assert check(kind, changed).normalised == expected


@pytest.mark.parametrize(("kind", "value", "normal"), [
    ("iban", "BE68 5390 0754 7034", "BE68539007547034"),  # the registry's own example; its bank is not assigned
    ("us_itin", "912-50-0001", "912500001"),
    ("de_hrb", "Amtsgericht München HRB 42243", "München HRB 42243"),
    ("cn_resident_id", "34052419800101001X", "34052419800101001X"),  # example of the ID card's Wikipedia article
    ("us_ssn", "536 90 4399", "536904399"),
])  # fmt: skip
def test_right_numbers_that_the_library_refuses(kind, value, normal):
    assert check(kind, value).normalised == normal
