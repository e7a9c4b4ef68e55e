"""The shelf of versions this process scores with: shipped ones beside the code, registered ones under the instance.

A release may ship another card under the same name. What was scored with the old one must replay, so a shipped card is
copied under the instance when it is registered, and the copy is opened where the shipped one is no longer it.
"""

from __future__ import annotations

import os
from pathlib import Path

from core.domain.errors import ModelUnavailable
from scoring.domain.version import MANIFEST, Version, open_version

_ROOT = Path(__file__).resolve().parents[2]
REFERENCE = _ROOT / "scoring" / "reference"
_opened: dict[tuple[str, str], tuple[Path, tuple[tuple[int, int], ...] | None, Version]] = {}


def _instance() -> Path:
    return Path(os.environ.get("PROMISSORY_INSTANCE", _ROOT / "instance"))


def models_folder() -> Path:
    """Where registered versions lie: `models` under the instance folder."""
    return _instance() / "models"


def copy_of(name: str, sha256: str) -> Path:
    """Where the copy of a shipped card lies, whatever a later release ships under its name."""
    return _instance() / "reference" / f"{name}-{sha256[:16]}"


def folder_of(location: str) -> Path:
    """`reference/<name>` is shipped with the product, `models/<name>` lies under the instance folder."""
    place, _, name = location.partition("/")
    if place not in {"reference", "models"} or not name or "/" in name or name.startswith("."):
        raise ModelUnavailable(f"The registry names an unknown place: {location}")
    return (REFERENCE if place == "reference" else models_folder()) / name


def version_at(location: str, sha256: str) -> Version:
    """The version kept there, checked against the hash, opened once and again whenever a file has changed.

    Raises ModelUnavailable for a missing, cut or changed file.
    """
    key = (location, sha256)
    known = _opened.pop(key, None)
    if known is None or known[1] is None or known[1] != _state(known[0], known[2]):
        folder, version = _open(location, sha256)
        known = folder, _state(folder, version), version
    _opened[key] = known
    return known[2]


def _open(location: str, sha256: str) -> tuple[Path, Version]:
    folder = folder_of(location)
    copy = copy_of(folder.name, sha256)
    try:
        return folder, open_version(folder, sha256=sha256)
    except ModelUnavailable:
        if folder.parent != REFERENCE or not copy.exists():
            raise
    return copy, open_version(copy, sha256=sha256)


def _state(folder: Path, version: Version) -> tuple[tuple[int, int], ...] | None:
    """Time and size of its files; None when one is gone."""
    try:
        stats = [(folder / name).stat() for name in (MANIFEST, *version.manifest["files"])]
    except OSError:
        return None
    return tuple((stat.st_mtime_ns, stat.st_size) for stat in stats)
