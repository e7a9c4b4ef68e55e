"""The one compiled loop: adding up tables for many rows. Imported only when there are many."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(parallel=True, cache=True)
def sum_tables(
    cells: np.ndarray,
    codes: np.ndarray,
    starts: np.ndarray,
    values: np.ndarray,
    slots: np.ndarray,
    testers: np.ndarray,
    out: np.ndarray,
) -> None:
    """Adds to `out` (features, rows) the contributions of rows given by their rows of `codes`; see ShapTables."""
    rows = cells.shape[0]
    halves, width = slots.shape
    features = out.shape[0]
    block = 256
    for part in numba.prange((rows + block - 1) // block):
        total = np.zeros(features + 1)
        for row in range(part * block, min(rows, (part + 1) * block)):
            total[:] = 0.0
            for half in range(halves):
                at = starts[half]
                for slot in range(width):
                    feature = testers[half, slot]
                    if feature < 0:
                        break
                    at += codes[cells[row, feature], half]
                for slot in range(width):
                    feature = testers[half, slot]
                    if feature < 0:
                        break
                    total[feature] += values[at, slot]
            for feature in range(features):
                out[feature, row] = total[feature]
