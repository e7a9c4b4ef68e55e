"""Drafts made elsewhere (`flask score train` on another machine) brought into the registry from a page."""

from __future__ import annotations

import io
import json
import re
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

from core import documents
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import InvalidInput, ModelUnavailable
from core.domain.texts import Text
from scoring.domain.version import MANIFEST
from scoring.steps.draft import MODEL_CARDS, PLOTS
from scoring.steps.registry import register_version
from scoring.tables import ModelVersionRow

ENTRIES_MOST = 200
BYTES_MOST = 256 << 20  # unpacked: what a deep card with its tables takes, many times over
_PLAIN = re.compile(r"[\w-][\w.-]{0,80}", re.ASCII)


def drafts_folder() -> Path:
    """Where drafts that an administrator put on this machine lie: `drafts` under the instance folder."""
    return documents.settings_in_use().instance / "drafts"


def lying_drafts() -> tuple[str, ...]:
    """The names of the folders there that hold a version."""
    place = drafts_folder()
    return tuple(sorted(path.parent.name for path in place.glob(f"*/{MANIFEST}"))) if place.is_dir() else ()


def bring_folder(w: Work, name: str, *, product: str | None = None, called: str | None = None) -> ModelVersionRow:
    """Registers a draft that lies on this machine, by the name of its folder. Raises InvalidInput, Conflict."""
    w.actor.require(Role.RISK_MANAGER)
    if name not in lying_drafts():
        raise InvalidInput({"folder": Text("There is no draft {name} on this machine", name=name)})
    return _register(w, drafts_folder() / name, "folder", product, called)


def bring_archive(w: Work, data: bytes, *, product: str | None = None, called: str | None = None) -> ModelVersionRow:
    """Registers a draft from a zip of its folder. Raises InvalidInput for anything else, Conflict for a taken name."""
    w.actor.require(Role.RISK_MANAGER)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "draft"
        unpack_draft(data, folder)
        return _register(w, folder, "archive", product, called)


def _register(w: Work, folder: Path, field: str, product: str | None, called: str | None) -> ModelVersionRow:
    try:
        return register_version(w, folder, product=product, name=called)
    except ModelUnavailable as error:
        raise InvalidInput(
            {field: Text("This draft cannot be used: {reason}", reason=error.message.replace(f"{folder}/", ""))}
        ) from error


def unpack_draft(data: bytes, folder: Path) -> None:
    """Writes the files of the one version in a zip into a new folder; what does not belong to it stays behind.

    Raises InvalidInput when it is no zip, holds no version or several, or unpacks to more than a version can be.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = [PurePosixPath(info.filename) for info in archive.infolist()]
            roots = [path.parent for path in found if path.name == MANIFEST and "__MACOSX" not in path.parts]
            if len(roots) != 1:
                text = Text("The zip must hold the folder of one version, with its {file}; it holds {n}",
                            file=MANIFEST, n=len(roots))  # fmt: skip
                raise InvalidInput({"archive": text})
            _write(archive, roots[0], folder)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise InvalidInput(
            {"archive": Text("This is not a whole zip file without a password ({reason})", reason=error)}
        ) from error


def _write(archive: zipfile.ZipFile, root: PurePosixPath, folder: Path) -> None:
    taken = {}
    for info in archive.infolist():
        path = PurePosixPath(info.filename)
        if not info.is_dir() and path.parts[: len(root.parts)] == root.parts:
            taken[str(path.relative_to(root))] = info
    if len(taken) > ENTRIES_MOST or sum(info.file_size for info in taken.values()) > BYTES_MOST:
        raise InvalidInput({"archive": Text("The zip holds more than a version has")})
    wanted = {MANIFEST, *MODEL_CARDS.values()} | _listed(archive.read(taken[MANIFEST]))
    folder.mkdir(parents=True)
    for name, info in taken.items():
        plot = name.startswith(f"{PLOTS}/") and _PLAIN.fullmatch(name.removeprefix(f"{PLOTS}/"))
        if name in wanted or plot:
            target = folder / name
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(archive.read(info))


def _listed(manifest: bytes) -> set[str]:
    """The files the manifest names, as long as they are plain names."""
    try:
        files = json.loads(manifest)["files"]
        return {name for name in files if _PLAIN.fullmatch(name)}
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInput({"archive": Text("{file} is damaged", file=MANIFEST)}) from error
