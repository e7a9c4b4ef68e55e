"""A borrower's new phone, address or e-mail: kept beside the old ones, told at both."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from core import audit, outbox
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import InvalidInput, NotFound
from core.domain.ids import uuid7
from core.domain.texts import Text
from core.outbox import contact_value
from core.tables import ContactRow, PartyRow
from origination.domain.application import Section
from origination.schemas import read_section
from origination.steps.submit import contact_index

ASKED = Section("contact", Text("Contact"), ("email", "phone", "address_line", "postal_code", "city"))


def change_contact(w: Work, values: Mapping[str, Any]) -> tuple[str, ...]:
    """Keeps what is new of e-mail, phone and postal address, and returns which changed. The newest is used from now on;
    the message about the change goes to the old e-mail address and to the new one.

    The caller has proved again who they are. Raises InvalidInput by field, NotFound for somebody without a loan or
    application.
    """
    w.actor.require(Role.APPLICANT)
    party = None if w.actor.party_id is None else w.session.get(PartyRow, w.actor.party_id)
    if party is None:
        raise NotFound(Text("There are no contact data yet. They begin with your first application."))
    answers, errors = read_section(ASKED, "consumer", "CNY", values)
    if errors:
        raise InvalidInput(dict(errors))
    address = ", ".join(str(answers[name]) for name in ("address_line", "postal_code", "city"))
    given = {"email": str(answers["email"]), "phone": str(answers["phone"]), "address": address}
    new = {
        kind: value
        for kind, value in given.items()
        if contact_index(kind, value) != contact_index(kind, contact_value(party, kind) or "")
    }
    if not new:
        return ()
    _tell(w, party, sorted(new), "old")
    newest = max((one.created_at for one in party.contacts), default=w.now)
    at = max(w.now, newest + timedelta(microseconds=1))  # the newest counts, even within one instant
    for kind, value in new.items():
        index = contact_index(kind, value)
        again = next((one for one in party.contacts if one.kind == kind and one.value_index == index), None)
        if again is not None:
            again.created_at, again.opted_out = at, False
        else:
            party.contacts.append(
                ContactRow(
                    id=uuid7(), party_id=party.id, kind=kind, value=value, value_index=index, opted_out=False,
                    created_at=at,
                )
            )  # fmt: skip
    w.session.flush()
    if "email" in new:
        _tell(w, party, sorted(new), "new")
    audit.record(w, "party.contact_changed", "party", party.id, kinds=sorted(new))
    return tuple(sorted(new))


def _tell(w: Work, party: PartyRow, kinds: list[str], turn: str) -> None:
    outbox.send_later(
        w, "contact_changed", party, channel="email",
        dedupe_key=f"contact_changed:{party.id}:{turn}:{w.now.isoformat()}",
        subject=("party", party.id), context={"kinds": kinds},
    )  # fmt: skip
