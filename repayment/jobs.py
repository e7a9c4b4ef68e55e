"""Scheduled work of the loan book: the daily close, and the letters it leaves to be printed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from typing import Any

from core.domain.dates import ONE_DAY
from core.domain.texts import Text
from core.jobs import Job, JobContext
from repayment.steps.close_day import close_day
from repayment.steps.print_letters import print_letters


def run_day_close(context: JobContext) -> Mapping[str, Any]:
    """Closes what is open up to the day before the one it runs for, then makes the PDFs of its letters."""

    def progress(day: date, loans: int) -> None:
        context.report(day=day.isoformat(), loans=loans)

    closed = close_day(context.database, through=context.run_on - ONE_DAY, progress=progress)
    return {
        "days": len(closed),
        "loans": sum(day.loans for day in closed),
        "notices": sum(day.notices for day in closed),
        "exceptions": sum(day.exceptions for day in closed),
        "letters": print_letters(context.database),
    }


def run_letters(context: JobContext) -> Mapping[str, Any]:
    """Makes PDFs of letters that still wait for one."""
    return {"letters": print_letters(context.database)}


JOBS = [
    Job(
        "day_close",
        {"hour": int(os.environ.get("DAY_CLOSE_HOUR") or 0), "minute": 10},
        run_day_close,
        Text("Daily close"),
        {
            "day": Text("day"),
            "days": Text("days"),
            "loans": Text("loans"),
            "notices": Text("notices"),
            "exceptions": Text("exceptions"),
            "letters": Text("letters"),
        },
    ),
    Job("letters", {"hour": 7, "minute": 30}, run_letters, Text("Printing of letters"), {"letters": Text("letters")}),
]
