"""What a data set says about its columns, and the one encoder of values that training and scoring share.

Numbers are float64, an unknown value is NaN. A category is its position in the feature's list of categories; a
category the training data did not have (or had too rarely) is the position after the last: the cell "any other".
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import numpy as np

from core.domain.errors import InvalidInput
from core.domain.money import Money, exponent
from core.domain.texts import Text

MISSING_NUMBER = frozenset({"", "na", "n/a", "nan", "null", "none", "#n/a", "?", ".", "-"})
MISSING_CATEGORY = frozenset({"", "nan", "null", "n/a", "#n/a"})
_WHOLE_AS_FLOAT = re.compile(r"(-?\d+)\.0+")
_GROUPED = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?")
# Only forms that cannot be misread: 03/04/2020 is refused, because it means two days. By length where digits run on.
_DATE_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y-%m", "%d-%b-%Y", "%d %b %Y", "%d-%b-%y", "%b-%Y", "%b-%y")
_DATE_DIGITS = {8: "%Y%m%d", 6: "%Y%m", 4: "%Y"}
_NAMES_OF_TYPES = {
    "num": "num", "number": "num", "float": "num", "numeric": "num", "real": "num", "int": "num", "integer": "num",
    "ord": "num", "ordinal": "num", "cat": "cat", "category": "cat", "categorical": "cat", "str": "cat",
    "string": "cat", "bool": "cat", "boolean": "cat", "binary": "cat", "date": "date", "datetime": "date",
}  # fmt: skip


LARGEST = 3.4028234663852886e38  # the largest number in single precision, in which trees compare
_SIGNS = {"-1": -1, "-1.0": -1, "0": 0, "0.0": 0, "1": 1, "+1": 1, "1.0": 1}


class ColumnType(StrEnum):
    """How the values of a column are read."""

    NUMBER = "num"
    CATEGORY = "cat"
    DATE = "date"


class ColumnRole(StrEnum):
    """When and for what a column may be used."""

    FEATURE = "feature"
    TARGET = "target"
    TIME = "time"
    ID = "id"
    OTHER = "other"
    POST = "post"
    LEAK = "leak"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a data set. `mono` is the expected sign of its effect on the PD: +1, -1, or 0 for none."""

    name: str
    type: ColumnType
    role: ColumnRole
    mono: int = 0
    protected: bool = False
    unit: str = ""
    description: str = ""
    is_ordinal: bool = False


@dataclass(frozen=True, slots=True)
class DataSchema:
    """One data set's columns and which of them is the outcome (1 = bad, 0 = good)."""

    target: str
    columns: tuple[Column, ...]
    segment: str = ""
    file: str = ""

    @property
    def features(self) -> tuple[Column, ...]:
        """What may enter a card: known at application and not protected."""
        return tuple(c for c in self.columns if c.role is ColumnRole.FEATURE and not c.protected)

    @property
    def protected(self) -> tuple[Column, ...]:
        """What only the fairness report looks at."""
        return tuple(c for c in self.columns if c.protected and c.role is not ColumnRole.TARGET)

    @property
    def time(self) -> Column | None:
        """The column an out-of-time test splits by: the first date, else the first with that role."""
        times = [c for c in self.columns if c.role is ColumnRole.TIME]
        return next((c for c in times if c.type is ColumnType.DATE), times[0] if times else None)

    def without(self, names: Sequence[str]) -> DataSchema:
        """The schema with the named features kept out of the card (their role becomes OTHER). Raises InvalidInput."""
        known = {c.name for c in self.columns}
        for name in names:
            if name not in known:
                raise InvalidInput({"exclude": Text("There is no column {name} in the schema", name=name)})
        return replace(
            self,
            columns=tuple(
                replace(c, role=ColumnRole.OTHER) if c.name in names and c.role is ColumnRole.FEATURE else c
                for c in self.columns
            ),
        )

    def to_json(self) -> dict[str, Any]:
        """The form `from_json` reads."""
        return {
            "target": self.target, "segment": self.segment, "file": self.file,
            "columns": [
                {"name": c.name, "type": "ord" if c.is_ordinal else c.type.value, "role": c.role.value,
                 "mono": c.mono, "protected": c.protected, "unit": c.unit, "desc": c.description}
                for c in self.columns
            ],
        }  # fmt: skip

    def with_labels(self, columns: Mapping[str, Sequence[str]]) -> tuple[DataSchema, tuple[str, ...]]:
        """The schema with ordinals that hold no number but labels read as categories, and the names of those."""
        labelled = tuple(c.name for c in self.features if c.is_ordinal and _only_labels(columns.get(c.name, ())))
        changed = tuple(
            replace(c, type=ColumnType.CATEGORY, mono=0, is_ordinal=False) if c.name in labelled else c
            for c in self.columns
        )
        return replace(self, columns=changed), labelled

    @classmethod
    def from_json(cls, raw: Any, *, file: str = "") -> DataSchema:
        """Reads one data set's entry, or a file of several entries when exactly one of them names `file`.

        Raises InvalidInput that names the column and says what is allowed.
        """
        entry = _entry(raw, file)
        columns = tuple(_column(position, item) for position, item in enumerate(entry["columns"]))
        _refuse_twins([c.name for c in columns])
        target = entry.get("target") or next((c.name for c in columns if c.role is ColumnRole.TARGET), "")
        if not target:
            raise InvalidInput({"target": Text("The schema names no target: give it, or the role target to a column")})
        if target not in {c.name for c in columns}:
            raise InvalidInput({"target": Text("The schema's target {name} is not among its columns", name=target)})
        columns = tuple(replace(c, role=ColumnRole.TARGET, mono=0) if c.name == target else c for c in columns)
        columns = tuple(
            replace(c, role=ColumnRole.LEAK) if c.role is ColumnRole.TARGET and c.name != target else c for c in columns
        )
        schema = cls(target, columns, str(entry.get("segment") or ""), str(entry.get("file") or ""))
        if not schema.features:
            raise InvalidInput({"columns": Text("No column has the role feature (protected ones are never used)")})
        return schema


def _entry(raw: Any, file: str) -> dict[str, Any]:
    if isinstance(raw, dict) and isinstance(raw.get("columns"), list):
        return raw
    entries = {k: v for k, v in raw.items() if isinstance(v, dict) and "columns" in v} if isinstance(raw, dict) else {}
    fitting = [v for k, v in entries.items() if file and file in {v.get("file"), k, f"{k}.csv", f"{k}.csv.gz"}]
    if len(fitting) == 1:
        return fitting[0]
    if len(entries) == 1:
        return next(iter(entries.values()))
    if entries:
        raise InvalidInput(
            {"schema": Text("The schema file holds several data sets ({names}) and none is {file}; give one entry",
                            names=", ".join(entries), file=file or "?")}
        )  # fmt: skip
    raise InvalidInput({"schema": Text("The schema must be an object with a list named columns")})


def _column(position: int, item: Any) -> Column:
    if isinstance(item, dict) and any("\0" in str(value) for value in item.values()):
        raise InvalidInput({"columns": Text("Column {n} of the schema holds a zero byte", n=position + 1)})
    if not isinstance(item, dict) or not str(item.get("name") or "").strip():
        raise InvalidInput({"columns": Text("Column {n} of the schema has no name", n=position + 1)})
    name = str(item["name"]).strip()
    type_ = _NAMES_OF_TYPES.get(str(item.get("type", "num")).lower())
    if type_ is None:
        raise InvalidInput({name: Text("type {type} is unknown; use num, int, ord, cat or date", type=item["type"])})
    role = str(item.get("role", "feature")).lower()
    if role not in set(ColumnRole):
        raise InvalidInput({name: Text("role {role} is unknown; use {roles}", role=role, roles=", ".join(ColumnRole))})
    mono = _SIGNS.get(str(item.get("mono") or "0").strip())
    if mono is None:
        raise InvalidInput({name: Text("mono is {mono}; use -1, 0 or 1", mono=repr(item["mono"])[:40])})
    return Column(
        name, ColumnType(type_), ColumnRole(role), 0 if type_ == "cat" else mono, bool(item.get("protected")),
        str(item.get("unit") or ""), str(item.get("desc") or ""), str(item.get("type")).lower().startswith("ord"),
    )  # fmt: skip


def _only_labels(values: Sequence[str]) -> bool:
    found = [parse_number(value) for value in set(values) if clean_category(value) is not None]
    return bool(found) and all(number is None for number in found)


def _refuse_twins(names: Sequence[str]) -> None:
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise InvalidInput({name: Text("The column {name} occurs twice", name=name) for name in twins})


@dataclass(frozen=True, slots=True)
class Feature:
    """One input of a card, as the trained version knows it. `categories` is empty for numbers.

    `missing_codes` are numbers that stand for "unknown" in the data, such as 98 among counts that end at 20.
    """

    name: str
    type: ColumnType
    mono: int = 0
    categories: tuple[str, ...] = ()
    unit: str = ""
    description: str = ""
    missing_codes: tuple[float, ...] = ()

    @property
    def is_category(self) -> bool:
        """True when values are codes without an order."""
        return self.type is ColumnType.CATEGORY

    @property
    def is_plain(self) -> bool:
        """True when every finite number means itself."""
        return not self.is_category and not self.missing_codes

    def blank(self, numbers: np.ndarray) -> np.ndarray:
        """The numbers with the codes for "unknown" as NaN."""
        return np.where(np.isin(numbers, self.missing_codes), np.nan, numbers) if self.missing_codes else numbers

    def known(self, value: Any) -> Any:
        """The value, None when it is a code for "unknown"."""
        return None if self.missing_codes and math.isnan(self.encode(value)) else value

    def encode(self, value: Any) -> float:
        """One value as the number the card looks up; NaN when unknown.

        Money counts in major units. Raises InvalidInput naming the feature for what is no number or not finite.
        """
        if value is None:
            return math.nan
        if self.is_category:
            label = clean_category("yes" if value is True else "no" if value is False else str(value))
            if label is None:
                return math.nan
            return float(self.categories.index(label) if label in self.categories else len(self.categories))
        if type(value) is float or type(value) is int:
            number = float(value)
        elif isinstance(value, Money):
            number = value.minor / 10 ** exponent(value.currency)
        elif isinstance(value, Decimal | np.integer | np.floating | bool):
            number = float(value)
        elif isinstance(value, date):
            number = float(value.toordinal())
        else:
            number = self._parse(str(value))
        if abs(number) > LARGEST:
            raise InvalidInput({self.name: Text("The value is not finite, or too large")})
        return math.nan if number in self.missing_codes else number

    def _parse(self, text: str) -> float:
        parsed = parse_date(text) if self.type is ColumnType.DATE else parse_number(text)
        if parsed is None:
            raise InvalidInput(
                {self.name: Text("{value} is not a {type}", value=repr(text)[:40], type=self.type.value)}
            )
        return parsed

    def encode_column(self, values: Sequence[str], first_row: int = 1) -> np.ndarray:
        """Texts of a file as numbers. Raises InvalidInput naming column and row (1 = the first under the header)."""
        if self.is_category:
            return self._encode_categories(values, first_row)
        return self.blank(number_column(self.name, self.type, values, first_row))

    def _encode_categories(self, values: Sequence[str], first_row: int) -> np.ndarray:
        position = {label: float(i) for i, label in enumerate(self.categories)}
        other = float(len(self.categories))
        known: dict[str, float] = {}
        for raw in set(values):
            if "\0" in raw:
                text = Text(
                    "row {row}: {value} holds a zero byte: the file is damaged, or no CSV",
                    row=first_row + values.index(raw),
                    value=raw.replace("\0", "\N{SYMBOL FOR NULL}")[:40],
                )
                raise InvalidInput({self.name: text})
            label = clean_category(raw)
            known[raw] = math.nan if label is None else position.get(label, other)
        return np.fromiter((known[raw] for raw in values), dtype=np.float64, count=len(values))


def clean_category(raw: str) -> str | None:
    """The label without surrounding space, `1.0` as `1`; None when it says "missing"."""
    label = raw.strip()
    whole = _WHOLE_AS_FLOAT.fullmatch(label)
    if whole:
        return whole.group(1)
    return None if label.lower() in MISSING_CATEGORY else label


def parse_number(text: str) -> float | None:
    """A number, NaN for the usual signs of a missing value, None for anything else. `1,234.5` is understood."""
    stripped = text.strip()
    if stripped.lower() in MISSING_NUMBER:
        return math.nan
    if _GROUPED.fullmatch(stripped):
        stripped = stripped.replace(",", "")
    if "_" in stripped:
        return None
    try:
        return float(stripped)
    except ValueError:
        return None


def parse_date(text: str) -> float | None:
    """Days since 0001-01-01 of an ISO date (time of day ignored), NaN when missing, None for anything else."""
    stripped = text.strip()
    if stripped.lower() in MISSING_NUMBER:
        return math.nan
    head = re.split(r"[T ](?=\d\d?:)", stripped, maxsplit=1)[0]
    digits = _DATE_DIGITS.get(len(head)) if head.isdigit() else None
    for form in (digits,) if digits else _DATE_FORMATS:
        try:
            return float(datetime.strptime(head, form).date().toordinal())  # noqa: DTZ007  (only the day is kept)
        except ValueError:
            continue
    return None


def number_column(name: str, type_: ColumnType, values: Sequence[str], first_row: int = 1) -> np.ndarray:
    """A column of numbers or dates. Raises InvalidInput naming column, row and value of the first that is neither."""
    if type_ is ColumnType.NUMBER:
        try:
            fast = np.array([value or "nan" for value in values], dtype=np.float64)
        except ValueError:
            fast = None
        if fast is not None and not (np.abs(fast) > LARGEST).any() and not any("_" in value for value in values):
            return fast
    parse = parse_date if type_ is ColumnType.DATE else parse_number
    known: dict[str, float | None] = {raw: parse(raw) for raw in set(values)}
    for offset, raw in enumerate(values):
        number = known[raw]
        if number is None:
            wanted = "a date like 2024-01-31" if type_ is ColumnType.DATE else "a number"
            raise InvalidInput(
                {
                    name: Text(
                        "row {row}: {value} is not {wanted}",
                        row=first_row + offset,
                        value=repr(raw)[:40],
                        wanted=wanted,
                    )
                }
            )
        if abs(number) > LARGEST:
            text = Text("row {row}: {value} is not finite, or too large", row=first_row + offset, value=raw[:40])
            raise InvalidInput({name: text})
    return np.array([known[raw] for raw in values], dtype=np.float64)


def learn_features(
    columns: Sequence[Column], values: Mapping[str, Sequence[str]], rare_below: int
) -> tuple[Feature, ...]:
    """The features of a training sample: for a category the labels with at least `rare_below` rows, commonest first.

    At most 200 labels are kept; ties are in label order, so that the same sample gives the same features.
    """
    features = []
    for column in columns:
        labels: tuple[str, ...] = ()
        if column.type is ColumnType.CATEGORY:
            counts: dict[str, int] = {}
            for raw in values[column.name]:
                label = clean_category(raw)
                if label is not None:
                    counts[label] = counts.get(label, 0) + 1
            common = sorted((label for label, n in counts.items() if n >= rare_below), key=lambda x: (-counts[x], x))
            labels = tuple(common[:200])
        features.append(Feature(column.name, column.type, column.mono, labels, column.unit, column.description))
    return tuple(features)
