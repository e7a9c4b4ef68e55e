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


def _command(name: str, answer: str, told: str) -> None:
    """A command that answers JSON items by a function of `dates_json`, imported when it runs."""

    @dates.command(name, help=told)
    @click.argument("source", type=click.File("r", encoding="utf-8"), default="-")
    @click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
    def run(source: TextIO, as_json: bool) -> None:
        from repayment.cli import dates_json

        answer_all(source, getattr(dates_json, answer), _show, as_json=as_json)


_command("year-fraction", "answer_year_fraction", "Days and year fraction between two dates by a day-count convention.")
_command("adjust", "answer_adjust", "The business day a date moves to.")
_command("roll", "answer_roll", "The dates at a steady step after a start.")
