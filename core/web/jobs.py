"""Housekeeping of what core keeps for administrators."""

from __future__ import annotations

from collections.abc import Mapping

from core.domain.texts import Text
from core.jobs import Job, JobContext
from core.webhook.deliver import forget_delivered


def run_tidy(context: JobContext) -> Mapping[str, int]:
    """`forget_delivered` in one transaction."""
    with context.database.work() as w:
        return {"deliveries": forget_delivered(w)}


JOBS = [
    Job(
        "tidy_webhooks",
        {"hour": 3, "minute": 35},
        run_tidy,
        Text("Tidying of webhook deliveries"),
        {"deliveries": Text("old deliveries")},
    )
]
