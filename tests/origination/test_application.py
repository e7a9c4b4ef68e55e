from datetime import date
from decimal import Decimal
from itertools import product

import pytest

from core.domain.errors import IllegalTransition
from core.domain.money import Money
from core.domain.party import PartyKind, Person
from origination.domain.application import (
    AMENDABLE,
    MOVES,
    SECTIONS,
    STATUS_TEXTS,
    ApplicationStatus,
    OwnerEntry,
    SectionStatus,
    check_move,
    contradictions,
    missing_answers,
    section_named,
    section_status,
)
from tests.origination.cases import consumer_answers, sme_answers

S = ApplicationStatus
DAY = date(2026, 11, 22)


@pytest.mark.parametrize(("current", "wanted"), list(product(ApplicationStatus, repeat=2)))
def test_only_listed_moves_are_possible(current, wanted):
    if wanted in MOVES[current]:
        check_move(current, wanted)
    else:
        with pytest.raises(IllegalTransition):
            check_move(current, wanted)


def reachable(start: S, avoiding: frozenset[S]) -> set[S]:
    found, todo = {start}, [start]
    while todo:
        for wanted in MOVES[todo.pop()] - avoiding - found:
            found.add(wanted)
            todo.append(wanted)
    return found


def test_money_is_only_reached_through_identity_score_or_person_and_signature():
    for gate in ({S.SIGNED}, {S.ACCEPTED}, {S.OFFERED}, {S.APPROVED}, {S.SCORED, S.REFERRED}, {S.SUBMITTED}):
        assert S.BOOKED not in reachable(S.DRAFT, frozenset(gate)), gate


def test_a_decline_leads_to_an_offer_only_through_a_person():
    assert MOVES[S.DECLINED] == {S.REFERRED, S.KYC_REFERRED}
    assert S.OFFERED not in reachable(S.DECLINED, frozenset({S.REFERRED, S.KYC_REFERRED}))


def test_every_state_has_words_and_an_end_is_in_sight():
    assert set(STATUS_TEXTS) == set(ApplicationStatus) == set(MOVES)
    ends = {state for state, moves in MOVES.items() if not moves}
    assert ends == {S.BOOKED, S.WITHDRAWN, S.EXPIRED}
    assert all(ends & reachable(state, frozenset()) for state in ApplicationStatus)


def test_a_signed_contract_can_no_longer_be_changed():
    assert {S.ACCEPTED, S.SIGNED, S.BOOKED}.isdisjoint(AMENDABLE)


def test_sections_name_what_is_missing():
    answers = consumer_answers()
    del answers["housing"]
    gaps = missing_answers("consumer", answers)
    assert gaps["home"] == ("housing",)
    assert "work" not in gaps
    home = section_named("consumer", "home")
    assert section_status(home, answers) is SectionStatus.IN_PROGRESS
    assert section_status(home, {}) is SectionStatus.NOT_STARTED
    assert section_status(home, consumer_answers()) is SectionStatus.COMPLETED


def test_somebody_without_work_need_not_say_since_when():
    answers = consumer_answers(employment_status="retired")
    del answers["employed_since_on"]
    assert "work" not in missing_answers("consumer", answers)
    assert "employed_since_on" in missing_answers("consumer", answers | {"employment_status": "employed"})["work"]


def test_contradictions_say_what_to_do():
    wrong = consumer_answers(birth_on=date(2027, 1, 1), employed_since_on=date(1980, 1, 1))
    assert set(contradictions("consumer", wrong, (), DAY)) == {"birth_on", "employed_since_on"}
    owners = (OwnerEntry("A", PartyKind.PERSON, Decimal("0.6")), OwnerEntry("B", PartyKind.PERSON, Decimal("0.5")))
    found = contradictions("sme", sme_answers(equity=Money.of("1", "EUR")), owners, DAY)
    assert set(found) == {"owners", "equity"}
    assert contradictions("sme", sme_answers(), owners[:1], DAY) == {}


def test_no_task_asks_for_more_than_fits_a_page():
    for sections in SECTIONS.values():
        assert all(len(section.facts) <= 9 for section in sections)


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(2008, 11, 22), date(2026, 11, 22), 18),
        (date(2008, 11, 23), date(2026, 11, 22), 17),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
    ],
)
def test_age_is_counted_in_full_years(born, day, age):
    assert Person("X", birth_on=born).age_on(day) == age
