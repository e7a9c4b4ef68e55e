"""The registry: registering, validating, approving, putting to use and retiring versions. Two people, always."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path
from tempfile import mkdtemp
from uuid import UUID

from sqlalchemy import select

from core import audit
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import Conflict, InvalidInput, NotAllowed
from core.domain.texts import Text
from scoring.domain.registry import VersionStatus, check_move
from scoring.domain.shelf import REFERENCE, copy_of, models_folder, version_at
from scoring.domain.version import MANIFEST, METRICS, Version, open_version
from scoring.tables import ModelVersionRow

REFERENCE_TRAINER = "Promissory reference card"


def register_reference_cards(w: Work) -> tuple[ModelVersionRow, ...]:
    """Puts the shipped cards into the registry, as champion where their segment has none. Doing it again does nothing.

    A card that changed with a release is registered beside the old one and takes over from a shipped champion only.
    """
    w.actor.require(Role.SYSTEM, Role.ADMIN)
    added = []
    for folder in sorted(path for path in REFERENCE.iterdir() if (path / MANIFEST).exists()):
        version = open_version(folder)
        known = w.session.scalars(select(ModelVersionRow).where(ModelVersionRow.sha256 == version.sha256)).first()
        if known is not None:
            continue
        champion = champion_of(w, version.segment, None, lock=True)
        shipped = champion is not None and champion.location == f"reference/{folder.name}"
        if champion is not None and shipped:
            champion.status, champion.retired_at = VersionStatus.RETIRED.value, w.now
            w.session.flush()
        name = version.name if not _named(w, version.name) else f"{version.name} {version.sha256[:8]}"
        row = _row(w, version, name, f"reference/{folder.name}")
        _keep_copy(folder, version.sha256)
        row.trained_by_name = row.validated_by_name = row.approved_by_name = REFERENCE_TRAINER
        row.validated_at = row.approved_at = w.now
        row.status = (VersionStatus.CHAMPION if champion is None or shipped else VersionStatus.APPROVED).value
        w.session.flush()
        audit.record(w, "model.reference", "model_version", row.id, name=row.name, sha256=row.sha256, status=row.status)
        added.append(row)
    return tuple(added)


def _keep_copy(folder: Path, sha256: str) -> None:
    copy = copy_of(folder.name, sha256)
    if copy.exists():
        return
    copy.parent.mkdir(parents=True, exist_ok=True)
    half = Path(mkdtemp(prefix=".", dir=copy.parent))
    shutil.copytree(folder, half, dirs_exist_ok=True)
    try:
        half.rename(copy)
    except OSError:  # another process was first
        shutil.rmtree(half)


def champion_of(w: Work, segment: str, product: str | None, *, lock: bool = False) -> ModelVersionRow | None:
    """The champion of exactly that segment and product."""
    query = select(ModelVersionRow).where(
        ModelVersionRow.segment == segment,
        ModelVersionRow.status == VersionStatus.CHAMPION.value,
        ModelVersionRow.product.is_(None) if product is None else ModelVersionRow.product == product,
    )
    return w.session.scalars(query.with_for_update() if lock else query).first()


def register_version(w: Work, folder: Path, *, product: str | None = None, name: str | None = None) -> ModelVersionRow:
    """Copies a draft's folder into the instance and registers it as DRAFT, trained by the actor.

    Raises ModelUnavailable when the files do not hold together, Conflict when the name is taken, NotAllowed.
    """
    w.actor.require(Role.RISK_MANAGER, Role.SYSTEM)
    version = open_version(folder)
    wanted = name or version.name
    if not wanted or "/" in wanted or wanted.startswith("."):
        raise InvalidInput({"name": Text("{name} cannot be the name of a version", name=wanted)})
    if _named(w, wanted):
        raise Conflict(Text("There is already a version called {name}", name=wanted))
    target = models_folder() / wanted
    if target.exists():
        if open_version(target).sha256 != version.sha256:
            raise Conflict(Text("The folder of {name} is taken by another version", name=wanted))
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(f".{wanted}.fresh")
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(folder, fresh)
        fresh.rename(target)
    row = _row(w, version, wanted, f"models/{wanted}")
    row.product = product
    w.session.flush()
    audit.record(w, "model.registered", "model_version", row.id, name=row.name, sha256=row.sha256)
    return row


def validate_version(w: Work, version_id: UUID, *, note: str) -> ModelVersionRow:
    """DRAFT -> VALIDATED, with what was looked at. Opens the files again. Raises InvalidInput without a note."""
    row = _moving(w, version_id, VersionStatus.VALIDATED)
    if not note.strip():
        raise InvalidInput({"note": Text("Say what was validated, and how")})
    version_at(row.location, row.sha256)
    row.status, row.validated_by_name, row.validated_at = VersionStatus.VALIDATED.value, w.actor.name, w.now
    row.note = note.strip()
    audit.record(w, "model.validated", "model_version", row.id, sha256=row.sha256)
    return row


def approve_version(w: Work, version_id: UUID) -> ModelVersionRow:
    """VALIDATED -> APPROVED, by somebody else than the trainer. Raises NotAllowed, ModelUnavailable."""
    row = _moving(w, version_id, VersionStatus.APPROVED)
    if w.actor.id is None or w.actor.id == row.trained_by:
        raise NotAllowed(Text("Another person than the trainer must approve a version"))
    version_at(row.location, row.sha256)
    row.status, row.approved_by, row.approved_by_name = VersionStatus.APPROVED.value, w.actor.id, w.actor.name
    row.approved_at = w.now
    audit.record(w, "model.approved", "model_version", row.id, sha256=row.sha256)
    return row


def place_version(w: Work, version_id: UUID, status: VersionStatus, *, share: Decimal | None = None) -> ModelVersionRow:
    """Puts an approved version to use, or takes it back. A new champion sends the old one back to APPROVED.

    `share` is a challenger's part of live traffic, above 0 and at most 0.5. Raises IllegalTransition, InvalidInput,
    NotAllowed, ModelUnavailable.
    """
    row = _moving(w, version_id, status)
    if status not in {VersionStatus.CHAMPION, VersionStatus.CHALLENGER, VersionStatus.SHADOW, VersionStatus.APPROVED}:
        raise InvalidInput({"status": Text("A version is put to use as champion, challenger or shadow")})
    if status is VersionStatus.CHALLENGER and (share is None or not Decimal(0) < share <= Decimal("0.5")):
        raise InvalidInput({"share": Text("A challenger needs a share above 0 and at most 50 %")})
    version_at(row.location, row.sha256)
    if status is VersionStatus.CHAMPION:
        old = champion_of(w, row.segment, row.product, lock=True)
        if old is not None:
            old.status = VersionStatus.APPROVED.value
            audit.record(w, "model.replaced", "model_version", old.id, by=row.name)
            w.session.flush()
    row.status = status.value
    row.challenger_share = share if status is VersionStatus.CHALLENGER else None
    audit.record(w, f"model.{status.value}", "model_version", row.id, sha256=row.sha256, share=str(share or ""))
    return row


def retire_version(w: Work, version_id: UUID) -> ModelVersionRow:
    """Any status -> RETIRED, for good. Its files stay: old scores are replayed with them."""
    row = _moving(w, version_id, VersionStatus.RETIRED)
    row.status, row.retired_at, row.challenger_share = VersionStatus.RETIRED.value, w.now, None
    audit.record(w, "model.retired", "model_version", row.id, sha256=row.sha256)
    return row


def _moving(w: Work, version_id: UUID, wanted: VersionStatus) -> ModelVersionRow:
    w.actor.require(Role.RISK_MANAGER)
    row = w.lock(ModelVersionRow, version_id)
    check_move(row.status, wanted)
    return row


def _named(w: Work, name: str) -> bool:
    return w.session.scalars(select(ModelVersionRow.id).where(ModelVersionRow.name == name)).first() is not None


def _row(w: Work, version: Version, name: str, location: str) -> ModelVersionRow:
    metrics = version.metrics() if (version.folder / METRICS).exists() else {}
    return w.add(
        ModelVersionRow(
            name=name, segment=version.segment, product=None, kind=version.kind, status=VersionStatus.DRAFT.value,
            location=location, sha256=version.sha256, features=list(version.card.terms.names), metrics=metrics,
            trained_by=w.actor.id, trained_by_name=w.actor.name, registered_at=w.now, note="",
        )
    )  # fmt: skip
