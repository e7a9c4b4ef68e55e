"""Trying a version on past applications from the page: asked here, run at once when it is quick, else by a worker."""

from __future__ import annotations

import logging
from datetime import date
from typing import Any
from uuid import UUID

from core import audit, queue
from core.db import Database, Work
from core.domain.actor import SYSTEM
from core.domain.errors import InvalidInput
from core.domain.ids import uuid7
from core.domain.texts import Text
from core.tables import PolicyEditionRow
from origination.domain.policy import OriginationPolicy
from origination.domain.policy_text import read_text
from origination.domain.trial import BackTest
from origination.queries.policies import SUBJECT
from origination.steps.back_test import MAY_TRY, back_test, count_decided
from origination.tables.policy import PolicySimulationRow

log = logging.getLogger("promissory.policy")
TASK = "try_policy"
AT_ONCE = 150  # so many cases are done within the click


def ask_trial(w: Work, edition_id: UUID, since: date, until: date | None = None) -> PolicySimulationRow:
    """Keeps the wish to try a version; a worker does it. Raises InvalidInput when there is nothing to try."""
    w.actor.require(*MAY_TRY)
    row = w.get(PolicyEditionRow, edition_id)
    last = until or w.today
    total = count_decided(w, since, last) if since <= last else 0
    if not total:
        raise InvalidInput({"since": Text("No application was decided by rules in that time. Choose an earlier day.")})
    run = w.add(
        PolicySimulationRow(
            id=uuid7(), edition_id=row.id, sha256=row.sha256, since=since, until=last, status="waiting", total=total,
            actor_id=w.actor.id, actor_name=w.actor.name, asked_at=w.now,
        )
    )  # fmt: skip
    w.session.flush()
    audit.record(w, "policy.simulated", SUBJECT, row.id, run=run.id, sha256=row.sha256, since=since, cases=total)
    if total > AT_ONCE:
        queue.defer(w, TASK, run_id=str(run.id))
    return run


def run_trial(database: Database, run_id: UUID) -> None:
    """Does it, with its progress visible to everybody; a failure is kept with the run."""
    with database.work() as w:
        run = w.lock(PolicySimulationRow, run_id)
        if run.status == "done":
            return
        run.status, run.error = "running", None
        policy = OriginationPolicy.from_toml(read_text(w.get(PolicyEditionRow, run.edition_id).text))

    def report(done: int) -> None:
        with database.work() as w:
            w.get(PolicySimulationRow, run_id).done = done

    result: dict[str, Any] | None
    try:
        with database.read(SYSTEM) as r:
            found = back_test(r, policy, since=run.since, until=run.until, report=report)
        result, error = as_report(found), None
    except Exception as failure:
        log.exception("trial %s failed", run_id)
        result, error = None, f"{type(failure).__name__}: {failure}"
    with database.work() as w:
        run = w.lock(PolicySimulationRow, run_id)
        run.status, run.result, run.error, run.finished_at = "failed" if error else "done", result, error, w.now


def as_report(found: BackTest) -> dict[str, Any]:
    """The figures as JSON-ready data: what the command prints and the page shows."""

    def rate(value: Any) -> str | None:
        return None if value is None else f"{value:.4f}"

    kinds = sorted({of for of, _ in found.groups})
    ratios = {kind: found.impact_ratios(kind) for kind in kinds}
    return {
        "cases": found.cases,
        "before": dict(found.before),
        "after": dict(found.after),
        "changed": {f"{was} -> {now}": count for (was, now), count in sorted(found.moves.items())},
        "reasons": dict(found.reasons.most_common()),
        "expected_bad_rate": {"before": rate(found.expected_bad_before), "after": rate(found.expected_bad_after)},
        "observed_bad_rate": {
            "before": rate(found.observed_bad_before),
            "after": rate(found.observed_bad_after),
            "cases_before": found.seen_before.total(),
            "cases_after": found.seen_after.total(),
        },
        "profit_usd": {"before": str(found.profit_before), "after": str(found.profit_after)},
        "assessed_anew": found.assessed_anew,
        "groups": {
            kind: {
                name: {
                    "cases": count.cases,
                    "approved_before": count.approved_before,
                    "approved_after": count.approved_after,
                    "impact_ratio": round(ratios[kind][name], 3),
                }
                for (of, name), count in sorted(found.groups.items())
                if of == kind
            }
            for kind in kinds
        },
        "applications": [{"application": str(which), "before": was, "after": now} for which, was, now in found.changed],
    }
