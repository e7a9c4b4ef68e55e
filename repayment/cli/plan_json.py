"""JSON to a restructuring plan."""

from __future__ import annotations

from repayment.cli.reading import Fields
from repayment.cli.schedule_json import read_grace, read_kind
from repayment.domain.restructure import RestructurePlan


def read_plan(fields: Fields) -> RestructurePlan:
    """`{"instalments", "reason", "annual_rate", "amortization", "first_due_on", "capitalise_arrears", "grace"}`.

    Raises InvalidInput naming the field; what is left out stays as the loan has it.
    """
    fields.refuse_unknown(
        "instalments", "reason", "annual_rate", "amortization", "first_due_on", "capitalise_arrears", "grace"
    )
    return RestructurePlan(
        instalments=fields.integer("instalments"),
        rate_annual=fields.decimal("annual_rate") if fields.has("annual_rate") else None,
        amortization=read_kind(fields) if fields.has("amortization") else None,
        first_due_on=fields.day("first_due_on") if fields.has("first_due_on") else None,
        grace=read_grace(fields.part("grace")),
        capitalise_arrears=fields.flag("capitalise_arrears", False),
        reason=fields.text("reason"),
    )
