from uuid import UUID

import pytest

from core.domain.actor import Actor, Role
from core.domain.errors import NotAllowed
from core.domain.money import Money
from origination.domain.authority import CaseToDecide, Vote, check_second, seats_needed
from tests.origination.cases import seed_policy

MATRIX = seed_policy().authority
LI, WANG = UUID(int=1), UUID(int=2)


def officer(*roles: Role, at: UUID = LI, party: UUID | None = None) -> Actor:
    return Actor(at, "x", frozenset(roles), party_id=party)


def case(amount: str, *, grade: str | None = "B", override: bool = False, exposure: str | None = None, **more):
    money = Money.of(amount, "CNY")
    return CaseToDecide("consumer", money, Money.of(exposure, "CNY") if exposure else money, grade, override, **more)


@pytest.mark.parametrize(
    ("role", "the_case", "seats"),
    [
        (Role.OFFICER, case("50000"), 1),
        (Role.OFFICER, case("50000.01"), 2),
        (Role.OFFICER, case("20000", exposure="100000.01"), 2),
        (Role.OFFICER, case("20000", grade="E"), 2),
        (Role.OFFICER, case("20000", grade=None), 2),  # no score: never alone
        (Role.OFFICER, case("20000", override=True), 2),
        (Role.APPROVER, case("200000"), 1),
        (Role.APPROVER, case("20000", override=True), 2),
    ],
)
def test_seats_by_role_amount_grade_exposure_and_override(role, the_case, seats):
    assert seats_needed(MATRIX, officer(role), the_case) == seats


@pytest.mark.parametrize("role", [Role.APPLICANT, Role.COLLECTOR, Role.ADMIN, Role.AUDITOR, Role.RISK_MANAGER])
def test_other_roles_decide_nothing(role):
    with pytest.raises(NotAllowed):
        seats_needed(MATRIX, officer(role), case("5000"))


def test_nobody_decides_above_every_line():
    with pytest.raises(NotAllowed):
        seats_needed(MATRIX, officer(Role.OFFICER, Role.APPROVER), case("200000.01"))


def test_nobody_decides_on_own_or_related_applications_or_on_what_they_entered():
    mine = UUID(int=9)
    with pytest.raises(NotAllowed, match="own application"):
        seats_needed(MATRIX, officer(Role.APPROVER, party=mine), case("5000", related=frozenset({mine})))
    with pytest.raises(NotAllowed, match="filled in"):
        seats_needed(MATRIX, officer(Role.APPROVER), case("5000", entered_by=LI))


def test_four_eyes_are_two_people():
    check_second(officer(Role.OFFICER, at=WANG), [Vote(LI, "APPROVE")])
    with pytest.raises(NotAllowed, match="second person"):
        check_second(officer(Role.APPROVER), [Vote(LI, "APPROVE")])
