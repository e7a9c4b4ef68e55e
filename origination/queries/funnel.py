"""How far applications came: from started to paid out, and why the others stopped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import text

from core.db import Work


@dataclass(frozen=True, slots=True)
class Funnel:
    """Applications started in a span of days, by how far they had come by its last day; `reasons` are the ids the
    declined ones carry, with counts. Every stage counts those that passed it, whatever happened afterwards."""

    first_on: date
    last_on: date
    started: int
    submitted: int
    identified: int
    approved: int
    accepted: int
    paid_out: int
    declined: int
    withdrawn: int
    expired: int
    waiting: int
    hours_to_decision: float | None
    reasons: tuple[tuple[str, int], ...]


_STAGES = text(
    """
    WITH a AS (
        SELECT id, status, submitted_at FROM application
        WHERE created_at >= CAST(:first AS date) AND created_at < CAST(:last AS date) + 1
          AND (CAST(:currency AS text) IS NULL OR currency = :currency)
    ), reached AS (
        SELECT a.*,
               EXISTS (SELECT 1 FROM kyc_check k WHERE k.application_id = a.id AND k.outcome = 'PASS'
                       AND k.checked_on <= :last) AS identified,
               EXISTS (SELECT 1 FROM decision d WHERE d.application_id = a.id AND d.outcome = 'APPROVE'
                       AND d.decided_on <= :last) AS approved,
               EXISTS (SELECT 1 FROM offer o WHERE o.application_id = a.id AND o.accepted_at IS NOT NULL) AS accepted,
               EXISTS (SELECT 1 FROM contract c WHERE c.application_id = a.id AND c.loan_id IS NOT NULL
                       AND c.signed_on <= :last) AS paid_out,
               (SELECT min(d.decided_at) FROM decision d WHERE d.application_id = a.id AND d.outcome <> 'REFER')
                 AS decided_at
        FROM a
    )
    SELECT count(*) AS started,
           count(*) FILTER (WHERE submitted_at IS NOT NULL) AS submitted,
           count(*) FILTER (WHERE submitted_at IS NOT NULL AND (identified OR approved)) AS identified,
           count(*) FILTER (WHERE approved) AS approved,
           count(*) FILTER (WHERE approved AND (accepted OR paid_out)) AS accepted,
           count(*) FILTER (WHERE approved AND paid_out) AS paid_out,
           count(*) FILTER (WHERE status = 'DECLINED') AS declined,
           count(*) FILTER (WHERE status = 'WITHDRAWN') AS withdrawn,
           count(*) FILTER (WHERE status = 'EXPIRED') AS expired,
           count(*) FILTER (WHERE status NOT IN ('DECLINED', 'WITHDRAWN', 'EXPIRED', 'BOOKED', 'DRAFT')) AS waiting,
           avg(extract(epoch FROM decided_at - submitted_at)) / 3600 AS hours
    FROM reached
    """
)
_REASONS = text(
    """
    SELECT code.id, count(DISTINCT d.application_id) AS n
    FROM application a JOIN decision d ON d.application_id = a.id AND d.assessment = a.assessment
    CROSS JOIN LATERAL jsonb_array_elements_text(d.reasons) AS code(id)
    WHERE a.status = 'DECLINED' AND d.outcome = 'DECLINE'
      AND a.created_at >= CAST(:first AS date) AND a.created_at < CAST(:last AS date) + 1
      AND (CAST(:currency AS text) IS NULL OR a.currency = :currency)
    GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 8
    """
)


def funnel(w: Work, first: date, last: date, *, currency: str | None = None) -> Funnel:
    """The funnel of applications started from `first` to `last`, in all currencies unless one is named."""
    values = {"first": first, "last": last, "currency": currency}
    row: Any = w.session.execute(_STAGES, values).one()
    reasons = tuple((reason, int(n)) for reason, n in w.session.execute(_REASONS, values))
    return Funnel(
        first, last, row.started, row.submitted, row.identified, row.approved, row.accepted, row.paid_out, row.declined,
        row.withdrawn, row.expired, row.waiting, None if row.hours is None else float(row.hours), reasons,
    )  # fmt: skip
