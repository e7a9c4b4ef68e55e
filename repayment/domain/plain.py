"""Frozen values of the domain as JSON-ready data and back: how terms and requests lie in the database."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from core.domain.money import Money

T = TypeVar("T")


def to_plain(value: Any) -> Any:
    """JSON-ready: Money as `["12.34", "EUR"]`, dates ISO, decimals as text, sets sorted, dataclasses as objects."""
    if isinstance(value, Money):
        return [str(value), value.currency]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str | Decimal | UUID):
        return str(value)
    if isinstance(value, tuple | list | frozenset | set):
        items = [to_plain(item) for item in value]
        return items if isinstance(value, tuple | list) else sorted(items)
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if is_dataclass(value):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    return value


def from_plain(kind: type[T], data: Any) -> T:
    """The inverse of `to_plain` for a dataclass; keys it does not know raise TypeError, absent ones take defaults."""
    found: T = _read(kind, data)
    return found


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _read(kind: Any, data: Any) -> Any:
    origin = get_origin(kind)
    if origin is Union or origin is types.UnionType:
        if data is None:
            return None
        kind = next(part for part in get_args(kind) if part is not type(None))
        return _read(kind, data)
    if origin in {tuple, frozenset}:
        return origin(_read(get_args(kind)[0], item) for item in data)
    if origin is not None:
        return data
    return _read_plain_type(kind, data)


def _read_plain_type(kind: Any, data: Any) -> Any:
    if kind is Money:
        return Money.of(data[0], data[1])
    if kind is date:
        return date.fromisoformat(data)
    if kind in {Decimal, UUID} or (isinstance(kind, type) and issubclass(kind, StrEnum)):
        return kind(data)
    if is_dataclass(kind):
        hints = _hints(kind)  # type: ignore[arg-type]
        return kind(**{name: _read(hints[name], item) for name, item in data.items()})  # type: ignore[operator]
    return data
