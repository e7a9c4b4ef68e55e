"""Screening lists as managers see them: editions, what changed between them, refused files, the threshold's effect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select

from core.db import Work
from core.domain.errors import NotFound
from core.domain.texts import Text
from origination.domain.kept_text import kept_to_text
from origination.domain.kyc import KycPolicy
from origination.domain.screening.match import match_pair
from origination.domain.screening.party import PartyKind
from origination.tables.screening import (
    ScreeningAlertRow,
    ScreeningEntryRow,
    ScreeningListRow,
    ScreeningThresholdRow,
)

PAIRS = Path(__file__).resolve().parent.parent / "reference" / "screening_pairs.psv"
STEPS = tuple(Decimal(n) / 100 for n in (70, 75, 78, 80, 82, 85, 90, 95))
DIFFERENCES_MAX = 200


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition of a list or one refused file. `days` is its age, `is_old` beyond what the checks accept."""

    id: UUID
    name: str
    kind: str
    edition: int
    status: str
    message: str | None
    sha256: str
    edition_on: date | None
    loaded_at: datetime
    loaded_by: str
    entries: int
    names: int
    counts: Mapping[str, int]
    added: int
    changed: int
    removed: int
    files: tuple[str, ...]
    is_sample: bool
    days: int
    is_old: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """One entry that an edition brought, changed or dropped."""

    entry_id: str
    what: str
    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a threshold does to the reference pairs and to the alerts that were raised."""

    least: Decimal
    precision: Decimal
    recall: Decimal
    alerts: int
    cleared: int
    true_hits: int


@dataclass(frozen=True, slots=True)
class ThresholdChange:
    """A proposal, what became of it, and whether the reader made it."""

    least: Decimal
    reason: str
    state: str
    proposed_name: str
    proposed_at: datetime
    decided_name: str | None
    decided_at: datetime | None
    is_mine: bool


def editions(
    r: Work, *, status: tuple[str, ...] = ("active",), limit: int = 50, offset: int = 0
) -> tuple[Edition, ...]:
    """Editions by status; the active ones by name, others the newest first."""
    order = [ScreeningListRow.name] if status == ("active",) else [ScreeningListRow.loaded_at.desc()]
    query = select(ScreeningListRow).where(ScreeningListRow.status.in_(status)).order_by(*order)
    return tuple(_edition(r, row) for row in r.session.scalars(query.limit(limit).offset(offset)))


def count_editions(r: Work, status: tuple[str, ...]) -> int:
    """How many there are."""
    query = select(func.count()).select_from(ScreeningListRow).where(ScreeningListRow.status.in_(status))
    return r.session.scalar(query) or 0


def edition_of(r: Work, edition_id: UUID) -> Edition:
    """One edition. Raises NotFound."""
    row = r.session.get(ScreeningListRow, edition_id)
    if row is None:
        raise NotFound(Text("There is no such edition"))
    return _edition(r, row)


def _edition(r: Work, row: ScreeningListRow) -> Edition:
    days = (r.today - row.loaded_on).days
    return Edition(
        id=row.id, name=row.name, kind=row.kind, edition=row.edition, status=row.status,
        message=None if row.message is None else kept_to_text(row.message),
        sha256=row.sha256, edition_on=row.edition_on, loaded_at=row.loaded_at, loaded_by=row.loaded_by,
        entries=row.entries, names=row.names, counts=row.counts, added=row.added, changed=row.changed,
        removed=row.removed, files=tuple(row.files), is_sample=row.is_sample, days=days,
        is_old=days > KycPolicy().list_age_days_max and not row.is_sample,
    )  # fmt: skip


def differences(r: Work, edition: Edition) -> tuple[Difference, ...]:
    """What the edition brought against the one before it, at most 200 lines; dropped entries first."""
    number = edition.edition
    if not number:
        return ()
    rows = r.session.scalars(
        select(ScreeningEntryRow)
        .where(
            ScreeningEntryRow.list_name == edition.name,
            or_(ScreeningEntryRow.from_edition == number, ScreeningEntryRow.until_edition == number),
        )
        .order_by(ScreeningEntryRow.until_edition.is_(None), ScreeningEntryRow.entry_id)
        .limit(DIFFERENCES_MAX * 2)
    )
    before: dict[str, Mapping[str, Any]] = {}
    after: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        (before if row.until_edition == number else after)[row.entry_id] = row.body
    out = [_difference(key, before.get(key), after.get(key)) for key in dict.fromkeys((*before, *after))]
    return tuple(out[:DIFFERENCES_MAX])


def _difference(key: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> Difference:
    name = str((new or old or {})["names"][0][0])
    if old is None or new is None:
        return Difference(key, "added" if old is None else "removed", name, (), ())
    fields = ("names", "births", "countries", "identifiers", "programme", "remarks")
    told = [(_plain(old[field]), _plain(new[field])) for field in fields if old[field] != new[field]]
    return Difference(
        key, "changed", name, tuple(_less(a, b) for a, b in told), tuple(_less(b, a) for a, b in told)
    )  # fmt: skip


def _plain(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [" ".join(str(part) for part in item if part and part is not True) if isinstance(item, list) else str(item)
            for item in value]  # fmt: skip


def _less(one: list[str], other: list[str]) -> str:
    """What the one side has and the other has not."""
    return "; ".join(part for part in one if part not in other) or "–"


@lru_cache(maxsize=1)
def reference_pairs() -> tuple[tuple[float, bool], ...]:
    """Score and label of each shipped pair of names."""
    lines = PAIRS.read_text(encoding="utf-8").splitlines()
    kinds = {"p": PartyKind.PERSON, "c": PartyKind.COMPANY}
    split = (line.split("|") for line in lines if line and not line.startswith("#"))
    return tuple((match_pair(one, other, kinds[kind]).score, wanted == "1") for kind, one, other, wanted in split)


def effects(r: Work, steps: Iterable[Decimal] = STEPS) -> tuple[Effect, ...]:
    """For each possible threshold: quality on the reference pairs, and which alerts kept so far it would raise."""
    pairs = reference_pairs()
    wanted = sum(same for _, same in pairs)
    rows = r.session.execute(select(ScreeningAlertRow.score, ScreeningAlertRow.state)).all()
    out = []
    for least in steps:
        labels = [same for score, same in pairs if score >= float(least)]
        states = Counter(state for score, state in rows if score >= least and state != "superseded")
        out.append(
            Effect(
                least=least,
                precision=_share(sum(labels), len(labels)),
                recall=_share(sum(labels), wanted),
                alerts=sum(states.values()),
                cleared=states["cleared"],
                true_hits=states["true_hit"],
            )
        )
    return tuple(out)


def _share(part: int, whole: int) -> Decimal:
    return (Decimal(part) / Decimal(whole or 1)).quantize(Decimal("0.0001"))


def threshold_changes(r: Work, limit: int = 20) -> tuple[ThresholdChange, ...]:
    """Proposals and decisions, the newest first."""
    query = select(ScreeningThresholdRow).order_by(ScreeningThresholdRow.proposed_at.desc()).limit(limit)
    return tuple(
        ThresholdChange(
            least=row.least, reason=row.reason, state=row.state, proposed_name=row.proposed_name,
            proposed_at=row.proposed_at, decided_name=row.decided_name, decided_at=row.decided_at,
            is_mine=row.proposed_id is not None and row.proposed_id == r.actor.id,
        )
        for row in r.session.scalars(query)
    )  # fmt: skip
