"""Approvals and errors of a version by protected group, as decided in practice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.db import Work
from scoring.domain.fairness import fairness_table
from scoring.domain.performance import APPROVE, DECLINE, PastCase
from scoring.queries.scores import VersionView, served_subjects


def live_fairness(r: Work, view: VersionView, cases: Sequence[PastCase]) -> dict[str, list[dict[str, Any]]]:
    """By protected fact, one row per group of the decided cases this version's score was used for.

    Small groups are listed with their counts and without a ratio; error rates count cases whose outcome is known.
    """
    served = served_subjects(r, view.name, [case.subject_id for case in cases])
    decided = [case for case in cases if case.subject_id in served and case.outcome in {APPROVE, DECLINE}]
    names = sorted({name for case in decided for name in case.groups})
    report = {}
    for name in names:
        mine = [case for case in decided if name in case.groups]
        labels = [case.groups[name] for case in mine]
        bad = np.array([np.nan if case.bad is None else float(case.bad) for case in mine])
        approved = np.array([case.outcome == APPROVE for case in mine])
        report[name] = fairness_table(labels, bad, approved, small=True)
    return report
