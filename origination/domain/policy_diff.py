"""What differs between two policies: table by table, row by row, cell by cell, in the words of the text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from origination.domain.policy_text import ORDER, dump_value

_KEY = {
    "table": "name",
    "reason": "id",
    "override_reason": "id",
    "condition": "id",
    "exchange": "as_of",
    "case": "name",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: where (section, table, row, cell) and the value before and after; None: it was not there."""

    place: tuple[str, ...]
    before: str | None
    after: str | None

    @property
    def kind(self) -> str:
        """added, removed or changed."""
        return "added" if self.before is None else "removed" if self.after is None else "changed"


def diff_policies(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """Every difference between two raw policies, in the order of their sections."""
    found: list[Change] = []
    for section in ("version", *ORDER):
        if before.get(section) != after.get(section):
            found += _values((section,), before.get(section), after.get(section))
    return tuple(found)


def _values(place: tuple[str, ...], before: Any, after: Any) -> Iterator[Change]:
    if before == after:
        return
    if before is None or after is None:
        yield Change(place, _said(before), _said(after))
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys((*before, *after)):
            yield from _values((*place, str(name)), before.get(name), after.get(name))
    elif _listed(before) and _listed(after):
        yield from _rows(place, before, after)
    else:
        yield Change(place, _said(before), _said(after))


def _listed(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(v, Mapping) for v in value)


def _rows(place: tuple[str, ...], before: Any, after: Any) -> Iterator[Change]:
    key = _KEY.get(place[0]) if len(place) == 1 else "id" if place[-1] == "row" else None
    old, new = _named(before, key), _named(after, key)
    for name in dict.fromkeys((*old, *new)):
        yield from _values((*place, name), old.get(name), new.get(name))
    common_before = [name for name in old if name in new]
    common_after = [name for name in new if name in old]
    if common_before != common_after:
        yield Change((*place, "order"), ", ".join(common_before), ", ".join(common_after))


def _named(rows: Any, key: str | None) -> dict[str, Any]:
    return {str(row.get(key, at) if key else at + 1): row for at, row in enumerate(rows)}


def _said(value: Any) -> str | None:
    return None if value is None else value if isinstance(value, str) else dump_value(value)
