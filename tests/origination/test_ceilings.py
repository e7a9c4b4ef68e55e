"""Legal ceilings of cost asked for real: in the assessment, the offer, the quote."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from core.domain.errors import PolicyInvalid
from core.domain.money import Money
from origination.domain.assessment import Case, assess
from origination.domain.offer import Terms, Wish, quote
from origination.domain.product import product_to_dict, read_product
from origination.domain.rules import Outcome
from repayment.domain.caps import CapBasis, CapOutcome, CapPolicy, Ceilings
from repayment.domain.schedule_request import Amortization, Fee, FeeKind
from tests.origination.cases import DAY, ROOT, consumer_case, seed_policy, seed_products


def shipped() -> CapPolicy:
    return CapPolicy.from_toml(tomllib.loads((ROOT / "repayment/policy.toml").read_text("utf-8")))


def ceilings(limit: str, basis: str = "nominal", lender_type: str = "bank", jurisdiction: str = "CN") -> Ceilings:
    row = {
        "name": "A ceiling", "jurisdiction": "CN", "lender_type": "bank", "basis": basis, "limit": limit,
        "valid_from": date(2020, 1, 1), "source": "a law",
    }  # fmt: skip
    return CapPolicy.from_toml({"caps": [row]}).ceilings(jurisdiction, lender_type, DAY)


def wish(amount: str = "20000", months: int = 12) -> Wish:
    return Wish(Money.of(amount, "CNY"), months, Amortization.ANNUITY)


def bound(grade: str | None, found: Ceilings) -> Case:
    return replace(consumer_case(grade), ceilings=found)


@pytest.mark.parametrize("code", ["consumer-cny", "sme-working-cny"])
def test_every_loan_of_the_chinese_products_is_within_the_law(code: str) -> None:
    """The dearest grade at every tenor and way of repaying, smallest and largest sum: none exceeds 24 %."""
    product = seed_products()[code]
    binding = shipped().ceilings(product.jurisdiction, "bank", DAY)
    for months in product.tenors:
        for kind in product.kinds:
            for amount in (product.amount_min, product.amount_max):
                terms = Terms(amount, months, kind, product.rate_range[1])
                found = quote(product, terms, DAY, binding)
                assert len(found.caps) == 1
                assert found.caps_exceeded == ()


def test_a_loan_above_a_ceiling_goes_to_a_person_and_nobody_may_approve_it() -> None:
    """Grade B pays 9.00 % a year in level monthly instalments without fees: nominal 9 %, compounded 9.3807 %."""
    policy = seed_policy()
    within = assess(bound("B", ceilings("0.09")), wish(), policy)
    assert within.is_approved
    assert [(one.basis, one.passes) for one in within.caps] == [(CapBasis.NOMINAL, True)]
    above = assess(bound("B", ceilings("0.09", "effective")), wish(), policy)
    assert above.decision.outcome is Outcome.REFER
    assert above.decision.reason_ids == ("COST_ABOVE_CEILING",)
    assert above.decision.is_final
    (held,) = above.caps
    assert (held.basis, held.limit, held.value.quantize(Decimal("0.000001"))) == (
        CapBasis.EFFECTIVE, Decimal("0.09"), Decimal("0.093807"),
    )  # fmt: skip


def test_without_a_score_the_dearest_rate_is_held_against_the_ceiling() -> None:
    found = assess(bound(None, ceilings("0.17")), wish(), seed_policy())
    assert "COST_ABOVE_CEILING" in found.decision.reason_ids
    assert assess(bound(None, ceilings("0.18")), wish(), seed_policy()).decision.is_final is False


def test_other_lenders_and_jurisdictions_have_other_ceilings() -> None:
    assert assess(bound("B", ceilings("0.01", lender_type="micro_lender")), wish(), seed_policy()).is_approved
    assert assess(bound("B", ceilings("0.01", jurisdiction="EU")), wish(), seed_policy()).is_approved


def test_fees_count_where_the_note_rate_does_not_see_them() -> None:
    """1,000 withheld of 20,000 at 9 %: the all-in cost of a year is far above 12 %, the contract's rate is not."""
    product = seed_products()["consumer-cny"]
    dear = replace(product, fees=(Fee("f", FeeKind.UP_FRONT, amount=Money.of("1000", "CNY"), withheld=True),))
    terms = Terms(Money.of("20000", "CNY"), 12, Amortization.ANNUITY, Decimal("0.09"))
    assert quote(dear, terms, DAY, ceilings("0.12", "note_rate")).caps_exceeded == ()
    (held,) = quote(dear, terms, DAY, ceilings("0.12")).caps_exceeded
    assert held.room < 0


def test_outcomes_are_kept_as_they_were() -> None:
    terms = Terms(Money.of("20000", "CNY"), 12, Amortization.ANNUITY, Decimal("0.09"))
    found = quote(seed_products()["consumer-cny"], terms, DAY, ceilings("0.0912")).caps
    assert CapOutcome.read_all(one.to_dict() for one in found) == found


def test_a_product_may_name_the_type_of_lender() -> None:
    product = replace(seed_products()["consumer-cny"], lender_type="micro_lender")
    assert read_product(product_to_dict(product)) == product


def test_a_ceiling_without_its_index_stops_the_start() -> None:
    raw = tomllib.loads((ROOT / "repayment/policy.toml").read_text("utf-8"))
    with pytest.raises(PolicyInvalid, match="lpr_1y is not loaded"):
        CapPolicy.from_toml({"caps": raw["caps"]})
    late = {"lpr_1y": [{"on": date(2022, 1, 1), "rate": "0.0380"}]}
    with pytest.raises(PolicyInvalid, match="has no value on 2020-08-20"):
        CapPolicy.from_toml({"caps": raw["caps"], "indexes": late})
