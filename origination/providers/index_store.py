"""The index of this process: loaded or built once per edition of the lists, replaced without a gap."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable
from functools import cache
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from origination.domain.screening import index as index_module
from origination.domain.screening.index import ScreeningIndex
from origination.domain.screening.party import ListedEntry

_SMALL = 5_000


@cache
def code_version() -> str:
    """A hash of the comparing code and its tables: an index built by other code is not used."""
    digest = hashlib.sha256()
    folder = Path(index_module.__file__).parent
    for path in sorted((*folder.glob("*.py"), *folder.glob("*.toml"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def pack_index(index: ScreeningIndex) -> bytes:
    """The arrays of an index as one compressed file; plain arrays only, nothing that executes."""
    out = BytesIO()
    np.savez_compressed(out, allow_pickle=False, **index.arrays())
    return out.getvalue()


def unpack_index(data: bytes, entries: Iterable[ListedEntry]) -> ScreeningIndex:
    """The index over the same entries again; built anew when the data cannot be read."""
    found = list(entries)
    try:
        with np.load(BytesIO(data), allow_pickle=False) as arrays:
            return ScreeningIndex(found, {name: arrays[name] for name in arrays.files})
    except (ValueError, KeyError, OSError, BadZipFile):
        return ScreeningIndex(found)


class IndexStore:
    """Holds the newest finished index.

    A small list is indexed at once. For a large one the old index keeps answering while the new one is loaded or built
    beside it; only the very first search has to wait.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key: tuple[str, ...] | None = None
        self._index: ScreeningIndex | None = None
        self._building: tuple[str, ...] | None = None

    def get(
        self,
        key: tuple[str, ...],
        entries: Callable[[], Iterable[ListedEntry]],
        saved: Callable[[], bytes | None] = lambda: None,
    ) -> ScreeningIndex:
        """The index for these editions (or, while that is being made, the one before).

        `saved` gives what a worker has built.
        """
        with self._lock:
            if self._index is not None and key in {self._key, self._building}:
                return self._index
            found = list(entries())
            data = saved()
            if self._index is None or len(found) <= _SMALL:
                self._index, self._key = _make(found, data), key
                return self._index
            self._building = key
            threading.Thread(target=self._build, args=(key, found, data), daemon=True, name="screening-index").start()
            return self._index

    def put(self, key: tuple[str, ...], index: ScreeningIndex) -> None:
        """Takes over an index that this process has just built."""
        with self._lock:
            self._index, self._key, self._building = index, key, None

    def _build(self, key: tuple[str, ...], entries: list[ListedEntry], data: bytes | None) -> None:
        index = _make(entries, data)
        with self._lock:
            if self._building == key:  # a still newer edition may have come meanwhile
                self._index, self._key, self._building = index, key, None


def _make(entries: list[ListedEntry], data: bytes | None) -> ScreeningIndex:
    return ScreeningIndex(entries) if data is None else unpack_index(data, entries)


INDEXES = IndexStore()
