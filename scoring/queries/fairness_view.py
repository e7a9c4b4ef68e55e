"""Approvals and errors of a version by protected group, as decided in practice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np

from core.db import Work
from scoring.domain.fairness import fairness_table
from scoring.domain.performance import APPROVE, DECLINE, PastCase
from scoring.queries.scores import VersionView, served_passes


def live_fairness(
    r: Work, view: VersionView, cases: Sequence[PastCase], since: date
) -> dict[str, list[dict[str, Any]]]:
    """By protected fact, one row per group of the decided cases this version's score was used for.

    Approvals count decisions on cases scored from `since` on. Error rates count every case whose outcome is known,
    however old: goods the score would refuse, bads it would pass. Small groups are listed without a ratio.
    """
    passes = served_passes(r, view.name, [case.subject_id for case in cases])
    decided = [case for case in cases if case.subject_id in passes and case.outcome in {APPROVE, DECLINE}]
    report = {}
    for name in sorted({name for case in decided for name in case.groups}):
        mine = [case for case in decided if name in case.groups]
        lately = [case for case in mine if case.scored_on >= since]
        known = [case for case in mine if case.bad is not None]
        if lately:
            approved = np.array([case.outcome == APPROVE for case in lately])
            table = fairness_table(_labels(lately, name), np.full(len(lately), np.nan), approved, small=True)
            report[name] = [row | _errors(row["group"], name, known, passes) for row in table]
    return report


def _labels(cases: Sequence[PastCase], name: str) -> list[str]:
    return [case.groups[name] for case in cases]


def _errors(group: str, name: str, known: Sequence[PastCase], passes: Mapping[UUID, bool]) -> dict[str, Any]:
    """Counts and error rates of one group among the cases whose outcome is known."""
    mine = [case for case in known if case.groups[name] == group]
    goods = [not passes[case.subject_id] for case in mine if not case.bad]
    bads = [passes[case.subject_id] for case in mine if case.bad]
    return {
        "goods": len(goods), "bads": len(bads), "bad_rate": len(bads) / len(mine) if mine else None,
        "good_refused": sum(goods) / len(goods) if goods else None,
        "bad_approved": sum(bads) / len(bads) if bads else None,
    }  # fmt: skip
