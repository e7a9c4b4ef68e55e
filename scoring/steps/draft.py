"""A trained version before it is registered: its files by name, written all or none."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from core.domain.errors import InvalidInput
from core.domain.texts import Text
from core.i18n import CHINESE, ENGLISH, speak, translate
from scoring.domain.checks import Finding
from scoring.domain.deep import DeepCard
from scoring.domain.modelcard import model_card
from scoring.domain.plots import plot_calibration, plot_distribution, plot_gains, plot_roc, plot_shapes
from scoring.domain.tablefile import tables_to_bytes
from scoring.domain.version import BOOSTER, CARD, MANIFEST, METRICS, TABLES, digest, make_manifest
from scoring.steps.assemble import Card, card_bytes
from scoring.steps.places import make_parent

MODEL_CARDS = {ENGLISH: "MODEL_CARD.md", CHINESE: "MODEL_CARD.zh-CN.md"}
PLOTS = "plots"


@dataclass(frozen=True, slots=True)
class Draft:
    """A trained version, not yet written: its files by name, and what was found on the way."""

    name: str
    sha256: str
    files: dict[str, bytes]
    findings: tuple[Finding, ...]
    metrics: dict[str, Any]


def make_draft(
    head: Mapping[str, Any], card: Card, booster: bytes | None, metrics: dict[str, Any], findings: tuple[Finding, ...]
) -> Draft:
    """The files of a version: manifest over card, booster, tables and metrics; model cards and plots beside them."""
    files = {CARD: card_bytes(card), METRICS: json_bytes(metrics)}
    if booster is not None:
        files[BOOSTER] = booster
    if isinstance(card, DeepCard):
        files[TABLES] = tables_to_bytes(card.shap)
    full = {**head, "features": list(card.terms.names), "libraries": _libraries()}
    manifest = make_manifest(full, files)
    files[MANIFEST] = manifest
    for locale, file in MODEL_CARDS.items():
        with speak(locale):
            files[file] = model_card(full, metrics, card.terms, translate).encode()
    for name, picture in _plots(metrics, card).items():
        files[f"{PLOTS}/{name}.svg"] = picture.encode()
    return Draft(str(head["name"]), digest(manifest), files, findings, metrics)


def _plots(metrics: Mapping[str, Any], card: Card) -> dict[str, str]:
    curves = metrics.get("curves") or {}
    found = {}
    if "roc" in curves:
        found["roc"] = plot_roc(curves["roc"], metrics["test"]["auc"])
        found["gains"] = plot_gains(curves["gains"])
    if "calibration" in curves:
        found["calibration"] = plot_calibration(curves["calibration"])
        cutoff = float(card.terms.scale.points(card.terms.cutoff_ticks))
        found["distribution"] = plot_distribution(curves["distribution"], cutoff)
    if metrics.get("shapes"):
        found["shapes"] = plot_shapes(metrics["shapes"])
    return found


def _libraries() -> dict[str, str]:
    found = {}
    for name in ("numpy", "xgboost-cpu", "xgboost"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def json_bytes(raw: Any) -> bytes:
    """JSON as the files of a version hold it."""
    return (json.dumps(raw, indent=1, ensure_ascii=False, default=float) + "\n").encode()


def write_draft(draft: Draft, out: Path) -> None:
    """Writes all files or none. An earlier version in `out` is replaced; any other folder with files is refused."""
    check_place(out)
    fresh = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        for name, raw in draft.files.items():
            (fresh / name).parent.mkdir(exist_ok=True)
            (fresh / name).write_bytes(raw)
        fresh.chmod(0o755)
        if out.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
            os.replace(out, old / "old")
            os.replace(fresh, out)
            shutil.rmtree(old)
        else:
            os.replace(fresh, out)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def check_place(out: Path) -> None:
    """Raises InvalidInput for a file, a folder that holds something other than a version, or where none can be made."""
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / MANIFEST).exists())):
        raise InvalidInput({"out": Text("{path} exists and is not the folder of a version", path=out)})
    make_parent(out)
