"""Scores a file of applications, in chunks, in order: one row out per row in."""

from __future__ import annotations

import csv
import gzip
import io
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from core.domain.errors import InvalidInput
from core.domain.texts import Text
from scoring.domain.columns import ColumnRole
from scoring.domain.version import Version
from scoring.steps.evaluate import count_unknown
from scoring.steps.read_sample import Sample, read_chunks


def apply(
    version: Version, data: Path, out: Path, progress: Callable[[int], None] = lambda _rows: None
) -> dict[str, int]:
    """Writes `out` with the id columns, score, pd, grade, reason_1..reason_4, baseline and contribution_<feature>.

    A contribution is in points against the baseline, so that baseline + contributions = score in every row. Returns
    the number of unknown categories by feature. A failed run leaves no file; an existing one is replaced at the end.
    Raises InvalidInput naming column and row.
    """
    if out.resolve() == data.resolve():
        raise InvalidInput({"out": Text("The output would overwrite the data")})
    if out.is_dir():
        raise InvalidInput({"out": Text("{path} is a folder", path=out)})
    out.parent.mkdir(parents=True, exist_ok=True)
    terms = version.card.terms
    handle, name = tempfile.mkstemp(prefix=f".{out.name}.", dir=out.parent)
    unknown: dict[str, int] = {}
    done = 0
    try:
        with os.fdopen(handle, "wb") as raw, _text(raw, zipped=out.suffix == ".gz") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            for chunk in read_chunks(data):
                ids = [c.name for c in version.schema.columns if c.role is ColumnRole.ID and c.name in chunk.columns]
                if not done:
                    writer.writerow([*ids, *_header(terms.names)])
                _write_chunk(writer, version, chunk, ids)
                for feature, count in count_unknown(terms.features, chunk).items():
                    unknown[feature] = unknown.get(feature, 0) + count
                done += chunk.rows
                progress(done)
        Path(name).chmod(0o644)
        os.replace(name, out)
    finally:
        Path(name).unlink(missing_ok=True)
    return unknown


def _text(raw: io.BufferedWriter, *, zipped: bool) -> io.TextIOWrapper:
    target = gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") if zipped else raw
    return io.TextIOWrapper(target, encoding="utf-8", newline="")


def _header(names: tuple[str, ...]) -> list[str]:
    return ["score", "pd", "grade", "reason_1", "reason_2", "reason_3", "reason_4", "baseline",
            *(f"contribution_{name}" for name in names)]  # fmt: skip


def _write_chunk(writer: Any, version: Version, chunk: Sample, ids: list[str]) -> None:
    card = version.card
    terms = card.terms
    scored = card.score_rows(chunk.matrix(terms.features))
    shown = printer(terms.scale.decimals)
    grades = {int(score): terms.grade_of(int(score)) for score in np.unique(scored.score)}
    names = [*terms.names, ""]
    base = np.asarray(terms.baseline.ticks)[:, None]
    contributions = [[shown(t) for t in part] for part in (scored.ticks - base).tolist()]
    baseline = shown(terms.baseline.score)
    scores = scored.score.tolist()
    writer.writerows(
        zip(
            *(chunk.columns[name] for name in ids),
            (shown(score) for score in scores),
            (format(pd, ".9g") for pd in scored.pd.tolist()),
            (grades[score] for score in scores),
            *([names[at] for at in place] for place in scored.reasons.tolist()),
            (baseline for _ in scores),
            *contributions,
            strict=True,
        )
    )


def printer(decimals: int) -> Callable[[int], str]:
    """Ticks as printed points, remembered: a card prints few distinct numbers."""
    known: dict[int, str] = {}

    def show(ticks: int) -> str:
        text = known.get(ticks)
        if text is None:
            text = known[ticks] = format(ticks / 10**decimals, f".{decimals}f")
        return text

    return show
