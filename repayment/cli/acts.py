"""`flask loan pay`, `reverse`, `waive`, `restructure`, `charge-off`, `sell`, `refund`, `as-of`, `proposals`.

The shell acts as the system: it has every authority, and the audit trail says so. `--preview` writes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, TextIO
from uuid import UUID

import click

from repayment.cli.in_app import in_app
from repayment.cli.loans import DAY, preview_json

REASON = click.option("--reason", required=True, help="Why; kept with the loan and in the audit trail.")
PREVIEW = click.option("--preview", is_flag=True, help="Show what it would change and write nothing.")
KEY = click.option("--key", help="Idempotency key: the same key books once. Drawn anew if left out.")
PAY_KINDS = ("payment", "reduce_instalment", "reduce_term", "skip_next", "settlement", "withdrawal")


def _print(answer: Mapping[str, Any]) -> None:
    click.echo(json.dumps(answer, ensure_ascii=False))


def _key(given: str | None) -> str:
    from core.domain.ids import uuid7

    return given or str(uuid7())


@click.command("pay")
@click.argument("reference")
@click.argument("amount")
@click.argument("value_on", type=DAY)
@click.option("--kind", type=click.Choice(PAY_KINDS), default="payment", help="What the money is for.")
@click.option("--channel", default="bank_transfer", help="How it was paid.")
@click.option("--payer", default="", help="Who paid; the borrower if left out.")
@KEY
@PREVIEW
@in_app
def pay(
    reference: str, amount: str, value_on: datetime, kind: str, channel: str, payer: str, key: str | None, preview: bool
) -> None:
    """Book a payment (an early one, a settlement, a withdrawal) with its value date; prints JSON."""
    from core.domain.money import parse_amount
    from core.web.work import house
    from repayment.domain.schedule_request import PrepaymentEffect
    from repayment.domain.state import EventKind
    from repayment.queries.loans import loan_by_reference
    from repayment.queries.preview import preview_payment
    from repayment.steps.prepay import prepay, settle, withdraw
    from repayment.steps.receive_payment import receive_payment

    effect = PrepaymentEffect(kind) if kind in set(PrepaymentEffect) else None
    event = EventKind.PREPAYMENT if effect else EventKind(kind.upper())
    database = house().database
    with database.read() as r:
        loan = loan_by_reference(r, reference)
        money = parse_amount(amount, loan.principal.currency)
        if preview:
            shown = preview_payment(r, loan.id, amount=money, value_on=value_on.date(), kind=event, effect=effect)
            _print(preview_json(shown))
            return
    said: dict[str, Any] = {
        "key": _key(key), "loan_id": loan.id, "amount": money, "value_on": value_on.date(), "channel": channel,
        "payer": payer or loan.borrower_name,
    }  # fmt: skip
    with database.work() as w:
        if effect is not None:
            used = prepay(w, effect=effect, **said)
        else:
            steps = {EventKind.SETTLEMENT: settle, EventKind.WITHDRAWAL: withdraw}
            used = steps.get(event, receive_payment)(w, **said)
    parts = {
        name: str(getattr(used, name)) for name in ("amount", "fees", "penalty", "interest", "principal", "credit")
    }
    _print({
        "reference": loan.reference, "event": str(used.payment_id), "currency": used.amount.currency, **parts,
        "status": used.status.value, "replayed": used.replayed,
    })  # fmt: skip


@click.command("reverse")
@click.argument("event", type=click.UUID)
@REASON
@in_app
def reverse(event: UUID, reason: str) -> None:
    """Take back a payment, waiver, restructuring, charge-off or refund by the event's id."""
    from core.web.work import house
    from repayment.steps.reverse_payment import reverse_payment

    with house().database.work() as w:
        done = reverse_payment(w, event, reason=reason)
    _print({
        "event": str(done.event_id), "entries_reversed": done.entries_reversed, "entries_posted": done.entries_posted,
        "status": done.status.value,
    })  # fmt: skip


def _change(
    reference: str, kind: str, data: Callable[[], Mapping[str, Any]], amount: str | None, key: str | None, preview: bool
) -> None:
    """The common part: read the loan, show or book the change, print."""
    from core.domain.money import parse_amount
    from core.web.work import house
    from repayment.domain.state import EventKind
    from repayment.queries.loans import loan_by_reference
    from repayment.queries.preview import preview_change
    from repayment.steps.change_loan import change

    wanted, database = EventKind(kind), house().database
    with database.read() as r:
        loan = loan_by_reference(r, reference)
        money = None if amount is None else parse_amount(amount, loan.principal.currency)
        carried = data()
        if preview:
            _print(preview_json(preview_change(r, loan.id, kind=wanted, amount=money, data=carried)))
            return
    with database.work() as w:
        event = change(w, loan.id, wanted, carried, amount=money, key=_key(key))
    with database.read() as r:
        status = loan_by_reference(r, reference).status
    _print({"reference": loan.reference, "event": str(event), "status": status.value})


@click.command("waive")
@click.argument("reference")
@click.argument("component", type=click.Choice(["fees", "penalty", "interest"]))
@click.argument("amount")
@REASON
@KEY
@PREVIEW
@in_app
def waive(reference: str, component: str, amount: str, reason: str, key: str | None, preview: bool) -> None:
    """Let go of fees, penalty or interest that are due."""

    def data() -> dict[str, Any]:
        from repayment.domain.allocation import Component
        from repayment.steps.change_loan import waiver_data

        return waiver_data(Component(component), reason)

    _change(reference, "WAIVER", data, amount, key, preview)


@click.command("restructure")
@click.argument("reference")
@click.argument("source", type=click.File("r", encoding="utf-8"), default="-")
@KEY
@PREVIEW
@in_app
def restructure(reference: str, source: TextIO, key: str | None, preview: bool) -> None:
    """Put a new schedule in force; the plan is a JSON object (a file, or - for standard input).

    Fields: instalments, reason, and optionally annual_rate, amortization, first_due_on, capitalise_arrears,
    grace {principal, interest, interest_treatment}.
    """

    def data() -> dict[str, Any]:
        from repayment.cli.plan_json import read_plan
        from repayment.cli.reading import Fields, parse
        from repayment.steps.change_loan import plan_data

        return plan_data(read_plan(Fields(parse(source.read()))))

    _change(reference, "RESTRUCTURE", data, None, key, preview)


@click.command("charge-off")
@click.argument("reference")
@REASON
@KEY
@PREVIEW
@in_app
def charge_off(reference: str, reason: str, key: str | None, preview: bool) -> None:
    """Take the claim off the books; what comes in later is recovery."""
    _change(reference, "CHARGE_OFF", lambda: {"reason": reason}, None, key, preview)


@click.command("sell")
@click.argument("reference")
@click.argument("price")
@click.option("--buyer", required=True, help="Who buys the claim.")
@KEY
@PREVIEW
@in_app
def sell(reference: str, price: str, buyer: str, key: str | None, preview: bool) -> None:
    """Sell the claim for a price."""

    def data() -> dict[str, Any]:
        from repayment.steps.change_loan import sale_data

        return sale_data(buyer)

    _change(reference, "SALE", data, price, key, preview)


@click.command("refund")
@click.argument("reference")
@click.argument("amount")
@KEY
@PREVIEW
@in_app
def refund(reference: str, amount: str, key: str | None, preview: bool) -> None:
    """Pay back what the borrower paid too much."""
    _change(reference, "CREDIT_REFUND", dict, amount, key, preview)


@click.command("as-of")
@click.argument("reference")
@click.argument("on", type=DAY)
@click.option("--known", type=DAY, help="As known at the end of this day; with all later corrections if left out.")
@in_app
def as_of(reference: str, on: datetime, known: datetime | None) -> None:
    """A loan as it stood at the end of a past day: balance, days past due, bucket, interest, schedule; JSON."""
    from core.web.work import house
    from repayment.cli.loans import line_json
    from repayment.queries.as_of import loan_as_of
    from repayment.queries.loans import loan_by_reference

    day: date | None = known.date() if known else None
    with house().database.read() as r:
        found = loan_as_of(r, loan_by_reference(r, reference).id, on.date(), known_on=day)
    _print({
        "reference": reference.upper(), "on": str(found.on), "known_on": None if day is None else str(day),
        "status": found.status.value, "currency": found.principal.currency, "principal": str(found.principal),
        "interest_accrued": str(found.interest_accrued), "overdue": str(found.overdue), "credit": str(found.credit),
        "dpd": found.dpd, "bucket": found.bucket.value, "risk_class": found.risk_class,
        "instalments": [{"number": line.number, **(line_json(line) or {})} for line in found.lines],
    })  # fmt: skip


ACT_COMMANDS = (pay, reverse, waive, restructure, charge_off, sell, refund, as_of)
