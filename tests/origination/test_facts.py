from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import InvalidInput
from core.domain.fact import FactType, encode
from core.domain.facts import CATALOGUE, facts_from_json, facts_to_json
from core.domain.money import Money
from origination.domain.application import SECTIONS
from origination.domain.facts import credits_band, employment_band, instalment_band, savings_band

DAY = date(2026, 11, 22)
MONEY = st.builds(Money, st.integers(-(10**15), 10**15), st.sampled_from(["CNY", "EUR", "JPY", "KWD"]))
BY_TYPE = {
    FactType.MONEY: MONEY,
    FactType.INTEGER: st.integers(-(10**9), 10**9),
    FactType.RATIO: st.decimals(-1000, 1000, places=6),
    FactType.NUMBER: st.decimals(-(10**9), 10**9, places=2),
    FactType.DATE: st.dates(),
    FactType.CODE: st.text(max_size=10),
    FactType.TEXT: st.text(max_size=10),
}


@st.composite
def any_facts(draw: st.DrawFn) -> dict:
    names = draw(st.sets(st.sampled_from(sorted(CATALOGUE)), max_size=8))
    return {
        name: draw(
            st.sampled_from([c.value for c in CATALOGUE[name].choices])
            if CATALOGUE[name].choices
            else BY_TYPE[CATALOGUE[name].type]
        )
        for name in names
    }


@given(any_facts())
def test_facts_come_back_from_json_as_they_went(facts):
    assert facts_from_json(facts_to_json(facts)) == facts


@given(any_facts(), any_facts())
def test_codes_keep_the_order_of_values(one, other):
    for name in one.keys() & other.keys():
        entry = CATALOGUE[name]
        if not entry.rankable or (entry.type is FactType.MONEY and one[name].currency != other[name].currency):
            continue
        assert (encode(entry, one[name]) < encode(entry, other[name])) == (one[name] < other[name])


def test_every_error_of_a_fact_set_is_told_at_once():
    with pytest.raises(InvalidInput) as refused:
        facts_from_json({"nonsense": 1, "dti": "NaN", "amount": 12.5, "employees": "many", "birth_on": "2026-02-30"})
    assert set(refused.value.fields) == {"nonsense", "dti", "amount", "employees", "birth_on"}


@pytest.mark.parametrize("value", [True, 1.5, "1", None, Decimal("NaN")])
def test_a_value_of_another_type_has_no_code(value):
    assert encode(CATALOGUE["employees"], value) is None
    assert encode(CATALOGUE["dti"], value) is None


def test_an_unknown_choice_has_no_code():
    assert encode(CATALOGUE["purpose"], "yacht") is None
    assert encode(CATALOGUE["occupation"], 9) is None


def test_every_question_of_the_forms_is_in_the_catalogue_and_of_its_segment():
    for segment, sections in SECTIONS.items():
        for section in sections:
            for entry in section.entries():
                assert segment in entry.segments
                assert entry.source.value == "applicant"


@pytest.mark.parametrize(
    ("status", "since", "band"),
    [
        ("unemployed", None, 1),
        ("employed", date(2025, 11, 23), 2),
        ("employed", date(2025, 11, 22), 3),  # one full year today
        ("employed", date(2022, 11, 23), 3),
        ("employed", date(2022, 11, 22), 4),
        ("self_employed", date(2019, 11, 22), 5),
        ("retired", None, 5),
        ("employed", None, None),
        (None, date(2000, 1, 1), None),
    ],
)
def test_employment_bands_follow_the_reference_data(status, since, band):
    assert employment_band(status, since, DAY) == band


@pytest.mark.parametrize(
    ("share", "band"), [("350.00", 1), ("349.99", 2), ("250.00", 2), ("249.99", 3), ("200.00", 3), ("199.99", 4)]
)
def test_instalment_bands_are_those_of_the_south_german_credit_data(share, band):
    # installment_rate: 1 >= 35 %, 2 25..<35, 3 20..<25, 4 < 20 (U. Groemping 2019, table of codes)
    assert instalment_band(Money.of(share, "EUR"), Money.of("1000", "EUR")) == band
    assert instalment_band(Money.of(share, "EUR"), Money.zero("EUR")) == 1


def test_bands_of_savings_and_credits():
    income = Money.of("1000", "EUR")
    assert [savings_band(Money.of(s, "EUR"), income) for s in ("0", "99", "100", "500", "1000")] == [1, 2, 3, 4, 5]
    assert savings_band(Money.of("1", "EUR"), Money.zero("EUR")) == 5
    assert [credits_band(n) for n in (1, 2, 3, 4, 5, 6)] == [1, 2, 2, 3, 3, 4]
