"""The tabulated values of a deep card as a file, so that opening a version does not tabulate its trees again.

NumPy's own .npz of plain arrays (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html), uncompressed
and read with pickles refused.
"""

from __future__ import annotations

import io
import zipfile
from typing import Any

import numpy as np

from core.domain.errors import ModelUnavailable
from scoring.domain.shapley import PATTERNS, ShapTables
from scoring.domain.trees import Grid

FORMAT = 1


def tables_to_bytes(tables: ShapTables) -> bytes:
    """The file; the same tables give the same bytes."""
    out = io.BytesIO()
    counts = np.array([len(grid.edges) for grid in tables.grids], dtype=np.int64)
    np.savez(
        out,
        format=np.array([FORMAT]),
        bias=np.array([tables.bias]),
        counts=counts,
        edges=np.array([edge for grid in tables.grids for edge in grid.edges], dtype=np.float64),
        thresholds=np.array([t for grid in tables.grids for t in grid.thresholds], dtype=np.float64),
        categories=np.array([grid.categories for grid in tables.grids], dtype=np.int64),
        codes=tables.codes,
        values=tables.values,
        slots=tables.slots,
    )
    return out.getvalue()


def tables_from_bytes(raw: bytes) -> ShapTables:
    """Reads what `tables_to_bytes` wrote. Raises ModelUnavailable for anything else."""
    try:
        with np.load(io.BytesIO(raw), allow_pickle=False) as found:
            return _read({name: found[name] for name in found.files})
    except (KeyError, ValueError, OSError, EOFError, IndexError, zipfile.BadZipFile) as error:
        raise ModelUnavailable(f"The file of tables is damaged ({type(error).__name__}: {error})") from error


def _read(found: dict[str, Any]) -> ShapTables:
    if found["format"][0] != FORMAT:
        raise ValueError(f"format {found['format'][0]}")
    edges, thresholds = found["edges"].tolist(), found["thresholds"].tolist()
    grids = []
    start = 0
    for count, categories in zip(found["counts"].tolist(), found["categories"].tolist(), strict=True):
        grids.append(Grid(tuple(edges[start : start + count]), tuple(thresholds[start : start + count]), categories))
        start += count
    codes, values, slots = found["codes"], found["values"], found["slots"]
    offsets = np.concatenate([[0], np.cumsum([grid.cells for grid in grids])]).astype(np.intp)
    if codes.shape != (offsets[-1], len(slots)) or values.shape != (len(slots) * PATTERNS, slots.shape[1]):
        raise ValueError("the arrays do not fit together")
    return ShapTables(float(found["bias"][0]), tuple(grids), codes, offsets[:-1], values, slots)
