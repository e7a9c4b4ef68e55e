"""What other systems are told of a loan: money that moved, terms that changed, its end. Free text never leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from core.db import Work
from core.domain.errors import NotFound
from core.domain.money import Money
from core.domain.texts import Text
from core.webhook.events import Source, Subject
from repayment.domain.state import EventKind, LoanStatus
from repayment.steps.save_life import MONEY_IN
from repayment.tables import LoanRow

CLOSED = "loan.closed"
RECEIVED = "payment.received"
REVERSED = "payment.reversed"
KINDS = {
    "loan.opened": Text("Loan: opened, before money is paid out"),
    "loan.disbursed": Text("Loan: paid out"),
    RECEIVED: Text("Payment: received"),
    REVERSED: Text("Payment: reversed"),
    "loan.restructured": Text("Loan: restructured"),
    "loan.waived": Text("Loan: part of the debt waived"),
    "loan.credit_refunded": Text("Loan: credit paid back"),
    "loan.charged_off": Text("Loan: charged off"),
    "loan.sold": Text("Loan: sold"),
    "loan.change_reversed": Text("Loan: a change was taken back"),
    CLOSED: Text("Loan: closed, all is repaid or withdrawn from"),
}
CHANGES = {
    EventKind.RESTRUCTURE: "loan.restructured",
    EventKind.WAIVER: "loan.waived",
    EventKind.CREDIT_REFUND: "loan.credit_refunded",
    EventKind.CHARGE_OFF: "loan.charged_off",
    EventKind.SALE: "loan.sold",
}
ENDS = frozenset({LoanStatus.CLOSED_REPAID.value, LoanStatus.WITHDRAWN.value})
# Of the audit event's data, by what happened; all else stays inside.
_TOLD = {
    "loan.opened": ("principal", "currency", "contract"),
    "loan.disbursed": ("on", "currency", "lent", "paid_out"),
    RECEIVED: ("payment_id", "value_on", "amount", "currency", "parts", "status"),
    REVERSED: ("event",),
    CLOSED: ("status", "closed_on"),
}
_OF_A_CHANGE = ("event", "amount")
_IN_MAJOR_UNITS = frozenset({"amount", "principal"})  # in the trail; told in whole minor units
_SAME = frozenset({"loan.opened", "loan.disbursed", CLOSED})


def _kinds() -> dict[str, str]:
    found = {action: action for action in _SAME}
    for kind in MONEY_IN:
        found[f"loan.{kind.value.lower()}"] = RECEIVED
        found[f"loan.{kind.value.lower()}_reversed"] = REVERSED
    for kind, name in CHANGES.items():
        found[f"loan.{kind.value.lower()}"] = name
        found[f"loan.{kind.value.lower()}_reversed"] = "loan.change_reversed"
    return found


KIND_OF = _kinds()


def read(action: str, data: Mapping[str, Any], subject: Subject) -> Iterator[tuple[str, dict[str, Any]]]:
    """The kind of an action, and `loan.closed` beside it when that ended the loan."""
    kind = KIND_OF.get(action)
    if kind is None:
        return
    told = {name: data[name] for name in _TOLD.get(kind, _OF_A_CHANGE) if data.get(name) is not None}
    for name in _IN_MAJOR_UNITS & told.keys() if kind != RECEIVED else ():
        told[name] = Money.of(told[name], subject.currency).minor if subject.currency else None
        told["currency"] = subject.currency
    if kind in {RECEIVED, REVERSED, "loan.change_reversed"}:
        told["kind"] = action.removeprefix("loan.").removesuffix("_reversed")
    yield kind, told
    status = data.get("status", subject.status)
    if kind in {RECEIVED, "loan.waived"} and status in ENDS:
        yield CLOSED, {"status": status}


def describe(w: Work, loan_id: UUID) -> Subject:
    """Reference and status; neither for a loan that is gone."""
    try:
        row = w.get(LoanRow, loan_id)
    except NotFound:
        return Subject(None, None)
    return Subject(row.reference, row.status, row.currency)


SOURCES = [Source("loan", KINDS, read, describe)]
