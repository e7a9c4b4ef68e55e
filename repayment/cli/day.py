"""`flask day`: close business dates, look at them, check the books."""

from __future__ import annotations

import sys
from datetime import date, datetime

import click

from repayment.cli.in_app import in_app
from repayment.cli.reading import table

day = click.Group("day", help="The business date: close it, show it, check the books.")
DAY = click.DateTime(["%Y-%m-%d"])


@day.command("close")
@click.option("--through", type=DAY, help="Close every open date up to this one; the open date alone if left out.")
@in_app
def close(through: datetime | None) -> None:
    """Close the open business date (or all up to a day): interest, late fees, arrears, reminders."""
    from core.web.work import house
    from repayment.steps.close_day import close_day, start_business_day
    from repayment.steps.print_letters import print_letters

    database = house().database
    with database.work() as w:
        open_on = start_business_day(w, database.clock.today())
    last = through.date() if through else open_on
    if last < open_on:
        click.echo(f"{last} is closed already; the open business date is {open_on}")
        return
    show = sys.stderr.isatty()

    def progress(on: date, loans: int) -> None:
        if show:
            click.echo(f"\r{on}  {loans} loans ", err=True, nl=False)

    closed = close_day(database, through=last, progress=progress)
    if show:
        click.echo("\r", err=True, nl=False)
    rows = [(d.day_on, d.loans, d.entries, d.notices, d.exceptions) for d in closed]
    click.echo("\n".join(table(["closed", "loans", "entries", "notices", "exceptions"], rows[-31:])))
    letters = print_letters(database)
    if letters:
        click.echo(f"{letters} letters printed")
    if any(d.exceptions for d in closed):
        click.echo("Some loans could not be closed: flask day show", err=True)
        sys.exit(1)


@day.command("show")
@in_app
def show() -> None:
    """Show the open business date, the last closed days and the loans that could not be closed."""
    from core.web.work import house
    from repayment.queries.days import close_exceptions, closed_days

    with house().database.read() as r:
        click.echo(f"open business date: {r.today}")
        days = closed_days(r, limit=10)
        rows = [(d.day_on, d.loans, d.entries, d.notices, d.exceptions, d.finished_at is not None) for d in days]
        if rows:
            click.echo("\n".join(table(["day", "loans", "entries", "notices", "exceptions", "finished"], rows)))
        for found in close_exceptions(r):
            if found.resolved_at is None:
                click.echo(f"{found.reference} stands at {found.day_on}: {found.error}")


@day.command("balance")
@click.option("--on", type=DAY, help="By value date up to this day; the open business date if left out.")
@in_app
def balance(on: datetime | None) -> None:
    """Print the trial balance."""
    from core.domain.money import Money
    from core.web.work import house
    from repayment.queries.books import trial_balance

    with house().database.read() as r:
        lines = trial_balance(r, on.date() if on else r.today)
    rows = [
        (line.balance.currency, line.account.number, line.account.names["en"], line.debit, line.credit, line.balance)
        for line in lines
    ]
    for currency in sorted({line.balance.currency for line in lines}):
        sums = [(line.debit.minor, line.credit.minor) for line in lines if line.balance.currency == currency]
        debit, credit = (Money(sum(side), currency) for side in zip(*sums, strict=True))
        rows.append((currency, "", "total", debit, credit, debit - credit))
    click.echo("\n".join(table(["currency", "number", "account", "debit", "credit", "balance"], rows)))


@day.command("journal")
@click.argument("first", type=DAY)
@click.argument("last", type=DAY)
@in_app
def journal(first: datetime, last: datetime) -> None:
    """Write the journal of a span of booking days as CSV."""
    from core.web.work import house
    from repayment.queries.books import journal_csv

    with house().database.read() as r:
        for line in journal_csv(r, first.date(), last.date()):
            click.echo(line, nl=False)


@day.command("check")
@in_app
def check() -> None:
    """Check what must hold between ledger, instalments and loans; exit with 1 if anything does not."""
    from core.web.work import house
    from repayment.queries.books import failed_checks

    with house().database.read() as r:
        failed = failed_checks(r)
    for what, reference in failed:
        click.echo(f"{reference}: {what}")
    if failed:
        sys.exit(1)
    click.echo("the books agree")
