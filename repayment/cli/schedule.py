"""`flask loan schedule` and `flask loan apr`: they need no database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TextIO

import click

from repayment.cli.reading import answer_all, table

loan = click.Group("loan", help="Schedules, cost of credit and loans.")


def _show_schedule(answer: dict[str, Any]) -> Iterator[str]:
    columns = ["number", "due_on", "principal", "interest", "fees", "payment", "balance"]
    yield from table(columns, ([row[name] for name in columns] for row in answer["instalments"]))
    totals = answer["totals"]
    yield f"interest {totals['interest']}  fees {totals['fees']}  paid {totals['paid']} {answer['currency']}"
    yield f"effective annual rate {answer['effective_annual_rate']}"


def _show_apr(answer: dict[str, Any]) -> Iterator[str]:
    yield from (f"{name:10} {value} %" for name, value in answer.items())


@loan.command("schedule")
@click.argument("source", type=click.File("r", encoding="utf-8"), default="-")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def schedule(source: TextIO, as_json: bool) -> None:
    """Work out repayment schedules from a JSON object or a list of them (a file, or - for standard input)."""
    from repayment.cli.schedule_json import answer_schedule

    answer_all(source, answer_schedule, _show_schedule, as_json=as_json)


@loan.command("apr")
@click.argument("source", type=click.File("r", encoding="utf-8"), default="-")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def apr(source: TextIO, as_json: bool) -> None:
    """Work out the yearly cost of advances and payments (us_actuarial, eu_aprc, irr), in percent."""
    from repayment.cli.apr_json import answer_apr

    answer_all(source, answer_apr, _show_apr, as_json=as_json)
