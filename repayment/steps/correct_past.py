"""Back-dating: play the loan's life again with what is known now, and post the difference."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import delete, insert

from core.db import Work
from repayment.domain.day_end import DaySnapshot
from repayment.domain.ledger import Correction
from repayment.queries.play_again import Replayed
from repayment.steps.save_life import save_replayed, write_postings, write_reversals
from repayment.tables import LoanDayRow, LoanRow


def post_correction(w: Work, loan: LoanRow, found: Replayed) -> None:
    """Writes reversals, new entries, lines and day snapshots in the caller's transaction."""
    w.session.flush()
    write_reversals(w, loan, found.correction.reverse)
    write_postings(w, loan, found.correction.post)
    save_replayed(w, loan, found.replay.life, found.lines_before)
    first = _first_change(found.correction)
    if first is not None and (found.replay.days or not w.is_new(loan.id)):
        rewrite_days(w, loan, found.replay.days, first)


def _first_change(correction: Correction) -> date | None:
    days = [entry.effective_on for entry in correction.reverse] + [entry.effective_on for entry in correction.post]
    return min(days, default=None)


def rewrite_days(w: Work, loan: LoanRow, days: Sequence[DaySnapshot], first: date) -> None:
    """Replaces the day snapshots from `first` on."""
    w.session.execute(delete(LoanDayRow).where(LoanDayRow.loan_id == loan.id, LoanDayRow.day_on >= first))
    rows = [day_values(loan, snapshot) for snapshot in days if snapshot.day_on >= first]
    if rows:
        w.session.execute(insert(LoanDayRow.__table__), rows)  # type: ignore[arg-type]


def day_values(loan: LoanRow, snapshot: DaySnapshot) -> dict[str, object]:
    """The snapshot as a row."""
    return {**snapshot._asdict(), "loan_id": loan.id}
