"""`flask dates year-fraction | adjust | roll`: they need no database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TextIO

import click

from repayment.cli.reading import answer_all

dates = click.Group("dates", help="Day counts, business days and date rolls.")


def _show(answer: dict[str, Any]) -> Iterator[str]:
    for name, value in answer.items():
        yield f"{name} {' '.join(value) if isinstance(value, list) else value}"


@dates.command("year-fraction")
@click.argument("source", type=click.File("r", encoding="utf-8"), default="-")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def year_fraction(source: TextIO, as_json: bool) -> None:
    """Days and year fraction between two dates by a day-count convention."""
    from repayment.cli.dates_json import answer_year_fraction

    answer_all(source, answer_year_fraction, _show, as_json=as_json)


@dates.command("adjust")
@click.argument("source", type=click.File("r", encoding="utf-8"), default="-")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def adjust(source: TextIO, as_json: bool) -> None:
    """The business day a date moves to."""
    from repayment.cli.dates_json import answer_adjust

    answer_all(source, answer_adjust, _show, as_json=as_json)


@dates.command("roll")
@click.argument("source", type=click.File("r", encoding="utf-8"), default="-")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def roll(source: TextIO, as_json: bool) -> None:
    """The dates at a steady step after a start."""
    from repayment.cli.dates_json import answer_roll

    answer_all(source, answer_roll, _show, as_json=as_json)
