"""A work writes late, in the order of its foreign keys, and never lets a question miss what is pending."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, func, select, text

from core import audit
from core.db import Database, Work
from core.domain.ids import uuid7
from core.tables import ContactRow, OutboundMessageRow, PartyRow
from origination.tables.application import ApplicationRow, ConsentRow


def a_party(w: Work) -> PartyRow:
    return PartyRow(id=uuid7(), kind="person", name="A", locale="en", created_at=w.now, contacts=[])


def an_application(w: Work, **changes: Any) -> ApplicationRow:
    return ApplicationRow(
        id=uuid7(), segment="consumer", product_code="p", product_version=1, currency="EUR", status="DRAFT",
        locale="en", created_at=w.now, moved_at=w.now, owners=[], **changes,
    )  # fmt: skip


@contextmanager
def flushes(w: Work) -> Iterator[list[int]]:
    seen: list[int] = []

    def note(*_: Any) -> None:
        seen.append(1)

    event.listen(w.session, "before_flush", note)
    yield seen
    event.remove(w.session, "before_flush", note)


def test_rows_are_written_after_those_their_keys_name(database: Database) -> None:
    with database.work() as w:
        party = a_party(w)
        row = an_application(w, party_id=party.id)
        w.add(
            ConsentRow(
                id=uuid7(), application_id=row.id, kind="bureau", text="t", text_sha256="0" * 64, locale="en",
                agreed_at=w.now,
            )
        )  # fmt: skip
        w.add(row)
        w.add(party)
    with database.read() as r:
        assert r.session.scalar(select(ApplicationRow.party_id)) == party.id


def test_a_question_about_other_tables_leaves_rows_pending(database: Database) -> None:
    with database.work() as w, flushes(w) as seen:
        w.add(a_party(w))
        assert w.session.scalar(select(func.count()).select_from(OutboundMessageRow)) == 0
        assert w.session.execute(text("SELECT count(*) FROM document")).scalar() == 0
        assert seen == []


def test_a_question_about_pending_rows_finds_them(database: Database) -> None:
    with database.work() as w:
        party = w.add(a_party(w))
        assert w.session.scalars(select(PartyRow.id)).all() == [party.id]
        party.name = "B"
        assert w.session.execute(text("SELECT name FROM party")).scalar() == "B"
        party.name = "C"
        inner = select(PartyRow.id).where(PartyRow.name == "C")
        party.contacts.append(
            ContactRow(id=uuid7(), kind="email", value="a@b", value_index="x", opted_out=False, created_at=w.now)
        )
        assert w.session.scalar(select(func.count()).select_from(ContactRow).where(ContactRow.party_id.in_(inner))) == 1


def test_who_made_a_row_holds_it_and_finds_it_without_asking(database: Database) -> None:
    with database.work() as w, flushes(w) as seen:
        party = w.add(a_party(w))
        assert w.is_new(party.id)
        assert w.lock(PartyRow, party.id) is party
        assert w.get(PartyRow, party.id) is party
        audit.record(w, "party.made", "party", party.id)
        assert seen == []
    with database.work() as w:
        assert not w.is_new(party.id)
        audit.record(w, "party.seen", "party", party.id)
    with database.read() as r:
        assert audit.verify_chain(r) == (2, [])


def test_children_of_a_new_row_are_those_of_this_work(database: Database) -> None:
    with database.work() as w, flushes(w) as seen:
        party, other = w.add(a_party(w)), w.add(a_party(w))
        mine = w.add(a_contact(w, party))
        w.add(a_contact(w, other))
        assert w.children(ContactRow, party_id=party.id) == [mine]
        assert seen == []
    with database.work() as w:
        more = w.add(a_contact(w, party))
        found = w.children(ContactRow, lock=True, party_id=party.id)
        assert {one.id for one in found} == {mine.id, more.id}


def a_contact(w: Work, party: PartyRow) -> ContactRow:
    return ContactRow(
        id=uuid7(), party_id=party.id, kind="email", value="a@b", value_index="x", opted_out=False, created_at=w.now
    )
