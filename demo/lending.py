"""The lending side of the demonstration: applications arrive, are decided, taken up or left, day after day.

Nothing in it depends on how earlier loans are paid, so it may live days that servicing has not reached yet.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from uuid import UUID

from demo.apply import Applicants
from demo.behaviour import Payer
from demo.cases import Cases, OwnCases
from demo.stage import Stage
from origination.steps.first_start import keep_sample_fresh
from origination.steps.offer import due_to_expire, expire
from origination.tables.application import ApplicationRow

APPLICATIONS_A_DAY = (0.75, 1.83)  # on the first and on the last day: the lender grows
UNDECIDED_DAYS = 21  # so long before the end referred cases stay with the officers
EARLY = {2: "offered", 3: "withdrawn", 4: "draft"}  # what has run out, or was taken back, long before the end
OWN_LOAN_DAYS = 200  # how old the demo applicant's loan is
PART_MIN_DAYS = 100


def parts_of(first: date, days: int) -> list[range]:
    """The days in parts that can be lived at once: references count anew each year, so two years share no counter."""
    new_years = [(date(first.year + ahead, 1, 1) - first).days for ahead in range(1, days // 365 + 2)]
    cut = min(new_years, key=lambda at: abs(at - days / 2))
    if min(cut, days - cut) < PART_MIN_DAYS:
        return [range(days)]
    return [range(cut), range(cut, days)]


@dataclass(slots=True)
class Lending:
    """Applicants of the days of one part, and, where the part is the last, today's unfinished cases."""

    stage: Stage
    today: date
    days: int
    part: range
    applicants: Applicants = field(init=False)
    own: OwnCases = field(init=False)

    def __post_init__(self) -> None:
        self.applicants = Applicants(self.stage)
        self.own = OwnCases(self.stage, self.applicants)

    @property
    def first(self) -> date:
        """The day on which the lender opens."""
        return self.today - timedelta(days=self.days)

    @property
    def is_last(self) -> bool:
        """Whether the part reaches until today."""
        return self.part.stop == self.days

    def days_lived(self) -> Generator[dict[UUID, Payer]]:
        """Lives a day a turn and hands over who borrowed on it; in a last turn, what waits for somebody today."""
        for at in self.part:
            self._live(self.first + timedelta(days=at), at)
            yield self._borrowed()
        if self.is_last:
            Cases(self.stage, self.applicants).open(self.today)
            self.own.open(self.today)
            yield self._borrowed()

    def _borrowed(self) -> dict[UUID, Payer]:
        new, self.stage.payers = self.stage.payers, {}
        return new

    def _live(self, day: date, at: int) -> None:
        if day.weekday() == 0:
            self._monday(day)
        if at == max(0, self.days - OWN_LOAN_DAYS):
            self.own.loan(day)
        if at in EARLY:
            self.applicants.reach(day, EARLY[at])
        undecided = self.days - at <= UNDECIDED_DAYS
        for _ in range(self._arrivals(day, at)):
            self.applicants.arrive(day, "referred" if undecided and self.stage.rng.random() < 0.85 else None)

    def _monday(self, day: date) -> None:
        """Offers of this part that ran out expire; the screening list in use is never older than the last part."""
        self.stage.set(day, time(6, 0))
        with self.stage.work() as w:
            if self.is_last:
                keep_sample_fresh(w)
            opened_at = self.stage.instant(self.first + timedelta(days=self.part.start), time(0))
            for application_id in due_to_expire(w):
                if w.get(ApplicationRow, application_id).created_at >= opened_at:
                    expire(w, application_id)

    def _arrivals(self, day: date, at: int) -> int:
        weekday = 0.4 if day.weekday() >= 5 else 1.24
        first, last = APPLICATIONS_A_DAY
        whole, part = divmod((first + (last - first) * at / self.days) * weekday, 1)
        return int(whole) + (self.stage.rng.random() < part)
