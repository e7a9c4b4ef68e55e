"""What a page's form shows and what it sent: typed text kept as typed, read field by field, all errors at once."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from core.domain.errors import InvalidInput
from core.domain.money import Money, parse_amount
from core.domain.texts import Text

T = TypeVar("T")


@dataclass(slots=True)
class Form:
    """`values`: what was typed or stored; `errors`: field -> messages. The macros of layout/forms.html show both."""

    values: Mapping[str, Any] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)

    def add(self, name: str, message: str) -> None:
        """Puts a message at a field; `_` is the form as a whole."""
        self.errors.setdefault(name, []).append(message)

    def take(self, error: InvalidInput) -> None:
        """Puts the messages of a refused input at their fields."""
        for name, messages in error.fields.items():
            for message in messages:
                self.add(name, message)

    def read(self, reader: Callable[..., T], name: str, *args: Any, **options: Any) -> T | None:
        """`reader(values, name, ...)`; its complaint is kept at the field and None returned, so that all are read."""
        try:
            return reader(self.values, name, *args, **options)
        except InvalidInput as error:
            self.take(error)
            return None

    def check(self) -> None:
        """Raises InvalidInput when any field was refused."""
        if self.errors:
            raise InvalidInput(self.errors)


def _typed(values: Mapping[str, Any], name: str) -> str:
    return unicodedata.normalize("NFKC", str(values.get(name) or "")).strip()


def read_text(
    values: Mapping[str, Any], name: str, *, missing: str | None = None, longest: int = 200, too_long: str | None = None
) -> str:
    """The trimmed text. Raises InvalidInput with `missing` when empty (unless None), and when longer than `longest`."""
    text = _typed(values, name)
    if not text and missing is not None:
        raise InvalidInput({name: missing})
    if len(text) > longest:
        raise InvalidInput({name: too_long or Text("Use at most {n} characters", n=longest)})
    return text


def read_choice(values: Mapping[str, Any], name: str, offered: Any, *, missing: str | None = None) -> str | None:
    """One of the offered values. Raises InvalidInput for another, and for none unless `missing` is None."""
    text = _typed(values, name)
    if not text and missing is None:
        return None
    if text not in {str(value) for value in offered}:
        raise InvalidInput({name: missing or Text("Choose one of the answers")})
    return text


def read_money(
    values: Mapping[str, Any],
    name: str,
    currency: str,
    *,
    missing: str | None = None,
    low: Money | None = None,
    high: Money | None = None,
) -> Money | None:
    """The amount, as `parse_amount` understands it, within `low` and `high`. Raises InvalidInput otherwise."""
    text = _typed(values, name)
    if not text:
        if missing is None:
            return None
        raise InvalidInput({name: missing})
    found = parse_amount(text, currency, name)
    if low is not None and found < low:
        raise InvalidInput({name: Text("The amount must be {low} or more", low=low)})
    if high is not None and found > high:
        raise InvalidInput({name: Text("The amount must be {high} or less", high=high)})
    return found


def read_integer(
    values: Mapping[str, Any], name: str, *, missing: str | None = None, low: int | None = None, high: int | None = None
) -> int | None:
    """A whole number within bounds. Raises InvalidInput for anything else."""
    text = _typed(values, name).replace(",", "").replace(" ", "")
    if not text:
        if missing is None:
            return None
        raise InvalidInput({name: missing})
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise InvalidInput({name: Text("Enter a whole number, like 24")})
    found = int(text)
    if low is not None and found < low:
        raise InvalidInput({name: Text("Enter {low} or more", low=low)})
    if high is not None and found > high:
        raise InvalidInput({name: Text("Enter {high} or less", high=high)})
    return found


def read_percent(
    values: Mapping[str, Any], name: str, *, missing: str | None = None, high: int = 100
) -> Decimal | None:
    """`12.5` or `12.5 %` as the fraction 0.125, at most four decimals. Raises InvalidInput outside 0 to `high`."""
    text = _typed(values, name).removesuffix("%").strip()
    if not text:
        if missing is None:
            return None
        raise InvalidInput({name: missing})
    whole, _, part = text.partition(".")
    if not (whole + part).isascii() or not (whole + part).isdigit() or len(part) > 4 or len(whole) > 4 or not whole:
        raise InvalidInput({name: Text("Enter a percentage in digits, like 12.5")})
    found = Decimal(text)
    if found > high:
        raise InvalidInput({name: Text("Enter {high} % or less", high=high)})
    return found / 100


def read_date(
    values: Mapping[str, Any],
    name: str,
    *,
    missing: str | None = None,
    earliest: date | None = None,
    latest: date | None = None,
) -> date | None:
    """A day from the three boxes `name-day`, `name-month`, `name-year`, or an ISO date in `name`.

    Raises InvalidInput that names what is missing, impossible, or outside `earliest` and `latest`.
    """
    iso = _typed(values, name)
    boxes = {part: _typed(values, f"{name}-{part}") for part in ("day", "month", "year")}
    if iso and not any(boxes.values()):
        parts = iso.replace("/", "-").replace(".", "-").split("-")
        boxes = (
            dict(zip(("year", "month", "day"), parts, strict=True))
            if len(parts) == 3
            else {"year": iso, "month": "", "day": ""}
        )
    if not any(boxes.values()):
        if missing is None:
            return None
        raise InvalidInput({name: missing})
    if not all(boxes.values()):
        raise InvalidInput({name: Text("Enter day, month and year, like 27 3 1990")})
    found = _real_day(boxes, name)
    if earliest is not None and found < earliest:
        raise InvalidInput({name: Text("The date must be {earliest} or later", earliest=earliest)})
    if latest is not None and found > latest:
        raise InvalidInput({name: Text("The date must be {latest} or earlier", latest=latest)})
    return found


def _real_day(boxes: Mapping[str, str], name: str) -> date:
    if not all(text.isascii() and text.isdigit() for text in boxes.values()):
        raise InvalidInput({name: Text("Enter the date in digits, like 27 3 1990")})
    if len(boxes["year"]) != 4:
        raise InvalidInput({name: Text("The year must have four digits")})
    try:
        return date(int(boxes["year"]), int(boxes["month"]), int(boxes["day"]))
    except ValueError:
        raise InvalidInput({name: Text("There is no such day; check day and month")}) from None
