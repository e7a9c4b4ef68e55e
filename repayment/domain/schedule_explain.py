"""How a row of a schedule came about: balance x rate x share of a year, rounding, adjustment, fees."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from core.domain.errors import InvalidInput
from core.domain.money import Money, exponent
from core.domain.texts import Text
from repayment.domain.schedule_dates import make_periods
from repayment.domain.schedule_fees import fee_lines
from repayment.domain.schedule_request import Amortization
from repayment.domain.schedule_rows import Instalment, Schedule
from repayment.domain.schedule_walk import Segment, Walk, Walked


@dataclass(frozen=True, slots=True)
class RowExplanation:
    """One row with all that made it. Sums in minor units; `interest_exact` is the interest before rounding.

    `carried_minor` is interest of earlier rows due here, `level_minor` the instalment the row follows (None where the
    kind has none), `adjustment_minor` by how much its payment without fees and carried interest differs from it.
    """

    row: Instalment
    segments: tuple[Segment, ...]
    interest_exact: Fraction
    interest_rounded_minor: int
    carried_minor: int
    level_minor: int | None
    adjustment_minor: int
    fees: tuple[tuple[str, str, int], ...]  # name, payee, minor units

    def sentences(self) -> list[Text]:
        """The explanation as short sentences, amounts in major units."""
        places = exponent(self.row.currency)

        def money(minor: int) -> Money:
            return Money(minor, self.row.currency)

        found = [
            Text(
                "From {start} to {end}: {balance} × {rate} × {share} = {interest}",
                start=segment.start,
                end=segment.end,
                balance=money(segment.balance_minor),
                rate=f"{decimal(segment.rate * 100, 6).normalize():f}%",
                share=str(segment.share),
                interest=str(decimal(segment.interest / 10**places, places + 4)),
            )
            for segment in self.segments
        ]
        found.append(Text("Interest rounded: {amount}", amount=money(self.interest_rounded_minor)))
        if self.carried_minor:
            found.append(Text("Interest of earlier rows: {amount}", amount=money(self.carried_minor)))
        if self.row.capitalised_minor:
            found.append(
                Text("Added to the balance instead of due: {amount}", amount=money(self.row.capitalised_minor))
            )
        if self.level_minor is not None and self.row.principal_minor:
            found.append(Text("Level instalment: {amount}", amount=money(self.level_minor)))
            if self.adjustment_minor:
                found.append(Text("Adjustment in this row: {amount}", amount=money(self.adjustment_minor)))
        found += [
            Text("Fee {name} to {payee}: {amount}", name=name, payee=payee, amount=money(minor))
            for name, payee, minor in self.fees
        ]
        return found


def decimal(value: Fraction, places: int) -> Decimal:
    """A fraction as a decimal of so many places, half even."""
    quantum = Decimal(1).scaleb(-places)
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(quantum, rounding=ROUND_HALF_EVEN)


def explain_rows(schedule: Schedule) -> tuple[RowExplanation, ...]:
    """Every row explained, by walking the loan once more with the pen out."""
    request, rows = schedule.request, schedule.instalments
    count = request.instalments or len(request.principal_plan) or len(rows)
    walked: Walked = Walk(request, make_periods(request, count), schedule.opening_minor, explains=True).run()
    lines = fee_lines(request, schedule.due_on, schedule.opening_balances) if request.fees else ()
    found = []
    for k, row in enumerate(rows):
        if (row.principal_minor, row.interest_minor) != (walked.principal[k], walked.interest[k]):
            raise AssertionError(f"row {row.number} does not explain itself")
        exact = sum((segment.interest for segment in walked.segments[k]), Fraction(0))
        carried = walked.carried[k]
        own = row.interest_minor - carried + row.capitalised_minor
        level = walked.levels[k] if request.amortization is not Amortization.EQUAL_PRINCIPAL else None
        adjustment = row.principal_minor + row.interest_minor - carried - level if level is not None else 0
        fees = tuple((line.fee.name, line.fee.payee, line.per_row_minor[k]) for line in lines if line.per_row_minor[k])
        found.append(RowExplanation(row, walked.segments[k], exact, own, carried, level, adjustment, fees))
    return tuple(found)


def explain_row(schedule: Schedule, number: int) -> RowExplanation:
    """One row explained. Raises InvalidInput for a number the schedule does not have."""
    if not 1 <= number <= len(schedule.due_on):
        raise InvalidInput({"number": Text("The schedule has no row {n}", n=number)})
    return explain_rows(schedule)[number - 1]
