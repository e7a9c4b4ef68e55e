from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.dates import DayCount
from core.domain.errors import InvalidInput, PolicyInvalid
from core.domain.money import Money
from origination.domain.assessment import assess
from origination.domain.offer import Terms, Wish, choose_wishes, quote, quote_to_dict, solve_wish
from origination.domain.pricing import price
from origination.domain.product import product_to_dict, read_product
from repayment.domain.schedule import Amortization
from tests.origination.cases import DAY, consumer_case, seed_policy, seed_products

CNY = seed_products()["consumer-cny"]


def test_a_price_is_the_sum_of_its_parts_and_never_below_cost():
    policy = seed_policy().pricing
    good, bad = price(CNY, "B", Decimal("0.03"), policy), price(CNY, "B", Decimal("0.30"), policy)
    assert good.rate_annual == good.rate_grid == Decimal("0.09")
    assert bad.rate_annual == bad.rate_floor > bad.rate_grid
    # by hand: funds 0.022 + loss 0.30 x 0.45 + capital 0.08 x (0.10 - 0.022) + operating 0.012 + margin 0.002
    assert bad.rate_floor == Decimal("0.1775")  # 0.17724 rounded up to a step of 0.0005
    assert sum(part.rate for part in bad.parts) == bad.rate_annual


def test_no_price_for_a_grade_the_product_is_not_sold_to():
    assert price(CNY, "G", Decimal("0.01"), seed_policy().pricing) is None


@given(st.decimals(0, 1, places=6), st.decimals(0, 1, places=6))
def test_more_risk_never_costs_less(one, two):
    low, high = sorted((one, two))
    policy = seed_policy().pricing
    assert price(CNY, "C", low, policy).rate_annual <= price(CNY, "C", high, policy).rate_annual


def test_a_quote_repeats_the_published_annuity():
    # 100,000 at 12 % over 12 months: 8,884.88 a month, last 8,884.85, interest 6,618.53 (rounded each period, the last
    # instalment trues up: the standard annuity formula, published by every loan calculator)
    found = quote(CNY, Terms(Money.of(100000, "CNY"), 12, Amortization.ANNUITY, Decimal("0.12")), DAY)
    assert str(found.instalment) == "8884.88"
    assert found.schedule.payment_minor[-1] == 888485
    assert str(found.total_cost) == "6618.53"
    assert found.cost_effective == Decimal("0.126825")  # (1 + 0.12 / 12) ** 12 - 1
    assert found.cost_nominal.quantize(Decimal("0.0001")) == Decimal("0.12")


def test_a_withheld_fee_lowers_the_payout_and_raises_the_cost():
    eur = seed_products()["consumer-eur"]
    terms = Terms(Money.of(10000, "EUR"), 12, Amortization.ANNUITY, Decimal("0.084"))
    with_fee, without = quote(eur, terms, DAY), quote(replace(eur, fees=()), terms, DAY)
    assert str(with_fee.paid_out) == "9900.00"
    assert with_fee.total_cost - without.total_cost == Money.of(100, "EUR")
    assert with_fee.cost_effective > without.cost_effective


def test_a_wish_outside_the_product_is_refused_with_all_reasons_at_once():
    with pytest.raises(InvalidInput) as refused:
        CNY.check_wish(Money.of(1, "CNY"), 7, Amortization.FLAT)
    assert set(refused.value.fields) == {"amount", "tenor_months", "amortisation"}
    assert "5000" in refused.value.fields["amount"][0]


def test_offers_start_with_the_wish_and_all_pass():
    wish = Wish(Money.of(20000, "CNY"), 24, Amortization.ANNUITY)
    chosen = choose_wishes(CNY, wish, lambda _: True, 3)
    assert chosen == (
        wish,
        Wish(wish.amount, 24, Amortization.EQUAL_PRINCIPAL),
        Wish(wish.amount, 18, Amortization.ANNUITY),
    )
    assert choose_wishes(CNY, wish, lambda w: w.tenor_months > 24, 3) == (Wish(wish.amount, 36, Amortization.ANNUITY),)
    assert choose_wishes(CNY, wish, lambda _: False, 3) == ()


@given(st.integers(5000, 200000), st.sampled_from(CNY.tenors))
def test_a_solved_wish_is_the_largest_that_passes_a_limit_on_the_instalment(limit, tenor):
    wish = Wish(CNY.amount_max, tenor, Amortization.EQUAL_PRINCIPAL)
    found = solve_wish(CNY, wish, lambda w: w.amount.minor <= limit * 100)
    step = CNY.amount_step.minor
    assert found == Wish(Money(limit * 100 // step * step, "CNY"), tenor, wish.kind)


def test_a_wish_too_heavy_for_the_income_is_solved_by_the_policy_itself():
    case = consumer_case("B", amount=Money.of(200000, "CNY"), tenor_months=12)
    wish = Wish(Money.of(200000, "CNY"), 12, Amortization.ANNUITY)
    first = assess(case, wish, seed_policy())
    assert first.decision.is_solvable
    found = solve_wish(case.product, wish, lambda w: assess(case, w, seed_policy()).is_approved)
    assert assess(case, found, seed_policy()).is_approved
    more = Wish(found.amount + case.product.amount_step, found.tenor_months, found.kind)
    assert not assess(case, more, seed_policy()).is_approved


def test_figures_of_a_quote_add_up_in_its_written_form():
    raw = quote_to_dict(
        quote(CNY, Terms(Money.of(20000, "CNY"), 24, Amortization.EQUAL_PRINCIPAL, Decimal("0.09")), DAY)
    )
    assert sum(row["principal_minor"] for row in raw["rows"]) == raw["amount_minor"]
    assert sum(row["payment_minor"] for row in raw["rows"]) == raw["total_minor"]
    assert raw["rows"][-1]["balance_minor"] == 0


def test_products_come_back_from_their_written_form():
    for product in seed_products().values():
        assert read_product(product_to_dict(product)) == product


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("tenors", [12, 6], "tenors must rise"),
        ("amount_min", "999999999", "smallest amount"),
        ("rates", {"A": "1.5"}, "from 0 to 1"),
        ("kinds", ["flat"], "annuity and equal principal"),
        ("day_count", "31/360", "31/360"),
        ("names", {"en": "x"}, "English and Chinese"),
    ],
)
def test_a_wrong_product_is_refused(key, value, said):
    with pytest.raises(PolicyInvalid, match=said):
        read_product(product_to_dict(CNY) | {key: value})


def test_penalty_rates():
    # PBoC Yin Fa [2003] No. 251: 30 to 50 % above the contract rate
    assert CNY.late.penalty_rate_annual(Decimal("0.10")) == Decimal("0.15")
    assert CNY.day_count is DayCount.PERIOD
    assert seed_policy().offers.expires_on(date(2026, 11, 22)) == date(2026, 12, 6)
