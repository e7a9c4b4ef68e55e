"""The index of this process: built once per edition of the lists, replaced without a gap."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from origination.domain.screening.index import ScreeningIndex
from origination.domain.screening.party import ListedEntry

_SMALL = 5_000


class IndexStore:
    """Holds the newest finished index.

    A small list is indexed at once. For a large one the old index keeps answering while the new one is built beside
    it; only the very first search has to wait.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key: tuple[str, ...] | None = None
        self._index: ScreeningIndex | None = None
        self._building: tuple[str, ...] | None = None

    def get(self, key: tuple[str, ...], entries: Callable[[], Iterable[ListedEntry]]) -> ScreeningIndex:
        """The index for these editions (or, while that is being built, the one before)."""
        with self._lock:
            if self._index is not None and key in {self._key, self._building}:
                return self._index
            found = list(entries())
            if self._index is None or len(found) <= _SMALL:
                self._index, self._key = ScreeningIndex(found), key
                return self._index
            self._building = key
            threading.Thread(target=self._build, args=(key, found), daemon=True, name="screening-index").start()
            return self._index

    def _build(self, key: tuple[str, ...], entries: list[ListedEntry]) -> None:
        index = ScreeningIndex(entries)
        with self._lock:
            self._index, self._key, self._building = index, key, None


INDEXES = IndexStore()
