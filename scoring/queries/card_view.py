"""One version as its page shows it: figures, points table, what watching found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core.db import Work
from core.domain.errors import ModelUnavailable
from core.domain.facts import CATALOGUE
from scoring.domain.additive import AdditiveCard
from scoring.domain.printing import card_lines
from scoring.domain.reasons import label_of
from scoring.domain.shelf import version_at
from scoring.domain.version import Version
from scoring.queries.scores import VersionView, version_view
from scoring.tables import ModelVersionRow, MonitorReportRow


@dataclass(frozen=True, slots=True)
class CellView:
    """One printed cell."""

    cell: str
    points: Decimal
    rows: int
    bad_rate: float | None


@dataclass(frozen=True, slots=True)
class FeatureView:
    """One feature's table; `span` is what it can move, in points."""

    name: str
    label: str
    span: Decimal
    cells: tuple[CellView, ...]


@dataclass(frozen=True, slots=True)
class WatchView:
    """The newest report about a version in use."""

    made_at: datetime
    since: date
    last_day: date
    rows: int
    alerts: tuple[dict[str, str], ...]
    report: dict[str, Any]


@dataclass(frozen=True, slots=True)
class VersionPage:
    """Everything the page of one version shows; `error` says why the files cannot be opened."""

    view: VersionView
    base_points: Decimal | None
    cutoff_points: Decimal | None
    cutoff_pd: float | None
    features: tuple[FeatureView, ...]
    manifest: dict[str, Any]
    watch: WatchView | None
    error: str


def version_page(r: Work, version_id: UUID) -> VersionPage:
    """The page of a version. Raises NotFound; files that cannot be opened are told, not raised."""
    view = version_view(r, version_id)
    row = r.get(ModelVersionRow, version_id)
    watch = watch_of(r, version_id)
    try:
        version = version_at(row.location, row.sha256)
    except ModelUnavailable as error:
        return VersionPage(view, None, None, None, (), {}, watch, error.message)
    terms = version.card.terms
    shown = terms.scale.points
    return VersionPage(
        view, shown(version.card.base_ticks), shown(terms.cutoff_ticks), terms.cutoff_pd, _features(version),
        version.manifest, watch, "",
    )  # fmt: skip


def _features(version: Version) -> tuple[FeatureView, ...]:
    card = version.card
    if not isinstance(card, AdditiveCard):
        return ()
    cells: dict[str, list[CellView]] = {}
    for line in card_lines(card)[1:]:
        rate = line.bads / line.rows if line.rows else None
        words = _cell_words(line.feature, line.cell)
        cells.setdefault(line.feature, []).append(CellView(words, Decimal(line.points), line.rows, rate))
    return tuple(
        FeatureView(name, label_of(name), max(c.points for c in found) - min(c.points for c in found), tuple(found))
        for name, found in cells.items()
    )


def _cell_words(feature: str, cell: str) -> str:
    entry = CATALOGUE.get(feature)
    if entry is None:
        return cell
    return next((choice.text for choice in entry.choices if choice.value == cell), cell)


def watch_of(r: Work, version_id: UUID) -> WatchView | None:
    """The newest report about the version, None before the first."""
    query = select(MonitorReportRow).where(MonitorReportRow.version_id == version_id)
    row = r.session.scalars(query.order_by(MonitorReportRow.made_at.desc()).limit(1)).first()
    if row is None:
        return None
    return WatchView(
        row.made_at,
        row.since,
        row.until - timedelta(days=1),
        row.report["rows"],
        tuple(row.report["alerts"]),
        row.report,
    )
