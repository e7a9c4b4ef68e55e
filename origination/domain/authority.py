"""Who may decide what: by role, amount, grade and exposure of the group; two different people above a limit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from core.domain.actor import Actor, Role
from core.domain.errors import NotAllowed
from core.domain.money import Money
from core.domain.texts import Text


@dataclass(frozen=True, slots=True)
class Authority:
    """One line of the matrix. `alone` says that no second person is needed; `seats` is how many must agree."""

    role: Role
    segment: str
    amount_max: Mapping[str, Money]
    exposure_max: Mapping[str, Money]
    grades: frozenset[str]
    may_override: bool = False
    seats: int = 1


@dataclass(frozen=True, slots=True)
class CaseToDecide:
    """What authority depends on. `related` are the parties of the case: applicant, company, owners, guarantors."""

    segment: str
    amount: Money
    group_exposure: Money
    grade: str | None
    override: bool
    related: frozenset[UUID] = field(default_factory=frozenset)
    entered_by: UUID | None = None


def lines_for(matrix: Iterable[Authority], actor: Actor, case: CaseToDecide) -> list[Authority]:
    """The lines that let this actor take part in deciding the case; an unknown grade needs a line with every grade."""
    return [line for line in matrix if actor.has(line.role) and _covers(line, case)]


def _covers(line: Authority, case: CaseToDecide) -> bool:
    amount_max = line.amount_max.get(case.amount.currency)
    exposure_max = line.exposure_max.get(case.group_exposure.currency)
    if line.segment != case.segment or amount_max is None or exposure_max is None:
        return False
    graded = "*" in line.grades or (case.grade is not None and case.grade in line.grades)
    return (
        graded
        and case.amount <= amount_max
        and case.group_exposure <= exposure_max
        and (line.may_override or not case.override)
    )


def check_not_own(actor: Actor, case: CaseToDecide) -> None:
    """Raises NotAllowed for somebody who is a party of the case, or who filled it in."""
    if actor.party_id is not None and actor.party_id in case.related:
        raise NotAllowed(Text("You cannot decide on your own application or on one you have a part in"))
    if actor.id is not None and actor.id == case.entered_by:
        raise NotAllowed(Text("You filled in this application, so somebody else has to decide it"))


def seats_needed(matrix: Iterable[Authority], actor: Actor, case: CaseToDecide) -> int:
    """How many people must agree when this actor does: 1 alone, 2 four eyes, 3 a committee.

    Raises NotAllowed when the actor may not decide the case at all, naming what stands in the way.
    """
    check_not_own(actor, case)
    lines = lines_for(matrix, actor, case)
    if not lines:
        raise NotAllowed(
            Text("This decision is above your authority. Pass it to somebody with a higher limit."),
            amount=str(case.amount),
            currency=case.amount.currency,
            grade=case.grade,
            override=case.override,
        )
    return min(line.seats for line in lines)


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's verdict on a case."""

    actor_id: UUID
    verdict: str


def check_second(actor: Actor, earlier: Iterable[Vote]) -> None:
    """Raises NotAllowed when the actor has already had a say: four eyes are two different people."""
    if any(vote.actor_id == actor.id for vote in earlier):
        raise NotAllowed(Text("You have already decided here. A second person has to agree."))
