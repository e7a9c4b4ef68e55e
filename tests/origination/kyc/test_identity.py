"""Identity numbers: published examples are right, and one wrong character is found."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import InvalidInput
from origination.domain.identity.check import KINDS, check_identity_number
from origination.domain.identity.passport import check_digit

TODAY = date(2026, 3, 2)

# Examples printed in the standards, by the issuing offices, or on companies' own imprints.
RIGHT = [
    ("cn_resident_id", "11010519491231002X", "11010519491231002X"),  # GB 11643-1999, annex A
    ("cn_resident_id", "440524 18800101 0014", "440524188001010014"),  # GB 11643-1999, annex A
    ("cn_uscc", "91350100M000100Y43", "91350100M000100Y43"),  # GB 32100-2015, annex A
    ("cn_uscc", "9144 0300 7084 6113 6T", "91440300708461136T"),  # Tencent, annual report
    ("lei", "5299 00T8BM49AURSDO55", "529900T8BM49AURSDO55"),
    ("lei", "HWUPKR0MPOU8FGXBT394", "HWUPKR0MPOU8FGXBT394"),  # Apple Inc., GLEIF
    ("iban", "GB82 WEST 1234 5698 7654 32", "GB82WEST12345698765432"),  # ISO 13616 registry example
    ("iban", "DE89 3704 0044 0532 0130 00", "DE89370400440532013000"),  # ISO 13616 registry example
    ("iban", "ＦＲ１４ 2004 1010 0505 0001 3M02 606", "FR1420041010050500013M02606"),  # the same registry, full width
    ("bic", "deutdeff500", "DEUTDEFF500"),
    ("eu_vat", "DE 136695976", "DE136695976"),
    ("eu_vat", "EL 094259216", "EL094259216"),
    ("uk_company_number", "445790", "00445790"),  # Tesco PLC, leading zeros left out
    ("uk_company_number", "sc 095000", "SC095000"),  # Lloyds Banking Group, Scotland
    ("us_ssn", "536-90-4399", "536904399"),
    ("us_ein", "91-1144442", "911144442"),  # Microsoft Corporation, SEC filings
    ("us_itin", "912-90-3456", "912903456"),
    ("in_pan", "ACUPA7085R", "ACUPA7085R"),
    ("in_gstin", "27AAPFU0939F1ZV", "27AAPFU0939F1ZV"),
    ("in_aadhaar", "2341 2341 2346", "234123412346"),
    ("fr_siren", "552 008 443", "552008443"),
    ("fr_siret", "732 829 320 00074", "73282932000074"),  # INSEE's own example
    ("es_cif", "J99216582", "J99216582"),
    ("it_codice_fiscale", "RCCMNL83S18D969H", "RCCMNL83S18D969H"),
    ("gb_vat", "GB 980 7806 84", "980780684"),
    ("gb_utr", "1955839661", "1955839661"),
    ("creditor_reference", "RF18 5390 0754 7034", "RF18539007547034"),  # ISO 11649, EPC's example
    ("de_hrb", "Aachen HRB 11223", "Aachen HRB 11223"),
]
WRONG = [
    ("cn_resident_id", "110105194912310021", "check digit"),
    ("cn_resident_id", "110105194913310020", "date of birth"),
    ("cn_resident_id", "110105491231002", "2013"),
    ("cn_resident_id", "11010519491231", "length"),
    ("cn_uscc", "91350100M000100Y44", "check digit"),
    ("cn_uscc", "91350100I000100Y43", "form"),
    ("lei", "529900T8BM49AURSDO56", "check digit"),
    ("lei", "529900T8BM49AURSDO5", "length"),
    ("iban", "GB82 WEST 1234 5698 7654 33", "check digit"),
    ("iban", "ZZ82 WEST 1234 5698 7654 32", ""),
    ("bic", "DEUTZZFF", "country"),
    ("bic", "DEUTDEF", "length"),
    ("eu_vat", "GB980780684", "member state"),
    ("uk_company_number", "XY123456", "begin with XY"),
    ("uk_company_number", "00000000", "form"),
    ("uk_company_number", "123456789", "length"),
    ("us_ssn", "000-12-3456", "reserved"),
    ("us_ssn", "666-12-3456", "reserved"),
    ("us_ein", "07-1144442", "prefix"),
    ("us_itin", "912-49-3456", "middle group"),
    ("in_pan", "ACUXA7085R", "holder"),
    ("in_aadhaar", "2341 2341 2347", "check digit"),
    ("fr_siren", "552 008 444", "check digit"),
    ("es_cif", "J99216583", "check digit"),
    ("it_codice_fiscale", "RCCMNL83S18D969I", "check digit"),
    ("gb_utr", "2955839661", "check digit"),
    ("creditor_reference", "RF19 5390 0754 7034", "check digit"),
    ("de_hrb", "HRB 11223", "court"),
    ("iban", "", "no number"),
    ("iban", 5, "text"),
    ("iban", "9" * 10_000, "far too long"),
]


@pytest.mark.parametrize(("kind", "typed", "normal"), RIGHT)
def test_published_numbers_are_right(kind, typed, normal):
    found = check_identity_number(kind, typed, today=TODAY)
    assert (found.valid, found.reason, found.normalised) == (True, None, normal)


@pytest.mark.parametrize(("kind", "typed", "says"), WRONG)
def test_wrong_numbers_say_what_is_wrong(kind, typed, says):
    found = check_identity_number(kind, typed, today=TODAY)
    assert not found.valid
    assert says in found.reason
    assert found.normalised is None


def test_every_kind_has_a_right_and_a_wrong_example():
    national = {"passport", "national_id", "es_nif", "fr_nir", "de_idnr", "nl_bsn", "be_nn", "pl_pesel", "pt_nif"}
    assert {kind for kind, *_ in RIGHT} | {"passport_mrz"} | national == set(KINDS)


def test_unknown_kind_names_the_known_ones():
    with pytest.raises(InvalidInput, match="cn_resident_id"):
        check_identity_number("xx_number", "1")


def test_birth_date_of_a_resident_number_and_a_region_nobody_knows():
    found = check_identity_number("cn_resident_id", "11010519491231002X", today=TODAY)
    assert found.birth_on == date(1949, 12, 31)
    assert found.notes == ()
    unknown = check_identity_number("cn_resident_id", "990105194912310023", today=TODAY)
    assert (unknown.valid, unknown.birth_on) == (True, date(1949, 12, 31))
    assert "990105" in unknown.notes[0]


def test_a_resident_born_tomorrow_does_not_exist():
    found = check_identity_number("cn_resident_id", "11010519491231002X", today=date(1949, 12, 30))
    assert "1949-12-31" in found.reason


# ICAO Doc 9303 part 4 appendix B and part 5 appendix B: the specimens of Utopia.
TD3 = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
TD1 = "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<"


@pytest.mark.parametrize("zone", [TD3, TD1, TD3.replace("\n", "")])
def test_specimen_passports(zone):
    found = check_identity_number("passport_mrz", zone, today=date(2012, 1, 1))
    assert (found.valid, found.birth_on, found.expires_on) == (True, date(1974, 8, 12), date(2012, 4, 15))
    assert found.holder == "ANNA MARIA ERIKSSON"


def test_passport_expired_or_mistyped():
    assert "2012-04-15" in check_identity_number("passport_mrz", TD3, today=TODAY).reason
    assert "document number" in check_identity_number("passport_mrz", TD3.replace("L8989", "L8988")).reason
    assert check_digit("520727") == "3"  # ICAO Doc 9303 part 3, section 4.9, example 1


CHECKED = [
    ("cn_resident_id", "11010519491231002X"),
    ("cn_uscc", "91350100M000100Y43"),
    ("lei", "529900T8BM49AURSDO55"),
    ("iban", "GB82WEST12345698765432"),
    ("fr_siren", "552008443"),
    ("in_aadhaar", "234123412346"),
    ("creditor_reference", "RF18539007547034"),
]


@given(st.data())
def test_one_wrong_digit_is_always_found(data):
    kind, number = data.draw(st.sampled_from(CHECKED))
    places = [i for i, char in enumerate(number) if char.isdigit()]
    at = data.draw(st.sampled_from(places))
    digit = data.draw(st.sampled_from([d for d in "0123456789" if d != number[at]]))
    assert not check_identity_number(kind, number[:at] + digit + number[at + 1 :], today=TODAY).valid


@given(st.sampled_from(KINDS), st.text(max_size=60))
def test_any_text_gets_an_answer(kind, text):
    found = check_identity_number(kind, text, today=TODAY)
    assert found.valid or found.reason
