"""A new agreement on a running loan never costs more than the law of its lender allows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from core.domain.errors import InvalidInput
from repayment.domain.restructure import RestructurePlan
from repayment.domain.state import EventKind
from repayment.queries.preview import preview_change
from repayment.steps.change_loan import plan_data, restructure
from tests.repayment.house import House, request_of, terms_of

TODAY = date(2025, 3, 10)


def agree(house: House, rate: str, new_rate: str, lender_type: str = "bank") -> UUID:
    """A loan at one rate gets a plan at another."""
    loan = house.loan(request_of(rate_annual=Decimal(rate)), terms_of(lender_type=lender_type))
    house.close_through(date(2025, 3, 9), daily=False)
    house.set_clock(TODAY)
    plan = RestructurePlan(instalments=24, rate_annual=Decimal(new_rate), reason="illness")
    with house.work() as w:
        preview_change(w, loan, kind=EventKind.RESTRUCTURE, data=plan_data(plan))
    with house.work() as w:
        restructure(w, loan, plan=plan, key="a-plan")
    return loan


@pytest.mark.parametrize("book", [False, True])
def test_a_plan_above_24_percent_is_refused_and_nothing_is_written(house: House, book: bool) -> None:
    """Fa Fa [2017] No. 22: licensed lenders, 24 % a year in sum."""
    loan = house.loan(request_of(), terms_of(lender_type="bank"))
    house.close_through(date(2025, 3, 9), daily=False)
    house.set_clock(TODAY)
    before = house.row(loan).row_version, house.lines(loan)
    plan = RestructurePlan(instalments=24, rate_annual=Decimal("0.2401"), reason="illness")
    with pytest.raises(InvalidInput, match=r"nominal cost 24\.01% is above 24%") as refused, house.work() as w:
        if book:
            restructure(w, loan, plan=plan, key="a-plan")
        else:
            preview_change(w, loan, kind=EventKind.RESTRUCTURE, data=plan_data(plan))
    assert list(refused.value.fields) == ["annual_rate"]
    assert (house.row(loan).row_version, house.lines(loan)) == before


@pytest.mark.parametrize(
    ("rate", "new_rate", "lender_type"),
    [
        ("0.12", "0.24", "bank"),  # exactly at the limit, whatever whole cents do
        ("0.30", "0.28", "bank"),  # a concession on an older, dearer loan
        ("0.12", "0.30", "mla"),  # no ceiling of that lender in this jurisdiction
    ],
)
def test_what_the_law_allows_is_agreed(house: House, rate: str, new_rate: str, lender_type: str) -> None:
    loan = agree(house, rate, new_rate, lender_type)
    assert house.row(loan).restructured_on == TODAY
