"""Scores every stored record again and tells which came out otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core.db import Work
from core.domain.errors import LendingError
from core.domain.facts import CATALOGUE, from_json
from scoring.steps.score import open_row
from scoring.tables import ModelVersionRow, ScoreRecordRow


@dataclass(frozen=True, slots=True)
class Difference:
    """One record that does not come out as stored, and what differs."""

    record_id: UUID
    version: str
    what: str


def replay(r: Work, *, subject_id: UUID | None = None) -> tuple[int, list[Difference]]:
    """(records scored again, differences). Compares PD, score, grade, every contribution and every reason exactly.

    A difference names what is otherwise: a figure and the feature it belongs to, or the file of a version that is gone.
    """
    rows = {row.id: row for row in r.session.scalars(select(ModelVersionRow))}
    count = 0
    found: list[Difference] = []
    for record in _records(r, subject_id):
        count += 1
        what = _differs(rows[record.version_id], record)
        if what:
            found.append(Difference(record.id, record.version, what))
    return count, found


def _records(r: Work, subject_id: UUID | None) -> Iterator[ScoreRecordRow]:
    query = select(ScoreRecordRow).order_by(ScoreRecordRow.id).execution_options(yield_per=500)
    if subject_id is not None:
        query = query.where(ScoreRecordRow.subject_id == subject_id)
    yield from r.session.scalars(query)


def typed_facts(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Facts of a record as they were scored."""
    return {
        name: from_json(CATALOGUE[name], value) if name in CATALOGUE and value is not None else value
        for name, value in raw.items()
    }


def _differs(row: ModelVersionRow, record: ScoreRecordRow) -> str:
    try:
        version = open_row(row)
        scored = version.card.score(typed_facts(record.facts))
    except LendingError as error:
        return f"cannot be scored again: {error.message}"
    if row.sha256 != record.sha256:
        return (
            f"the registry's version has SHA-256 {row.sha256[:12]}..., the score was given by {record.sha256[:12]}..."
        )
    names = version.card.terms.names
    kept = {part["feature"]: part["ticks"] for part in record.contributions}
    pairs: dict[str, tuple[Any, Any]] = {
        "pd": (scored.pd, record.pd), "score": (scored.score, record.score_ticks),
        "grade": (scored.grade, record.grade), "features": (list(names), list(kept)),
        **{f"contribution of {name}": (now, kept.get(name)) for name, now in zip(names, scored.ticks, strict=True)},
        "reasons": (
            [(names[at], lost) for at, lost in scored.reasons], [(r["feature"], r["lost"]) for r in record.reasons],
        ),
    }  # fmt: skip
    return "; ".join(f"{name} is {now}, was {then}" for name, (now, then) in pairs.items() if now != then)
