"""Contract figures: they agree with the schedule, survive storage, and refuse to contradict each other."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import PolicyInvalid
from core.domain.money import Money
from origination.domain.contract import ChargeKind, masked
from origination.domain.contract_json import contract_from_dict, contract_to_dict, evidence_from_dict, evidence_to_dict
from origination.domain.lender import LenderProfile
from tests.origination.contract.samples import EN, ZH, sample, signed

PRODUCTS = ("consumer-cny", "consumer-eur", "sme-working-cny", "sme-equipment-eur")


def test_the_figures_of_a_textbook_loan() -> None:
    """100,000 at 12 % over 12 months, last instalment trues up: 8884.88 x 11 + 8884.85, interest 6618.53.

    The exact instalment 8884.878868 is 100000 * 0.01 / (1 - 1.01^-12); twelve months at 1 % compound to 12.6825 %.
    """
    data = sample("consumer-cny", EN, amount=100_000, tenor=12, rate="0.12")
    assert {str(row.payment) for row in data.rows[:-1]} == {"8884.88"}
    assert str(data.rows[-1].payment) == "8884.85"
    assert str(data.interest_total) == str(data.cost_total) == "6618.53"
    assert data.rate_effective == Decimal("0.1268")
    assert data.rate_nominal == Decimal("0.1200")
    assert data.payout == data.principal
    assert data.level


@given(
    st.sampled_from(PRODUCTS), st.integers(10, 150), st.sampled_from([6, 12, 24, 36]),
    st.sampled_from(["annuity", "equal_principal"]),
)  # fmt: skip
def test_laws_of_every_contract(code: str, thousands: int, tenor: int, kind: str) -> None:
    data = sample(code, EN, amount=thousands * 1000, tenor=tenor, kind=kind)
    assert data.payable_total == data.principal + data.cost_total
    assert sum((charge.annualised or 0) for charge in data.regular_charges) == data.rate_nominal
    assert data.payout + data.withheld == data.principal
    assert data.rate_effective >= data.rate_nominal
    assert all(charge.amount is None or charge.amount.minor >= 0 for charge in data.charges)
    assert contract_from_dict(json.loads(json.dumps(contract_to_dict(data)))) == data


def test_the_all_in_table_is_owed_to_consumers_in_china_only() -> None:
    assert [sample(code).all_in_table for code in PRODUCTS] == [True, False, False, False]


def test_contingent_charges_are_kept_apart() -> None:
    data = sample("consumer-eur", EN)
    assert [charge.kind for charge in data.contingent_charges] == [
        ChargeKind.LATE_FEE, ChargeKind.PENALTY_INTEREST, ChargeKind.PREPAYMENT_FEE,
    ]  # fmt: skip
    assert all(charge.annualised is None for charge in data.contingent_charges)


def test_figures_that_contradict_each_other_make_no_contract() -> None:
    data = sample()
    cent = Money(1, "CNY")
    broken = replace(data.rows[0], payment=data.rows[0].payment + cent)
    with pytest.raises(ValueError, match="instalment 1 "):
        replace(data, rows=(broken, *data.rows[1:]))
    with pytest.raises(ValueError, match="leaves something owed"):
        replace(data, rows=data.rows[:-1], principal=data.principal * 0)
    with pytest.raises(ValueError, match="charges do not add up"):
        replace(data, charges=())
    with pytest.raises(ValueError, match="no contract in"):
        replace(data, locale="fr")


def test_evidence_survives_storage() -> None:
    evidence = signed(sample(), "0" * 64)
    assert evidence_from_dict(json.loads(json.dumps(evidence_to_dict(evidence)))) == evidence


@pytest.mark.parametrize(
    ("number", "shown"), [("310101199003071234", "•" * 14 + "1234"), ("12345", "•••45"), ("7", "•"), ("", "")]
)
def test_numbers_are_masked(number: str, shown: str) -> None:
    assert masked(number) == shown


def test_the_lender_of_the_policy_is_checked() -> None:
    profile = LenderProfile.from_toml({"lender": {"name": "A", "address": {"en": "1 Road", "zh": "一路1号"}}})
    assert (profile.text("address", ZH), profile.text("address", EN), profile.text("complaints", EN)) == (
        "一路1号", "1 Road", "",
    )  # fmt: skip
    for wrong in ({"nmae": "A"}, {"address": {"en": "1 Road"}}):
        with pytest.raises(PolicyInvalid, match="lender"):
            LenderProfile.from_toml({"lender": wrong})
