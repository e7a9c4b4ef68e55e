"""What became of scored cases: the one query that sees both applications and the loan book."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from sqlalchemy import text

from core.db import Work
from core.domain.facts import CATALOGUE
from repayment.queries.exposure import performance_sample as loan_performance
from scoring.domain.performance import PastCase
from scoring.domain.policy import ScoringPolicy

# 62 is the age from which Regulation B (12 CFR 1002.6(b)(2)(iv)) lets nobody be scored worse for it.
AGE_BANDS = ((25, "18-24"), (35, "25-34"), (50, "35-49"), (62, "50-61"))
OLDEST = "62+"
GROUPED = ("age_years", "nationality")

_CASES = text(
    """
    SELECT a.id, a.product_code, f.frozen_on, f.base, d.outcome, d.kind, d.override, c.loan_id
    FROM application a
    JOIN LATERAL (
        SELECT s.frozen_on, s.base FROM fact_set s
        WHERE s.application_id = a.id AND s.score_record_id IS NOT NULL ORDER BY s.frozen_at DESC LIMIT 1
    ) f ON true
    LEFT JOIN LATERAL (
        SELECT x.outcome, x.kind, x.override FROM decision x
        WHERE x.application_id = a.id AND x.assessment = a.assessment ORDER BY x.number DESC LIMIT 1
    ) d ON true
    LEFT JOIN contract c ON c.application_id = a.id AND c.loan_id IS NOT NULL
    WHERE f.frozen_on >= :since AND f.frozen_on < :until AND (CAST(:ids AS uuid[]) IS NULL OR a.id = ANY(:ids))
    ORDER BY f.frozen_on, a.id
    """
)


def performance_sample(
    r: Work, since: date, until: date, *, only: Collection[UUID] | None = None
) -> Sequence[PastCase]:
    """Cases scored with since <= day < until (those of `only` if given), with their decision and outcome.

    Bad is the scoring policy's: so many days past due within so many months of disbursement, or charged off by then.
    Known only once the window is over, for goods and bads alike: bads show earlier and would otherwise weigh too much.
    """
    policy = r.policy(ScoringPolicy)
    ids = None if only is None else list(only)
    rows = r.session.execute(_CASES, {"since": since, "until": until, "ids": ids}).all()
    lent = [row.loan_id for row in rows if row.loan_id is not None]
    bad = {
        loan.loan_id: loan.bad
        for loan in loan_performance(r, months=policy.window_months, bad_dpd=policy.bad_dpd, only=lent)
        if loan.months_observed >= policy.window_months
    }
    return tuple(
        PastCase(
            row.id, row.product_code, row.frozen_on, row.outcome if row.outcome in {"APPROVE", "DECLINE"} else "",
            row.kind == "person", bool(row.override), bad.get(row.loan_id), protected_groups(row.base),
        )
        for row in rows
    )  # fmt: skip


def protected_groups(base: Mapping[str, Any]) -> dict[str, str]:
    """The protected groups the frozen facts tell, by fact of the catalogue: ages by band."""
    found = {}
    for name in GROUPED:
        raw = base.get(name)
        if raw is not None and CATALOGUE[name].protected:
            found[name] = age_band(raw) if name == "age_years" else str(raw)
    return found


def age_band(raw: Any) -> str:
    """`25-34` for 30; what is no number stays as it is."""
    try:
        years = Decimal(str(raw))
    except InvalidOperation:
        return str(raw)
    return next((label for below, label in AGE_BANDS if years < below), OLDEST)
