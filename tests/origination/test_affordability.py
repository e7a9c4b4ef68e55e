from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.money import Money
from origination.domain.affordability import Burden, Stress, company_affordability, person_affordability, ratio

NO_STRESS = Stress(Decimal(0), Decimal(0))


def usd(amount: str) -> Money:
    return Money.of(amount, "USD")


def burden(instalment: str, year: str = "0") -> Burden:
    return Burden(usd(instalment), usd(year), usd(instalment), usd(year))


def test_debt_to_income_of_the_cfpb_example():
    # Consumer Financial Protection Bureau, "What is a debt-to-income ratio?": 1,500 + 100 + 400 of 6,000 is 33 percent
    facts = person_affordability(usd("6000"), usd("500"), usd("0"), burden("1500"), NO_STRESS)
    assert facts["dti"] == Decimal("0.333333")
    assert facts["residual_income"] == usd("4000")


def test_debt_service_cover_of_the_textbook_example():
    # Corporate Finance Institute and Investopedia: net operating income 2,150,000, debt service 350,000 -> 6.14
    facts = company_affordability(
        {"ebitda_annual": usd("2150000"), "debt_service_annual": usd("300000")},
        usd("1"),
        burden("0", "50000"),
        NO_STRESS,
    )
    assert facts["dscr"].quantize(Decimal("0.01")) == Decimal("6.14")


def test_stress_lowers_income_and_raises_the_instalment():
    heavy = Burden(usd("100"), usd("1200"), usd("120"), usd("1440"))
    facts = person_affordability(usd("1000"), usd("0"), usd("300"), heavy, Stress(Decimal("0.02"), Decimal("0.10")))
    assert (facts["dti"], facts["dti_stressed"]) == (Decimal("0.1"), Decimal("0.133333"))
    assert facts["residual_income_stressed"] == usd("480")


@pytest.mark.parametrize("whole", ["0", "-5"])
def test_a_ratio_without_a_positive_denominator_does_not_exist(whole):
    assert ratio(usd("1"), usd(whole)) is None
    facts = company_affordability(
        {"total_liabilities": usd("10"), "equity": usd(whole), "collateral_value": usd("0")},
        usd("5"),
        burden("1", "12"),
        NO_STRESS,
    )
    assert facts == {}


def test_a_loss_grows_under_stress():
    assert Stress(Decimal(0), Decimal("0.10")).income_left(usd("-100")) == usd("-110")


@given(st.integers(0, 10**9), st.integers(1, 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_debt_to_income_never_falls_when_the_instalment_rises(debt, income, one, more):
    def dti(instalment: int) -> Decimal:
        sums = Burden(*(Money(instalment, "EUR"),) * 4)
        facts = person_affordability(Money(income, "EUR"), Money(debt, "EUR"), Money(0, "EUR"), sums, NO_STRESS)
        return facts["dti"]

    assert dti(one) <= dti(one + more)
