"""The one compiled loop: adding up tables for many rows. Imported only when there are many."""

from __future__ import annotations

import numba
import numpy as np

BLOCK = 512  # rows whose places and sums stay in the nearest cache


@numba.njit(parallel=True, cache=True)
def sum_tables(
    places: np.ndarray, codes: np.ndarray, values: np.ndarray, slots: np.ndarray, nowhere: int, out: np.ndarray
) -> None:
    """Adds to `out` (features, rows) the contributions of rows given by their places (features, rows) in `codes`.

    `codes` is (parts, places) here, so that a part's codes and values stay in the cache while it runs over a block.
    """
    rows = places.shape[1]
    parts, width = slots.shape
    patterns = values.shape[0] // max(parts, 1)
    for block in numba.prange((rows + BLOCK - 1) // BLOCK):
        first = block * BLOCK
        size = min(BLOCK, rows - first)
        at = np.empty(BLOCK, dtype=np.int64)
        for part in range(parts):
            start = part * patterns
            for row in range(size):
                at[row] = start
            for slot in range(width):
                feature = slots[part, slot]
                if feature == nowhere:
                    break
                for row in range(size):
                    at[row] += codes[part, places[feature, first + row]]
            for slot in range(width):
                feature = slots[part, slot]
                if feature == nowhere:
                    break
                for row in range(size):
                    out[feature, first + row] += values[at[row], slot]
