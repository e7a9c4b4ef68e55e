"""What a schedule is asked for: sums, rate, kind, dates, rounding, grace, fees and planned events."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from core.domain.calendars import BusinessCalendar, Convention
from core.domain.dates import MONTHLY, DayCount, Frequency, MonthEnd
from core.domain.errors import InvalidInput
from core.domain.money import MINOR_MAX, Money
from core.domain.texts import Text
from repayment.domain.rounding import ROUNDING_RULE, RoundingRule

ROWS_MAX = 1200
RATE_MAX = Decimal(10)  # 1000 % a year


class Amortization(StrEnum):
    """How principal comes back."""

    ANNUITY = "annuity"
    EQUAL_PRINCIPAL = "equal_principal"
    INTEREST_ONLY = "interest_only"  # all principal with the last instalment
    FLAT = "flat"  # interest on the sum first lent, all along
    STEP = "step"  # level instalments that change by a factor at given numbers
    CUSTOM = "custom"  # principal by a plan


# Python 3.11 reads a member through its class ten times as slowly as a plain name: what runs for each loan uses these.
ANNUITY, EQUAL_PRINCIPAL, INTEREST_ONLY, FLAT, STEP, CUSTOM = Amortization
PERIOD = DayCount.PERIOD


class InterestTreatment(StrEnum):
    """What becomes of interest that accrues while none is due."""

    DUE_AT_END = "due_at_end"  # with the first instalment after the grace
    DUE_AT_MATURITY = "due_at_maturity"  # with the last instalment
    CAPITALISED = "capitalised"  # added to principal on each due date
    SPREAD = "spread"  # in equal parts over the instalments after the grace


class FeeKind(StrEnum):
    """When a fee is due."""

    UP_FRONT = "up_front"
    FINANCED = "financed"  # added to the balance
    PER_INSTALMENT = "per_instalment"
    ANNUAL = "annual"  # with the first instalment on or after each anniversary but the last
    INSURANCE = "insurance"  # with every instalment, by rate on the opening balance or a fixed amount


class PrepaymentEffect(StrEnum):
    """What a payment of principal before it is due changes."""

    REDUCE_INSTALMENT = "reduce_instalment"
    REDUCE_TERM = "reduce_term"
    SKIP_NEXT = "skip_next"


@dataclass(frozen=True, slots=True)
class Grace:
    """The first `principal` rows repay no principal, the first `interest` rows pay no interest."""

    principal: int = 0
    interest: int = 0
    treatment: InterestTreatment = InterestTreatment.DUE_AT_END


@dataclass(frozen=True, slots=True)
class PaymentHoliday:
    """From row `first`, `rows` instalments pay nothing; interest is treated as the grace says."""

    first: int
    rows: int = 1


@dataclass(frozen=True, slots=True)
class BusinessDays:
    """Where a due date on a closed day moves, and whether the interest period moves with it."""

    convention: Convention = Convention.NONE
    calendar: BusinessCalendar = field(default_factory=BusinessCalendar)
    interest_follows: bool = True


NO_GRACE = Grace()
BUSINESS_DAYS = BusinessDays()  # every day is as good as another


@dataclass(frozen=True, slots=True)
class Fee:
    """One charge: a fixed `amount`, or `rate` of the principal (of the opening balance for insurance).

    `withheld` says that an up-front fee is kept back from the payout; otherwise the borrower pays it that day.
    """

    name: str
    kind: FeeKind
    amount: Money | None = None
    rate: Decimal | None = None
    payee: str = "lender"
    withheld: bool = False

    def __post_init__(self) -> None:
        if (self.amount is None) == (self.rate is None):
            raise InvalidInput({"fees": Text("A fee has either an amount or a rate")})
        if (self.amount is not None and self.amount.minor < 0) or (self.rate is not None and not 0 <= self.rate <= 1):
            raise InvalidInput({"fees": Text("A fee is not negative, and its rate is from 0 to 1")})


@dataclass(frozen=True, slots=True)
class Disbursement:
    """A part of the principal paid out on a day."""

    on: date
    amount: Money


@dataclass(frozen=True, slots=True)
class Prepayment:
    """Principal paid before it is due. On a due date it counts after the instalment."""

    on: date
    amount: Money
    effect: PrepaymentEffect = PrepaymentEffect.REDUCE_INSTALMENT


@dataclass(frozen=True, slots=True)
class RateChange:
    """From this day on interest accrues at another annual rate; a level instalment is worked out again."""

    on: date
    rate_annual: Decimal


@dataclass(frozen=True, slots=True)
class Step:
    """From row `first` on, instalments are `factor` times the base instalment."""

    first: int
    factor: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRequest:
    """All that determines a schedule. Rates are fractions of one; either `rate_annual` or `rate_period` is given.

    `instalments` is the number of rows; with `instalment` (a fixed sum) alone the number is solved.
    `disbursements` divide the principal; empty means all of it on `disbursed_on`. `undrawn` is a part of the principal
    that has not left and may never: no row repays it, while fees, plan and balloon keep the whole as their measure.
    Raises InvalidInput naming the offending field.
    """

    principal: Money
    amortization: Amortization
    disbursed_on: date
    rate_annual: Decimal | None = None
    rate_period: Decimal | None = None
    instalments: int | None = None
    instalment: Money | None = None
    first_due_on: date | None = None
    frequency: Frequency = MONTHLY
    month_end: MonthEnd = MonthEnd.ANCHOR
    anchor_day: int | None = None
    day_count: DayCount = DayCount.PERIOD
    rounding: RoundingRule = ROUNDING_RULE
    business_days: BusinessDays = BUSINESS_DAYS
    grace: Grace = NO_GRACE
    payment_holidays: tuple[PaymentHoliday, ...] = ()
    disbursements: tuple[Disbursement, ...] = ()
    prepayments: tuple[Prepayment, ...] = ()
    rate_changes: tuple[RateChange, ...] = ()
    fees: tuple[Fee, ...] = ()
    balloon: Money | None = None
    steps: tuple[Step, ...] = ()
    principal_plan: tuple[Money, ...] = ()
    undrawn: Money | None = None

    def __post_init__(self) -> None:
        minor = self.principal.minor
        if not 0 < minor <= MINOR_MAX:
            raise InvalidInput({"principal": Text("The principal must be more than zero and not above 10^15")})
        self._check_rate()
        rows = self.instalments
        if rows is None:
            if self.instalment is None and not self.principal_plan:
                raise InvalidInput({"instalments": Text("Give the number of instalments, or their amount")})
        elif type(rows) is not int or not 1 <= rows <= ROWS_MAX:
            raise InvalidInput({"instalments": Text("Enter a whole number from 1 to {most}", most=ROWS_MAX)})
        if self.first_due_on is not None and self.first_due_on < self.disbursed_on:
            raise InvalidInput({"first_due_on": Text("The first due date is before the disbursement")})
        if self.anchor_day is not None and not 1 <= self.anchor_day <= 31:
            raise InvalidInput({"anchor_day": Text("Enter a day from 1 to 31")})
        self._check_parts()

    def _check_rate(self) -> None:
        annual, period = self.rate_annual, self.rate_period
        if (annual is None) == (period is None):
            raise InvalidInput({"annual_rate": Text("Give either the annual rate or the rate of a period")})
        if annual is not None and not 0 <= annual <= RATE_MAX:
            raise InvalidInput({"annual_rate": Text("The rate must be from 0 to 10 (1000 %)")})
        if period is not None:
            if self.day_count is not PERIOD:
                raise InvalidInput({"period_rate": Text("A rate of a period needs the day count PERIOD")})
            if (
                not 0
                <= period * Decimal(self.frequency.periods_per_year.numerator)
                <= (RATE_MAX * self.frequency.periods_per_year.denominator)
            ):
                raise InvalidInput({"period_rate": Text("The rate must be from 0 to 10 (1000 %) a year")})

    def _check_parts(self) -> None:
        if not (
            self.instalment or self.disbursements or self.prepayments or self.fees or self.balloon
            or self.principal_plan or self.steps or self.rate_changes or self.payment_holidays
            or self.grace.principal or self.grace.interest or self.undrawn
            or self.amortization is CUSTOM or self.amortization is STEP
        ):  # fmt: skip
            return
        from repayment.domain.request_checks import check_parts

        check_parts(self)
