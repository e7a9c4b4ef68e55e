"""A trained version as a folder of files held together by one hash: the SHA-256 of its manifest `version.json`,
which lists the SHA-256 of every other file that scoring depends on. Needs no database, and no xgboost to read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.domain.errors import ModelUnavailable
from scoring.domain.additive import AdditiveCard, additive_from_json
from scoring.domain.columns import DataSchema
from scoring.domain.deep import DeepCard, deep_from_json

MANIFEST = "version.json"
CARD = "card.json"
BOOSTER = "model.json"
METRICS = "metrics.json"
TABLES = "tables.npz"
FORMAT = "promissory-version/1"


@dataclass(frozen=True)
class Version:
    """A version ready to score. `sha256` identifies its manifest and through it every file."""

    name: str
    segment: str
    kind: str
    sha256: str
    card: AdditiveCard | DeepCard
    manifest: dict[str, Any]
    folder: Path

    @property
    def schema(self) -> DataSchema:
        """The columns of the data it was trained on."""
        return DataSchema.from_json(self.manifest["schema"])

    def metrics(self) -> dict[str, Any]:
        """The figures found in training."""
        raw: dict[str, Any] = json.loads((self.folder / METRICS).read_text(encoding="utf-8"))
        return raw


def make_manifest(head: Mapping[str, Any], files: Mapping[str, bytes]) -> bytes:
    """The manifest over the files; the same head and files give the same bytes."""
    raw = {"format": FORMAT, **head, "files": {name: digest(files[name]) for name in sorted(files)}}
    return (json.dumps(raw, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def digest(raw: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(raw).hexdigest()


def open_version(folder: Path, *, sha256: str | None = None) -> Version:
    """Opens a version's folder and checks every file against its hash, and the manifest against `sha256` if given.

    Raises ModelUnavailable for a missing, cut or changed file, a wrong hash, or a card with other features.
    """
    manifest_bytes = _read(folder / MANIFEST)
    found = digest(manifest_bytes)
    if sha256 is not None and found != sha256:
        raise ModelUnavailable(
            f"{folder.name}/{MANIFEST} has SHA-256 {found[:12]}..., the registry says {sha256[:12]}..."
        )
    manifest = _parse(manifest_bytes, folder / MANIFEST)
    if manifest.get("format") != FORMAT:
        raise ModelUnavailable(f"{folder.name}/{MANIFEST} says format {manifest.get('format')!r}, wanted {FORMAT!r}")
    try:
        files = {name: _checked(folder / name, wanted) for name, wanted in manifest["files"].items()}
        raw = _parse(files[CARD], folder / CARD)
        kind = manifest["kind"]
        card = deep_from_json(raw, files[BOOSTER], files.get(TABLES)) if kind == "deep" else additive_from_json(raw)
        if list(card.terms.names) != manifest["features"]:
            raise ModelUnavailable(f"{folder.name}: the card has other features than its manifest")
        return Version(manifest["name"], manifest["segment"], kind, found, card, manifest, folder)
    except (KeyError, TypeError, AttributeError) as error:
        raise ModelUnavailable(f"{folder.name}/{MANIFEST} is damaged ({type(error).__name__}: {error})") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelUnavailable(f"{path} cannot be read ({error.strerror or 'missing'})") from error


def _checked(path: Path, wanted: str) -> bytes:
    raw = _read(path)
    found = digest(raw)
    if found != wanted:
        raise ModelUnavailable(
            f"{path} is not the file it was: SHA-256 {found[:12]}... instead of {wanted[:12]}... ({len(raw)} bytes; "
            "cut in half or changed?)"
        )
    return raw


def _parse(raw: bytes, path: Path) -> dict[str, Any]:
    try:
        parsed = json.loads(raw)
    except ValueError as error:
        raise ModelUnavailable(f"{path} is not JSON ({error})") from error
    if not isinstance(parsed, dict):
        raise ModelUnavailable(f"{path} is not a JSON object")
    return parsed
