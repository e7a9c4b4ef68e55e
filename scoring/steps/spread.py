"""A folder of files scored part by part: on this machine one after the other, or on the workers of a Dask cluster.

A part is one file. Its output takes its place whole or not at all and names the version and the file it was made from,
so that a part that is done is known, a part lost with its worker is simply done again, and no row is scored twice.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from core.domain.errors import InvalidInput, LendingError
from core.domain.texts import Text
from scoring.domain.version import Version, open_version
from scoring.steps.places import make_parent

RETRIES = 3
ENDINGS = (".csv", ".csv.gz", ".parquet", ".pq")
Progress = Callable[[int, int, int], None]  # parts done, parts, rows so far


@dataclass(frozen=True, slots=True)
class Part:
    """One file of the folder and what becomes of it."""

    data: Path
    out: Path

    @property
    def note(self) -> Path:
        """Beside the output: what it was made from."""
        return self.out.with_name(f".{self.out.name}.done")


@dataclass(frozen=True, slots=True)
class Spread:
    """What a run did: rows in all, parts scored now, parts that were done before, unknown categories by feature."""

    rows: int
    scored: int
    known: int
    unknown: dict[str, int]


def apply_parts(
    version: Version, data: Path, out: Path, *, cluster: str | None = None,
    progress: Progress = lambda _done, _parts, _rows: None,
) -> Spread:  # fmt: skip
    """Scores every CSV and Parquet file of `data` into a Parquet file of the same name in `out`.

    `cluster` is the address of a Dask scheduler whose workers see both folders and the version's; without it the parts
    are done here. Raises InvalidInput for a folder without files or a part that cannot be read, when the others are
    done.
    """
    parts = list_parts(data, out)
    make_parent(out / "part")
    known = {part: note for part in parts if (note := _done(part, version)) is not None}
    todo = [part for part in parts if part not in known]
    rows = sum(note["rows"] for note in known.values())
    unknown: dict[str, int] = {}
    failed: dict[str, Any] = {}
    for count, (part, found) in enumerate(_run(version, todo, cluster), start=1):
        if "error" in found:
            failed[part.data.name] = found["error"]
            continue
        rows += found["rows"]
        for feature, times in found["unknown"].items():
            unknown[feature] = unknown.get(feature, 0) + times
        progress(len(known) + count, len(parts), rows)
    for part in todo:  # what a worker that died was writing
        for left in out.glob(f".{part.out.name}.*"):
            if left != part.note:
                left.unlink(missing_ok=True)
    if failed:
        raise InvalidInput(failed)
    return Spread(rows, len(todo), len(known), unknown)


def list_parts(data: Path, out: Path) -> list[Part]:
    """The files of a folder, by name, and where their scores go. Raises InvalidInput when there are none, or twins."""
    files = sorted(p for p in data.iterdir() if p.name.endswith(ENDINGS) and not p.name.startswith("."))
    if not files:
        raise InvalidInput({"data": Text("{path} holds no CSV or Parquet file", path=data)})
    if out.resolve() == data.resolve() or (out.exists() and not out.is_dir()):
        raise InvalidInput({"out": Text("{path} must be another folder than the data's", path=out)})
    parts = [Part(path, out / f"{path.name.split('.')[0]}.parquet") for path in files]
    twins = sorted({part.out.name for part in parts if [p.out for p in parts].count(part.out) > 1})
    if twins:
        raise InvalidInput({"data": Text("Two files of {path} would both become {name}", path=data, name=twins[0])})
    return parts


def _state(path: Path) -> list[int]:
    found = path.stat()
    return [found.st_size, found.st_mtime_ns]


def _done(part: Part, version: Version) -> dict[str, Any] | None:
    """The note of an earlier run, if the output is there and was made by this version from this very file."""
    try:
        note: dict[str, Any] = json.loads(part.note.read_text())
        same = note["sha256"] == version.sha256 and note["data"] == _state(part.data)
        return note if same and note["out"] == _state(part.out) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def score_part(folder: str, sha256: str, data: str, out: str) -> dict[str, Any]:
    """One part, on whatever machine: rows and unknown categories, or the error in words."""
    from scoring.steps.apply import apply

    part = Part(Path(data), Path(out))
    rows = 0

    def count(done: int) -> None:
        nonlocal rows
        rows = done

    try:
        version = open_version(Path(folder), sha256=sha256)
        state = _state(part.data)
        unknown = apply(version, part.data, part.out, count)
        note = {"sha256": sha256, "data": state, "out": _state(part.out), "rows": rows}
        part.note.write_text(json.dumps(note))
    except InvalidInput as error:
        return {"error": "; ".join(f"{name}: {' '.join(map(str, told))}" for name, told in error.fields.items())}
    except LendingError as error:
        return {"error": str(error.message)}
    return {"rows": rows, "unknown": unknown}


def _run(version: Version, parts: list[Part], cluster: str | None) -> Iterator[tuple[Part, dict[str, Any]]]:
    given = [
        (str(version.folder.resolve()), version.sha256, str(p.data.resolve()), str(p.out.resolve())) for p in parts
    ]
    if cluster is None:
        for part, arguments in zip(parts, given, strict=True):
            yield part, score_part(*arguments)
        return
    distributed: Any = import_dask()
    with distributed.Client(cluster) as client:  # as_completed asks for the current client
        futures = {
            client.submit(score_part, *arguments, pure=False, retries=RETRIES): part
            for part, arguments in zip(parts, given, strict=True)
        }
        for future in distributed.as_completed(futures):
            yield futures[future], future.result()


@contextmanager
def cluster_at(address: str | None) -> Iterator[str | None]:
    """The address itself, or for `local` that of a cluster of this machine's processors, closed at the end."""
    if address != "local":
        yield address
        return
    distributed = import_dask()
    with distributed.LocalCluster(
        n_workers=os.cpu_count() or 1, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        yield cluster.scheduler_address


def import_dask() -> Any:
    """`dask.distributed`, or InvalidInput that says how to get it."""
    try:
        return import_module("dask.distributed")
    except ImportError:
        raise InvalidInput(
            {"cluster": Text("Dask is not installed: uv pip install --require-hashes -r requirements-scale.txt")}
        ) from None
