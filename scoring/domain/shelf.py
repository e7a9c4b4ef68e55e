"""The shelf of versions this process scores with: shipped ones beside the code, registered ones under the instance."""

from __future__ import annotations

import os
from pathlib import Path

from core.domain.errors import ModelUnavailable
from scoring.domain.version import MANIFEST, Version, open_version

_ROOT = Path(__file__).resolve().parents[2]
REFERENCE = _ROOT / "scoring" / "reference"
_opened: dict[tuple[str, str], tuple[tuple[tuple[int, int], ...], Version]] = {}


def models_folder() -> Path:
    """Where registered versions lie: `models` under the instance folder."""
    return Path(os.environ.get("PROMISSORY_INSTANCE", _ROOT / "instance")) / "models"


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
    folder = folder_of(location)
    key = (location, sha256)
    known = _opened.get(key)
    if known is not None and known[0] == _state(folder, known[1]):
        return known[1]
    _opened.pop(key, None)
    version = open_version(folder, sha256=sha256)
    _opened[key] = (_state(folder, version), version)
    return version


def _state(folder: Path, version: Version) -> tuple[tuple[int, int], ...]:
    try:
        stats = [(folder / name).stat() for name in (MANIFEST, *version.manifest["files"])]
    except OSError as error:
        raise ModelUnavailable(f"{folder}: {error.strerror or 'a file is missing'}") from error
    return tuple((stat.st_mtime_ns, stat.st_size) for stat in stats)
