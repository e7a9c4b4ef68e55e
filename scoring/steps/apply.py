"""Scores a file of applications, in chunks, in order: one row out per row in. CSV or Parquet, either way."""

from __future__ import annotations

import csv
import gzip
import io
import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.domain.errors import InvalidInput
from core.domain.texts import Text
from scoring.domain.card import ScoredRows
from scoring.domain.columns import ColumnRole, ColumnType
from scoring.domain.deep import DeepCard
from scoring.domain.version import Version
from scoring.steps.evaluate import unknown_in
from scoring.steps.places import make_parent

if TYPE_CHECKING:
    from scoring.steps.frames import Frame

PARQUET = frozenset({".parquet", ".pq"})
MARK = b"promissory"  # key of the note in a Parquet file's metadata: which version scored which file


def apply(
    version: Version, data: Path, out: Path, progress: Callable[[int], None] = lambda _rows: None
) -> dict[str, int]:
    """Writes `out` with the id columns, score, pd, grade, reason_1..reason_4, baseline and contribution_<feature>.

    A contribution is in points against the baseline, so that baseline + contributions = score in every row. Returns
    the number of unknown categories by feature. A failed run leaves no file; an existing one is replaced at the end.
    Raises InvalidInput naming column and row.
    """
    from scoring.steps.frames import read_frames

    if out.resolve() == data.resolve():
        raise InvalidInput({"out": Text("The output would overwrite the data")})
    if out.is_dir():
        raise InvalidInput({"out": Text("{path} is a folder", path=out)})
    make_parent(out)
    terms = version.card.terms
    numbers = frozenset(feature.name for feature in terms.features if feature.type is ColumnType.NUMBER)
    unknown: dict[str, int] = {}
    done = 0
    writer_of = _parquet_writer if out.suffix.lower() in PARQUET else _csv_writer
    with _replacing(out) as fresh, writer_of(fresh, out, version) as write:
        for frame, scored, found in _score_frames(version, read_frames(data, numbers=numbers)):
            write(frame, scored)
            for feature, count in found.items():
                unknown[feature] = unknown.get(feature, 0) + count
            done += frame.rows
            progress(done)
    return unknown


def _score_frames(version: Version, frames: Iterator[Frame]) -> Iterator[tuple[Frame, ScoredRows, dict[str, int]]]:
    """Chunks scored in order, while the ones before are written and the ones behind are read.

    Two at a time for a table of points; the compiled loop of a deep card takes all cores by itself.
    """
    card = version.card
    ahead = 1 if isinstance(card, DeepCard) else 2

    def work(frame: Frame) -> tuple[Frame, ScoredRows, dict[str, int]]:
        columns = frame.matrix(card.terms.features)
        return frame, card.score_rows(columns), unknown_in(card.terms.features, columns)

    with ThreadPoolExecutor(ahead) as pool:
        waiting: deque[Future[tuple[Frame, ScoredRows, dict[str, int]]]] = deque()
        for frame in frames:
            waiting.append(pool.submit(work, frame))
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


@contextmanager
def _replacing(out: Path) -> Iterator[Path]:
    """A fresh file beside `out` that takes its place at the end, and is gone after a failure."""
    handle, name = tempfile.mkstemp(prefix=f".{out.name}.", dir=out.parent)
    os.close(handle)
    fresh = Path(name)
    try:
        yield fresh
        fresh.chmod(0o644)
        os.replace(fresh, out)
    finally:
        fresh.unlink(missing_ok=True)


def _ids(version: Version, frame: Frame) -> list[str]:
    return [c.name for c in version.schema.columns if c.role is ColumnRole.ID and c.name in frame.columns]


def _header(names: tuple[str, ...]) -> list[str]:
    return ["score", "pd", "grade", "reason_1", "reason_2", "reason_3", "reason_4", "baseline",
            *(f"contribution_{name}" for name in names)]  # fmt: skip


@contextmanager
def _csv_writer(fresh: Path, out: Path, version: Version) -> Iterator[Callable[[Frame, ScoredRows], None]]:
    with fresh.open("wb") as raw:
        zipped = out.suffix == ".gz"
        target: Any = gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="", compresslevel=6) if zipped else raw
        with io.TextIOWrapper(target, encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            started = False

            def write(frame: Frame, scored: ScoredRows) -> None:
                nonlocal started
                ids = _ids(version, frame)
                if not started:
                    writer.writerow([*ids, *_header(version.card.terms.names)])
                    started = True
                _write_csv(writer, version, frame, scored, ids)

            yield write


def _write_csv(writer: Any, version: Version, frame: Frame, scored: ScoredRows, ids: list[str]) -> None:
    terms = version.card.terms
    shown = printer(terms.scale.decimals)
    grades = {int(score): terms.grade_of(int(score)) for score in np.unique(scored.score)}
    names = [*terms.names, ""]
    base = np.asarray(terms.baseline.ticks)[:, None]
    contributions = [[shown(t) for t in part] for part in (scored.ticks - base).tolist()]
    baseline = shown(terms.baseline.score)
    scores = scored.score.tolist()
    writer.writerows(
        zip(
            *(["" if v is None else v for v in frame.columns[name].to_pylist()] for name in ids),
            (shown(score) for score in scores),
            (format(pd, ".9g") for pd in scored.pd.tolist()),
            (grades[score] for score in scores),
            *([names[at] for at in place] for place in scored.reasons.tolist()),
            (baseline for _ in scores),
            *contributions,
            strict=True,
        )
    )


@contextmanager
def _parquet_writer(fresh: Path, out: Path, version: Version) -> Iterator[Callable[[Frame, ScoredRows], None]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    opened: list[pq.ParquetWriter] = []

    def write(frame: Frame, scored: ScoredRows) -> None:
        table = _table(version, frame, scored)
        if not opened:
            schema = table.schema.with_metadata({MARK: version.sha256.encode()})
            opened.append(pq.ParquetWriter(fresh, schema, compression="zstd", compression_level=1))
        opened[0].write_table(table.cast(opened[0].schema))

    assert out.suffix.lower() in PARQUET
    try:
        yield write
    except pa.ArrowException as error:
        raise InvalidInput(
            {"data": Text("A column changes its type within the file ({reason})", reason=error)}
        ) from error
    finally:
        for writer in opened:
            writer.close()


def _table(version: Version, frame: Frame, scored: ScoredRows) -> Any:
    import pyarrow as pa

    terms = version.card.terms
    tick = float(terms.scale.tick)
    base = np.asarray(terms.baseline.ticks)
    starts = np.asarray([grade.ticks_min for grade in terms.grades[:-1]], dtype=np.int64)
    grades = (scored.score[None, :] < starts[:, None]).sum(axis=0).astype(np.int8)
    names = pa.array(terms.names)
    columns = {name: frame.columns[name] for name in _ids(version, frame)}
    columns["score"] = pa.array(scored.score / tick)
    columns["pd"] = pa.array(scored.pd)
    columns["grade"] = pa.DictionaryArray.from_arrays(pa.array(grades), pa.array([g.name for g in terms.grades]))
    for place, told in enumerate(scored.reasons):
        columns[f"reason_{place + 1}"] = pa.DictionaryArray.from_arrays(pa.array(told, mask=told < 0), names)
    columns["baseline"] = pa.array(np.full(frame.rows, terms.baseline.score / tick))
    for at, name in enumerate(terms.names):
        columns[f"contribution_{name}"] = pa.array((scored.ticks[at] - base[at]) / tick)
    return pa.table(columns)


def printer(decimals: int) -> Callable[[int], str]:
    """Ticks as printed points, remembered: a card prints few distinct numbers."""
    known: dict[int, str] = {}

    def show(ticks: int) -> str:
        text = known.get(ticks)
        if text is None:
            text = known[ticks] = format(ticks / 10**decimals, f".{decimals}f")
        return text

    return show
