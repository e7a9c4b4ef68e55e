"""How far loading is: one line that fills up on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from datetime import date

import click

BAR = 30
LINES = 10  # plain lines in all


@dataclass(slots=True)
class LoadProgress:
    """Shows the day that was lived, the loans so far and the time that is left."""

    started: float = field(default_factory=time.monotonic)
    is_terminal: bool = field(default_factory=sys.stdout.isatty)

    def __call__(self, done: int, whole: int, day: date, loans: int) -> None:
        """`done` of `whole` days are lived, the last of them `day`."""
        left = (time.monotonic() - self.started) / done * (whole - done)
        line = f"{done * 100 // whole:3d} %  {day}  {loans} loans, {duration(left)} left"
        if self.is_terminal:
            filled = BAR * done // whole
            click.echo(f"\rdemo data [{'█' * filled}{' ' * (BAR - filled)}] {line:<44}", nl=done == whole)
        elif done * LINES // whole != (done - 1) * LINES // whole:
            click.echo(f"demo data {line}")


def duration(seconds: float) -> str:
    """`1 min 5 s`, `42 s`."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
