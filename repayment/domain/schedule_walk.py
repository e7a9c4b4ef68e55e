"""The general walk over a schedule: grace, payment holidays, tranches, prepayments, rate changes, every kind.

It goes row by row on whole minor units; interest is an exact fraction until its one rounding. On loans without events
it gives the same cents as the plain walks in `amortization.py`, and it remembers how each row came about.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from itertools import repeat

from core.domain.errors import InvalidInput
from core.domain.money import Money
from core.domain.texts import Text
from repayment.domain.amortization import Run, closes_early, level_rows, level_run, planned_rows, repaid
from repayment.domain.rounding import FIRST, LAST, ROUNDERS, SEGMENT, division, rounded_products
from repayment.domain.schedule_dates import Periods, part_share, rate_ratio, row_share
from repayment.domain.schedule_level import LevelRun, LevelTable, balance_level
from repayment.domain.schedule_plan import RowPlan, make_row_plan
from repayment.domain.schedule_request import (
    CUSTOM,
    EQUAL_PRINCIPAL,
    FLAT,
    INTEREST_ONLY,
    Disbursement,
    InterestTreatment,
    Prepayment,
    PrepaymentEffect,
    RateChange,
    ScheduleRequest,
)
from repayment.domain.schedule_rows import Movement

Event = Disbursement | Prepayment | RateChange
Ratio = tuple[int, int]
_ORDER = {RateChange: 0, Disbursement: 1, Prepayment: 2}


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of constant balance and rate: `interest` = balance x rate x share, exact, in minor units."""

    start: date
    end: date
    balance_minor: int
    rate: Fraction
    share: Fraction
    interest: Fraction


@dataclass(slots=True)
class Walked:
    """The columns found so far, in minor units; segments, levels and carried only where the walk explains."""

    principal: list[int] = field(default_factory=list)
    interest: list[int] = field(default_factory=list)
    capitalised: list[int] = field(default_factory=list)
    movements: list[Movement] = field(default_factory=list)
    segments: list[tuple[Segment, ...]] = field(default_factory=list)
    levels: list[int | None] = field(default_factory=list)
    carried: list[int] = field(default_factory=list)  # interest of earlier rows that is due in this one
    level: int | None = None
    closed: bool = False  # a fixed instalment repaid the loan by itself


class Walk:
    """One pass over the rows. Raises InvalidInput for an event the loan cannot take."""

    def __init__(self, request: ScheduleRequest, periods: Periods, opening: int, *, explains: bool = False) -> None:
        self.request, self.periods, self.explains = request, periods, explains
        self.rows = len(periods.due)
        self.plan: RowPlan = make_row_plan(request, self.rows)
        self.balloon = request.balloon.minor if request.balloon else 0
        self.fixed = request.instalment.minor if request.instalment else None
        self.ends_when_paid = self.fixed is not None and request.instalments is None
        self.waits = bool(request.undrawn) and not self.ends_when_paid
        self.rounded = ROUNDERS[request.rounding.mode]
        self.flat = request.amortization is FLAT
        self._take_rate(rate_ratio(request))
        self.balance = self.lent = opening
        self.pool = 0  # interest deferred so far
        self.spread_part = 0
        self.credit = 0  # prepaid instalments still to be skipped
        self.level: int | None = None
        self.part = 0
        self.stale = True  # the instalment is to be worked out again
        self.settled_interest = 0
        self.first_extra = 0
        self.found = Walked()
        self.last_event_row = -1  # of a tranche or a prepayment
        self.events = self._events_by_row()

    def _take_rate(self, rate: Ratio) -> None:
        self.rate = rate
        self.numerators, self.denominator = self.periods.factors(rate)
        self.how = division(self.request.rounding.mode, self.denominator)
        self.table: LevelTable | None = None
        self.table_row = 0

    def _events_by_row(self) -> dict[int, list[Event]]:
        request, bounds = self.request, self.periods.bounds
        events: list[Event] = [*request.rate_changes, *request.prepayments]
        if request.disbursements:
            events += [part for part in request.disbursements if part.on > request.disbursed_on]
        if len(events) > 1:
            events.sort(key=lambda event: (event.on, _ORDER[type(event)]))
        grouped: dict[int, list[Event]] = {}
        for event in events:
            # On a due date the instalment comes first: the event belongs to the period that begins.
            row = bisect_right(bounds, event.on) - 1
            moves = not isinstance(event, RateChange)
            if row < self.rows:
                grouped.setdefault(row, []).append(event)
                if moves:
                    self.last_event_row = row
            elif moves and request.instalments is not None:
                name = "prepayments" if isinstance(event, Prepayment) else "disbursements"
                raise InvalidInput({name: Text("{day} is not before the last due date", day=event.on)})
        return grouped

    def run(self) -> Walked:
        """All rows, or fewer when the loan is repaid early. The segments of each row are kept if it `explains`."""
        row = 0
        while row < self.rows:
            if self.stale:  # with an event in the period: the instalment that held before it
                self._work_out(row, self._undisturbed(row))
            count = 0 if self.explains or row in self.events else self._stretch(row)
            if not count:
                exact = self._accrue(row)
                closes = self.ends_when_paid and self._closes_in(row, exact)
                self._due(row, exact, is_last=closes or row == self.rows - 1)
                self.found.closed = closes
                count = 1
            row += count
            if self._is_over(row - 1):
                break
        return self.found

    def _is_over(self, row: int) -> bool:
        """True when nothing is owed after the row and nothing more is to come.

        Rows stay, empty, while a part of the loan may still be paid out.
        """
        return not self.waits and self.balance == 0 and self.pool == 0 and row >= self.last_event_row

    def _stretch(self, row: int) -> int:
        """Rows that go on alike up to the next event or the end, made at once; how many there were."""
        if self.pool or self.credit or self.first_extra:
            return 0
        end = self.rows
        for later in self.events:  # in rising order
            if later > row:
                end = later
                break
        found = self._level_rows(row, end) if row >= self.plan.simple_row else self._idle_rows(row, end)
        if found is None:
            return 0
        principals, interests, self.balance = found
        end = row + len(principals)
        if self.ends_when_paid and not self.balance and end > self.last_event_row:
            self.found.closed = True
        if end == self.rows:
            principals[-1] += self.balance
            self.balance = 0
        if self._is_over(end - 1):
            closes_early(principals, interests)
        self.found.principal += principals
        self.found.interest += interests
        self.found.capitalised += [0] * len(principals)
        return len(principals)

    def _level_rows(self, row: int, end: int) -> Run | None:
        """Rows of one instalment, of one part of principal, or of the plan."""
        kind, numerators = self.request.amortization, self.numerators[row:end]
        if kind is CUSTOM:
            parts = [part.minor for part in self.request.principal_plan[row:end]]
        elif kind is EQUAL_PRINCIPAL:
            if self.request.rounding.residual is FIRST and row == self.plan.first_paying:
                return None
            parts = [self.part] * (end - row)
        elif kind is INTEREST_ONLY:
            parts = [self.balance]
        elif self.fixed:
            interests, _ = level_run(self.balance, self.fixed, numerators, self.how)
            wanted = [self.fixed - interest for interest in interests]
            return repaid(self.balance, wanted, interests) if min(wanted) > 0 else None
        elif self.flat:
            interests = rounded_products(repeat(self.lent), numerators, self.how)
            wanted = [(self.level or 0) - interest for interest in interests]
            left = self.balance - sum(wanted)
            # Flat interest goes on after the balance is gone: such a stretch is made row by row.
            fits = min(wanted) >= 0 and left + wanted[-1] > 0 and (left >= 0 or end == self.rows)
            return (wanted, interests, left) if fits else None
        else:
            return level_rows(self.balance, self.level or 0, numerators, self.how)
        return planned_rows(self.balance, parts, numerators, self.how)

    def _idle_rows(self, row: int, end: int) -> Run | None:
        """Rows that pay interest and no principal; the last row of all is none of them."""
        plan, stop = self.plan, row
        end = min(end, self.rows - 1)
        while stop < end and not plan.weights[stop] and plan.pays_interest[stop]:
            stop += 1
        if stop == row:
            return None
        basis = self.lent if self.flat else self.balance
        interests = rounded_products(repeat(basis), self.numerators[row:stop], self.how)
        return [0] * (stop - row), interests, self.balance

    # Interest of one period, as an exact ratio of minor units

    def _accrue(self, row: int) -> Ratio:
        """Interest of the period, with the row's events applied on their days."""
        self.settled_interest = 0
        if row in self.events or self.explains:
            return self._accrue_in_parts(row)
        return self._undisturbed(row)

    def _undisturbed(self, row: int) -> Ratio:
        """Interest of the period if nothing happens in it. Flat interest runs on the sum first lent."""
        basis = self.lent if self.flat else self.balance
        return basis * self.numerators[row], self.denominator

    def _accrue_in_parts(self, row: int) -> Ratio:
        bounds, periods = self.periods.bounds, self.periods
        start, end = bounds[row], bounds[row + 1]
        left, share_den = row_share(self.request, periods, row)
        parts: list[Ratio] = []
        segments: list[Segment] = []
        for event in self.events.get(row, ()):
            share = part_share(self.request, periods, row, (start, event.on))
            parts.append(self._part(share, share_den))
            if self.explains:
                segments.append(self._segment(start, event.on, Fraction(share, share_den)))
            left -= share
            start = event.on
            self._apply(event, row, parts)
        # The last stretch counts what is left of the period, so a split never changes the period's length.
        left = max(left, 0)
        parts.append(self._part(left, share_den))
        if self.explains:
            segments.append(self._segment(start, end, Fraction(left, share_den)))
            self.found.segments.append(tuple(one for one in segments if one.start < one.end or one.share))
        return self._interest_of(parts)

    def _part(self, share: int, share_den: int) -> Ratio:
        basis = self.lent if self.flat else self.balance
        num, den = self.rate
        return basis * num * share, den * share_den

    def _segment(self, start: date, end: date, share: Fraction) -> Segment:
        rate = Fraction(*self.rate)
        basis = self.lent if self.flat else self.balance
        return Segment(start, end, basis, rate, share, basis * rate * share)

    def _interest_of(self, parts: list[Ratio]) -> Ratio:
        if self.request.rounding.interest is SEGMENT:
            kept = [part for part in parts if part[0]]
            if len(kept) > 1:
                return sum(self.rounded(num, den) for num, den in kept), 1
        total, common = parts[0]
        for num, den in parts[1:]:
            if den == common:
                total += num
            else:  # a change of rate may bring other decimals
                total, common = total * den + num * common, common * den
        return total, common

    # Events

    def _apply(self, event: Event, row: int, parts: list[Ratio]) -> None:
        if isinstance(event, RateChange):
            self._take_rate(event.rate_annual.as_integer_ratio())
            self.stale = True
        elif isinstance(event, Disbursement):
            self.balance += event.amount.minor
            self.lent += event.amount.minor
            self.found.movements.append(Movement(event.on, event.amount.minor, row + 1))
            self.stale = True
        else:
            self._prepay(event, row, self._interest_of(parts))

    def _prepay(self, event: Prepayment, row: int, accrued: Ratio) -> None:
        interest = self.rounded(*accrued) - self.settled_interest + self.pool
        minor = event.amount.minor
        if minor > self.balance + interest:
            raise InvalidInput(
                {
                    "prepayments": Text(
                        "The prepayment of {day} is above the settlement figure of {most}",
                        day=event.on,
                        most=Money(self.balance + interest, self.request.principal.currency),
                    )
                }
            )
        principal = min(minor, self.balance)
        excess = minor - principal  # only a payment that closes the loan settles interest before it is due
        from_pool = min(self.pool, excess)
        self.pool -= from_pool
        self.settled_interest += excess - from_pool
        self.balance -= principal
        self.found.movements.append(Movement(event.on, -principal, row + 1, excess))
        if event.effect is PrepaymentEffect.REDUCE_INSTALMENT:
            self.stale = True
        elif event.effect is PrepaymentEffect.SKIP_NEXT:
            self.credit += principal

    # One row

    def _due(self, row: int, exact: Ratio, *, is_last: bool) -> None:
        """What the row demands, and the balance after it."""
        plan = self.plan
        accrued = self.rounded(*exact) - self.settled_interest
        if self.stale:
            self._work_out(row, exact)
        interest, capitalised, carried = accrued, 0, 0
        if not plan.pays_interest[row] and not is_last:
            interest = 0
            if plan.treatment is InterestTreatment.CAPITALISED:
                capitalised = accrued
            else:
                self.pool += accrued
                self.spread_part = 0
        elif self.pool:
            carried = self._from_pool(row, is_last=is_last)
            interest += carried
        principal = self._principal(row, accrued, is_last=is_last)
        if is_last:
            principal = self.balance
        self.balance += capitalised - principal
        found = self.found
        found.principal.append(principal)
        found.interest.append(interest)
        found.capitalised.append(capitalised)
        if self.explains:
            found.carried.append(carried)
            found.levels.append(self.level)

    def _from_pool(self, row: int, *, is_last: bool) -> int:
        treatment = self.plan.treatment
        left = self.rows - row
        if is_last or treatment is InterestTreatment.DUE_AT_END:
            part = self.pool
        elif treatment is InterestTreatment.SPREAD:
            if not self.spread_part:
                self.spread_part = max(1, self.rounded(self.pool, left))
            part = min(self.spread_part, self.pool)
        else:
            part = 0
        self.pool -= part
        return part

    def _principal(self, row: int, accrued: int, *, is_last: bool) -> int:
        plan, kind = self.plan, self.request.amortization
        if not plan.weights[row] or is_last:
            return 0
        if kind is CUSTOM:
            wanted = self.request.principal_plan[row].minor
        elif kind is EQUAL_PRINCIPAL:
            wanted = self._equal_part(row)
        else:
            assert self.level is not None
            payment = self.level + self.first_extra
            self.first_extra = 0
            if plan.weights[row] != plan.unit:
                payment = self.request.rounding.level(payment * plan.weights[row], plan.unit)
            capitalises = not plan.pays_interest[row] and plan.treatment is InterestTreatment.CAPITALISED
            wanted = payment if capitalises else payment - accrued
            if wanted < 0 or (wanted == 0 and self.fixed and accrued):
                wanted = self._uncovered(row)
        if self.credit and wanted > 0:
            skipped = min(self.credit, wanted)
            self.credit -= skipped
            wanted -= skipped
        return min(wanted, self.balance)

    def _uncovered(self, row: int) -> int:
        """The instalment is below the interest: the row pays interest only and later ones are worked out again."""
        if self.fixed:
            raise InvalidInput({"instalment": Text("The instalment does not cover the interest of row {n}", n=row + 1)})
        self.stale = True
        return 0

    def _equal_part(self, row: int) -> int:
        if self.request.rounding.residual is FIRST and row == self.plan.first_paying:
            first = self.balance - self.balloon - self.part * (self.plan.paying_from[row] - 1)
            return first if first > 0 else self.part
        return self.part

    def _closes_in(self, row: int, exact: Ratio) -> bool:
        """With a fixed instalment and no number of rows: is this the row that ends the loan?"""
        if row < self.last_event_row or not self.plan.weights[row]:
            return False
        accrued = self.rounded(*exact) - self.settled_interest
        return self.balance + accrued <= (self.fixed or 0)

    def _work_out(self, row: int, exact: Ratio) -> None:
        """The instalment from this row on, with the interest of this row known."""
        self.stale = False
        plan, kind, rule = self.plan, self.request.amortization, self.request.rounding
        if kind is CUSTOM or kind is INTEREST_ONLY:
            return
        if kind is EQUAL_PRINCIPAL:
            self.part = rule.level(max(self.balance - self.balloon, 0), max(plan.paying_from[row], 1))
            return
        if self.fixed:
            self.level = self.fixed
        elif not plan.paying_from[row]:
            self.level = 0
        elif kind is FLAT:
            self.level = self._flat_level(row, exact)
        else:
            self.level = self._base_level(row, exact)
            if rule.residual is not LAST and row >= plan.simple_row:
                interest = self.rounded(*exact)
                run = LevelRun(self.balance, interest, self.numerators[row + 1 :], self.how, self.balloon, rule)
                self.level, self.first_extra = balance_level(run, self.level)
        if self.found.level is None:
            self.found.level = self.level

    def _base_level(self, row: int, exact: Ratio) -> int:
        """The base instalment that brings the balance to the balloon; `exact` is the interest of this row."""
        plan = self.plan
        if self.table is None:
            numerators = self.numerators[row:]
            for later in range(row, plan.simple_row):
                if not plan.grows[later]:
                    numerators[later - row] = 0
            self.table = LevelTable(plan.weights[row:], numerators, self.denominator, self.balloon)
            self.table_row = row
        num, den = exact
        grown = (self.balance * den + num, den) if plan.grows[row] else (self.balance, 1)
        return self.table.level(row - self.table_row, grown, self.request.rounding, plan.unit)

    def _flat_level(self, row: int, exact: Ratio) -> int:
        paying = [k for k in range(row, self.rows) if self.plan.weights[k]]
        later = sum(self.numerators[k] for k in paying if k > row)
        whole = Fraction(self.lent * later, self.denominator) + self.balance
        if paying[0] == row:
            whole += Fraction(*exact)
        whole /= len(paying)
        return self.request.rounding.level(*whole.as_integer_ratio())
