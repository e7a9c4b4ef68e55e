"""Lists by edition, alerts that stay decided, two people for a true hit: on a real database."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from core.db import Database
from core.domain.actor import Actor, Role
from core.domain.errors import Conflict, IllegalTransition, InvalidInput, NotAllowed
from core.domain.ids import uuid7
from core.tables import PartyRow
from origination.domain.kyc import AlertState, KycSubject, SubjectRole
from origination.domain.screening.party import PartyKind
from origination.providers import index_store
from origination.steps.rescreen import rescreen_book
from origination.steps.screening import decide_alert, rescreen_parties, screen_by_id, screen_subjects
from origination.steps.screening_lists import ListLoad, lists_in_use, load_list, load_sample_list
from origination.tables.screening import ScreeningAlertRow, ScreeningEntryRow, ScreeningListRow

REASON = "Born in another century, other nationality"


def sdn(*people: str) -> dict[str, bytes]:
    empty = ",-0- " * 7
    lines = [
        f'{number},"{name}","individual","SDGT"{empty},"DOB {birth}."\n'
        for number, name, birth in (person.split("|") for person in people)
    ]
    return {"sdn.csv": "".join(lines).encode()}


FIRST = sdn("1|PETROV, Ivan|1970", "2|GARCIA, Maria|1980", "3|KHAN, Aziz|1960", "4|LEE, Ann|1950", "5|WU, Bo|1940")


@pytest.fixture(autouse=True)
def _fresh_index(monkeypatch):
    monkeypatch.setattr("origination.steps.screening_lists.INDEXES", index_store.IndexStore())


def person(role: Role) -> Actor:
    return Actor(uuid7(), role.value, frozenset({role}))


@pytest.fixture
def ivan(database: Database) -> UUID:
    with database.work() as w:
        party = w.add(PartyRow(kind="person", name="Ivan Petrov", birth_on=date(1970, 5, 5), created_at=w.now))
    return party.id


def load(database: Database, contents: dict[str, bytes], **options) -> ListLoad:
    with database.work() as w:
        (one,) = load_list(w, contents, **options)
    return one


def subject(party_id: UUID) -> KycSubject:
    return KycSubject(str(party_id), "Ivan Petrov", PartyKind.PERSON, SubjectRole.APPLICANT)


def states(database: Database, party_id: UUID) -> list[AlertState]:
    with database.work() as w:
        (one,) = screen_subjects(w, [subject(party_id)]).subjects
    return [screened.state for screened in one.alerts or ()]


def only_alert(database: Database) -> ScreeningAlertRow:
    with database.read() as r:
        return r.session.scalars(select(ScreeningAlertRow).where(ScreeningAlertRow.state != "superseded")).one()


def decide(database: Database, actor: Actor, *, true_hit: bool, **more) -> ScreeningAlertRow:
    alert = only_alert(database)
    with database.work(actor) as w:
        return decide_alert(w, alert.id, true_hit=true_hit, reason=more.pop("reason", REASON), **more)


def test_editions_replace_each_other_and_tell_the_difference(database):
    assert load(database, FIRST) == ListLoad("OFAC SDN", "active", 1, 5, added=5)
    assert load(database, FIRST).status == "unchanged"
    second = sdn(
        "1|PETROV, Ivan|1971", "2|GARCIA, Maria|1980", "3|KHAN, Aziz|1960", "4|LEE, Ann|1950", "6|NEW, Man|1990"
    )
    assert load(database, second) == ListLoad("OFAC SDN", "active", 2, 5, added=1, changed=1, removed=1)
    with database.read() as r:
        status = r.session.execute(select(ScreeningListRow.edition, ScreeningListRow.status).order_by("edition")).all()
        rows = r.session.execute(
            select(ScreeningEntryRow.entry_id, ScreeningEntryRow.from_edition, ScreeningEntryRow.until_edition)
        ).all()
    assert status == [(1, "replaced"), (2, "active")]
    # the first edition can still be put together from its rows
    first = {e for e, begin, end in rows if begin <= 1 and (end is None or end > 1)}
    assert first == {"1", "2", "3", "4", "5"}


def test_a_refused_file_leaves_the_old_list_and_an_alarm(database):
    load(database, FIRST)
    for contents in ({"sdn.csv": b""}, {"sdn.csv": FIRST["sdn.csv"][:-20]}, sdn("1|PETROV, Ivan|1970")):
        refused = load(database, contents)
        assert refused.status == "refused"
        assert refused.message
    with database.read() as r:
        assert [(one.name, one.entries) for one in lists_in_use(r)] == [("OFAC SDN", 5)]
        counted = select(func.count()).select_from(ScreeningListRow).where(ScreeningListRow.status == "refused")
        assert r.session.scalar(counted) == 3
    assert load(database, sdn("1|PETROV, Ivan|1970"), confirm_shrunken=True).status == "active"


def test_only_the_right_roles_load_lists(database):
    with database.work(person(Role.OFFICER)) as w, pytest.raises(NotAllowed):
        load_list(w, FIRST)


def test_without_a_list_nobody_is_screened(database, ivan):
    with database.work() as w:
        screened = screen_subjects(w, [subject(ivan)])
        assert screened.lists == ()
        assert screened.subjects[0].alerts is None
        with pytest.raises(NotAllowed, match="No sanctions list"):
            screen_by_id(w, ivan)


def test_a_cleared_pair_stays_cleared_until_either_side_changes(database, ivan):
    load(database, FIRST)
    assert states(database, ivan) == [AlertState.OPEN]
    decide(database, person(Role.OFFICER), true_hit=False)
    assert states(database, ivan) == [AlertState.CLEARED]
    with database.work() as w:
        assert screen_by_id(w, ivan) == ()
    # another edition with the same entry changes nothing
    load(
        database,
        sdn("1|PETROV, Ivan|1970", "2|GARCIA, Maria|1980", "3|KHAN, Aziz|1961", "4|LEE, Ann|1950", "5|WU, Bo|1940"),
    )
    assert states(database, ivan) == [AlertState.CLEARED]
    # the entry changes
    load(
        database,
        sdn("1|PETROV, Ivan|1971", "2|GARCIA, Maria|1980", "3|KHAN, Aziz|1961", "4|LEE, Ann|1950", "5|WU, Bo|1940"),
    )
    assert states(database, ivan) == [AlertState.OPEN]


def test_the_party_changes_and_is_looked_at_again(database, ivan):
    load(database, FIRST)
    states(database, ivan)
    decide(database, person(Role.OFFICER), true_hit=False)
    with database.work() as w:
        w.get(PartyRow, ivan).birth_on = date(1970, 5, 6)
    assert states(database, ivan) == [AlertState.OPEN]
    with database.work() as w:
        w.get(PartyRow, ivan).birth_on = date(1990, 5, 6)
    assert states(database, ivan) == []


def test_a_true_hit_needs_a_second_person(database, ivan):
    load(database, FIRST)
    states(database, ivan)
    first, second = person(Role.OFFICER), person(Role.APPROVER)
    assert decide(database, first, true_hit=True).state == "proposed"
    assert states(database, ivan) == [AlertState.OPEN]
    with pytest.raises(NotAllowed, match="second person"):
        decide(database, first, true_hit=True)
    assert decide(database, second, true_hit=True).state == "true_hit"
    assert states(database, ivan) == [AlertState.TRUE_HIT]
    with pytest.raises(IllegalTransition):
        decide(database, second, true_hit=False)
    # a confirmed hit does not vanish with the entry
    load(database, sdn("2|GARCIA, Maria|1980", "3|KHAN, Aziz|1960", "4|LEE, Ann|1950", "5|WU, Bo|1940"))
    assert states(database, ivan) == [AlertState.TRUE_HIT]


def test_the_second_person_may_clear_what_the_first_proposed(database, ivan):
    load(database, FIRST)
    states(database, ivan)
    decide(database, person(Role.OFFICER), true_hit=True)
    assert decide(database, person(Role.RISK_MANAGER), true_hit=False).state == "cleared"


def test_deciding_needs_a_reason_a_role_and_a_fresh_view(database, ivan):
    load(database, FIRST)
    states(database, ivan)
    with pytest.raises(InvalidInput, match="Say why"):
        decide(database, person(Role.OFFICER), true_hit=False, reason="no")
    with pytest.raises(NotAllowed):
        decide(database, person(Role.COLLECTOR), true_hit=False)
    seen = only_alert(database).row_version
    decide(database, person(Role.OFFICER), true_hit=True, expected_version=seen)
    with pytest.raises(Conflict):
        decide(database, person(Role.APPROVER), true_hit=True, expected_version=seen)


def test_the_book_is_screened_in_chunks_and_only_new_pairs_alert(database, ivan):
    with database.work() as w:
        for number in range(5):
            w.add(PartyRow(kind="person", name=f"Nobody {number}", created_at=w.now))
    load(database, FIRST)
    after, seen, alerts = None, 0, 0
    while True:
        with database.work() as w:
            chunk = rescreen_parties(w, after=after, limit=2)
        seen, alerts, after = seen + chunk.parties, alerts + chunk.new_alerts, chunk.last
        if after is None:
            break
    assert (seen, alerts) == (6, 1)
    database.clock.set(database.clock.now() + timedelta(days=1))
    with database.work() as w:
        assert rescreen_parties(w, limit=100).new_alerts == 0


def test_a_house_without_parties_and_a_run_already_at_its_end_have_nothing_to_do(database):
    with database.work() as w:
        load_list(w, FIRST)
    assert rescreen_book(database, None).parties == 0
    with database.work() as w:
        last = w.add(PartyRow(kind="person", name="Ivan Petrov", created_at=w.now))
    assert rescreen_book(database, None).parties == 1
    assert rescreen_book(database, None, after=last.id).parties == 0


def test_the_sample_is_loaded_once_and_only_into_an_empty_house(database):
    with database.work() as w:
        (one,) = load_sample_list(w)
        assert (one.status, one.entries) == ("active", 310)
        assert load_sample_list(w) == ()
        assert [used.is_sample for used in lists_in_use(w)] == [True]
    # the real list, however small, replaces it
    assert load(database, FIRST).status == "active"
    with database.read() as r:
        assert [used.is_sample for used in lists_in_use(r)] == [False]
