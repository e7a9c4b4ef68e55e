"""A loan's schedule row by row: paid and open, and how each row came about; old versions stay readable."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from core.db import Work
from core.domain.errors import NotFound
from core.domain.texts import Text
from repayment.domain.schedule import build_schedule
from repayment.domain.schedule_explain import explain_rows
from repayment.queries.beside import beside_of
from repayment.queries.load_life import load_life, load_lines
from repayment.queries.loan_page import LineView, line_views
from repayment.tables import LoanRow, LoanScheduleRow


@dataclass(frozen=True, slots=True)
class ExplainedLine:
    """An instalment and the sentences that explain its figures (none for rows of a replaced version)."""

    line: LineView
    sentences: tuple[Text, ...]


def explained_lines(w: Work, loan_id: UUID, version_id: UUID | None = None) -> tuple[ExplainedLine, ...]:
    """The schedule in force, or the version asked for. Raises NotFound."""
    loan = w.get(LoanRow, loan_id)
    if version_id is not None and version_id != loan.schedule_id:
        version = w.get(LoanScheduleRow, version_id)
        if version.loan_id != loan_id:
            raise NotFound(Text("There is no such version of the schedule"))
        known = beside_of(w, loan, version.effective_on)
        old = line_views(load_lines(w, version_id), loan.currency, w.today, known)
        return tuple(ExplainedLine(line, ()) for line in old)
    life = load_life(w, loan)
    said: dict[int, tuple[Text, ...]] = {}
    if life.contract is not None:
        rows = explain_rows(build_schedule(life.contract))
        said = {life.after + row.row.number: tuple(row.sentences()) for row in rows}
    lines = line_views(life.state.lines, loan.currency, w.today, beside_of(w, loan))
    same = _agree(lines, life.after, [row.row.principal_minor for row in rows] if life.contract is not None else [])
    return tuple(ExplainedLine(line, said.get(line.number, ()) if same else ()) for line in lines)


def _agree(lines: tuple[LineView, ...], after: int, principal: list[int]) -> bool:
    """Whether the schedule computed anew is the one in force: a sentence must fit its row."""
    return [line.principal.minor for line in lines if line.number > after] == principal
