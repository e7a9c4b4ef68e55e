"""`flask loan settle`, `statement`, `preview-backdate`: questions about loans in the database."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from typing import Any

import click

from repayment.cli.in_app import in_app
from repayment.cli.reading import table

DAY = click.DateTime(["%Y-%m-%d"])


@click.command("settle")
@click.argument("reference")
@click.option("--on", type=DAY, help="The day; the open business date if left out.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@in_app
def settle(reference: str, on: datetime | None, as_json: bool) -> None:
    """What closes a loan (LN-2026-000045) on a day, sum by sum."""
    from core.web.work import house
    from repayment.queries.loan_page import settlement
    from repayment.queries.loans import loan_by_reference

    with house().database.read() as r:
        figure = settlement(r, loan_by_reference(r, reference).id, on.date() if on else r.today)
    sums = {field.name: str(getattr(figure, field.name)) for field in fields(figure)}
    if as_json:
        click.echo(json.dumps({"reference": reference.upper(), "currency": figure.total.currency, **sums}))
    else:
        click.echo("\n".join(f"{name.replace('_', ' '):18}{value:>16}" for name, value in sums.items()))


@click.command("statement")
@click.argument("reference")
@click.option("--first", type=DAY, help="First value date; the disbursement if left out.")
@click.option("--last", type=DAY, help="Last value date; the open business date if left out.")
@click.option("--known", type=DAY, help="As the books stood at the end of this day.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@in_app
def statement(
    reference: str, first: datetime | None, last: datetime | None, known: datetime | None, as_json: bool
) -> None:
    """The movements of a loan and what is owed after each."""
    from core.web.work import house
    from repayment.queries.loans import loan_by_reference
    from repayment.queries.statement import statement as read_statement

    with house().database.read() as r:
        found = read_statement(
            r, loan_by_reference(r, reference).id, first=first.date() if first else None,
            last=last.date() if last else None, known_on=known.date() if known else None,
        )  # fmt: skip
    names = ["value_on", "booked_on", "code", "line", "charged", "paid", "balance"]
    rows = [{name: str(getattr(row, name)) for name in names} for row in found.rows]
    if as_json:
        head = {"reference": found.reference, "opening": str(found.opening), "closing": str(found.closing)}
        click.echo(json.dumps({**head, "currency": found.closing.currency, "rows": rows}))
    else:
        click.echo("\n".join(table(names, [[row[name] for name in names] for row in rows])))
        click.echo(f"owed {found.closing} {found.closing.currency}")


@click.command("preview-backdate")
@click.argument("reference")
@click.argument("amount")
@click.argument("value_on", type=DAY)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@in_app
def preview_backdate(reference: str, amount: str, value_on: datetime, as_json: bool) -> None:
    """What booking a payment with an earlier value date would change; nothing is written."""
    from core.domain.money import exponent, parse_amount
    from core.web.work import house
    from repayment.queries.loans import loan_by_reference
    from repayment.queries.preview import preview_payment

    with house().database.read() as r:
        loan = loan_by_reference(r, reference)
        money = parse_amount(amount, loan.principal.currency)
        found = preview_payment(r, loan.id, amount=money, value_on=value_on.date())
    answer = preview_json(found)
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
        return
    for change in answer["instalments"]:
        before, after = change["before"] or {}, change["after"] or {}
        click.echo(f"instalment {change['number']}: open {before.get('open', '-')} -> {after.get('open', '-')}, "
                   f"charges {before.get('charges', '-')} -> {after.get('charges', '-')}")  # fmt: skip
    for letter in answer["letters"]:
        click.echo(f"sent on {letter['sent_on']} ({letter['stage']}): {letter['dpd_then']} days late, now "
                   f"{letter['dpd_now']}")  # fmt: skip
    places = exponent(money.currency)
    columns = ["entry", "value_on", "code", "debit", "credit", "amount", "instalment"]
    entries = [
        (kind, one["value_on"], one["code"], one["debit"], one["credit"],
         format(Decimal(one["minor"]).scaleb(-places), "f"), one["instalment"])
        for kind in ("reversed", "new") for one in answer[kind]
    ]  # fmt: skip
    if entries:
        click.echo("\n".join(table(columns, entries)))
    click.echo(f"entries reversed {len(answer['reversed'])}, new {len(answer['new'])}")
    click.echo(f"late fees {answer['late_fees']}, penalty {answer['penalty']}; loan {answer['status']}")


def line_json(view: Any) -> dict[str, str] | None:
    """An instalment's figures; nothing for one that does not exist."""
    if view is None:
        return None
    return {name: str(getattr(view, name)) for name in ("due_on", "total", "paid", "open", "charges", "status")}


def _entry_json(posting: Any) -> dict[str, Any]:
    return {
        "value_on": str(posting.effective_on), "code": posting.code.value, "debit": posting.debit.value,
        "credit": posting.credit.value, "minor": posting.minor, "instalment": posting.line,
    }  # fmt: skip


def _standing_json(found: Any) -> dict[str, Any]:
    figures = {name: str(getattr(found, name)) for name in ("to_pay", "principal", "overdue", "largest")}
    last = None if found.last_due_on is None else str(found.last_due_on)
    return {**figures, "instalments": found.instalments, "last_due_on": last}


def preview_json(found: Any) -> dict[str, Any]:
    """All that a booking would change."""
    return {
        "value_on": str(found.value_on),
        "amount": str(found.amount),
        "status": found.status.value,
        "late_fees": str(found.late_fees),
        "penalty": str(found.penalty),
        "credit": str(found.credit),
        "before": _standing_json(found.before),
        "after": _standing_json(found.after),
        "instalments": [
            {"number": change.number, "before": line_json(change.before), "after": line_json(change.after)}
            for change in found.lines
        ],
        "reversed": [_entry_json(posting) for posting in found.reversed_entries],
        "new": [_entry_json(posting) for posting in found.new_entries],
        "letters": [
            {
                "stage": letter.stage,
                "sent_on": str(letter.sent_on),
                "dpd_then": letter.dpd_then,
                "dpd_now": letter.dpd_now,
            }
            for letter in found.letters
        ],
    }


LOAN_COMMANDS = (settle, statement, preview_backdate)
