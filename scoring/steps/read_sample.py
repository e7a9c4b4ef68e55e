"""Reads data files for training, evaluation and batch scoring: CSV, plain or gzipped, in chunks of rows."""

from __future__ import annotations

import contextlib
import csv
import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.domain.errors import InvalidInput
from core.domain.texts import Text
from scoring.domain.columns import DataSchema, Feature, parse_number

CHUNK = 100_000


@dataclass(frozen=True)
class Sample:
    """Columns of texts by name; `first_row` is the number of the first row (1 = the first under the header)."""

    columns: dict[str, list[str]]
    rows: int
    first_row: int = 1

    def column(self, name: str) -> list[str]:
        """The column, or InvalidInput naming it."""
        if name not in self.columns:
            raise InvalidInput({name: Text("The data have no column {name}", name=name)})
        return self.columns[name]

    def matrix(self, features: Sequence[Feature]) -> list[np.ndarray]:
        """Encoded values by feature. Raises InvalidInput naming column and row."""
        missing = [f.name for f in features if f.name not in self.columns]
        if missing:
            raise InvalidInput({name: Text("The data have no column {name}", name=name) for name in missing})
        return [feature.encode_column(self.columns[feature.name], self.first_row) for feature in features]

    def outcome(self, target: str) -> np.ndarray:
        """The outcome as 0.0 and 1.0. Raises InvalidInput for anything else, naming the row or the values found."""
        return read_outcome(target, self.column(target), self.first_row)


_TRUTH = {"true": 1.0, "false": 0.0}


def read_outcome(target: str, raw: Sequence[str], first_row: int = 1) -> np.ndarray:
    """Texts of a target column (0 and 1, false and true) as 0.0 and 1.0. Raises InvalidInput."""
    distinct = set(raw)
    numbers = {text: _TRUTH.get(text.strip().lower(), parse_number(text)) for text in distinct}
    for offset, text in enumerate(raw):
        number = numbers[text]
        if number is None or number != number:  # noqa: PLR0124  (NaN)
            raise InvalidInput(
                {target: Text("row {row}: the outcome is {value}; it must be 0 (good) or 1 (bad)",
                              row=first_row + offset, value=repr(text)[:40])}
            )  # fmt: skip
        if number not in (0.0, 1.0):
            shown = ", ".join(sorted(distinct, key=lambda t: (numbers[t] is None, numbers[t] or 0))[:8])
            raise InvalidInput(
                {target: Text("row {row}: the outcome is {value}; it must be 0 (good) or 1 (bad), found: {values}",
                              row=first_row + offset, value=text, values=shown)}
            )  # fmt: skip
    return np.array([numbers[text] for text in raw], dtype=np.float64)


def read_sample(path: Path) -> Sample:
    """The whole file. Raises InvalidInput naming the row for a broken one, and for an empty file."""
    chunks = list(read_chunks(path))
    first = chunks[0]
    for later in chunks[1:]:
        for name, values in later.columns.items():
            first.columns[name].extend(values)
    return Sample(first.columns, sum(chunk.rows for chunk in chunks))


def read_chunks(path: Path, size: int = CHUNK) -> Iterator[Sample]:
    """The file in chunks of `size` rows, in order. Raises InvalidInput as `read_sample` does."""
    if not path.is_file():
        raise InvalidInput({"data": Text("There is no file {path}", path=path)})
    if is_parquet(path):
        yield from _parquet_texts(path, size)
        return
    row = 0
    try:
        with _open(path) as stream:
            reader = csv.reader(_without_zeros(stream), delimiter=delimiter_of(path), strict=True)
            names = _header(next(reader, []), path)
            width = len(names)
            block: list[list[str]] = []
            started = 1
            for record in reader:
                if not record:
                    continue
                row += 1
                if len(record) != width:
                    raise InvalidInput(
                        {"data": Text("row {row} of {path} has {found} fields, the header has {wanted}",
                                      row=row, path=path.name, found=len(record), wanted=width)}
                    )  # fmt: skip
                block.append(record)
                if len(block) == size:
                    yield _chunk(names, block, started)
                    started, block = row + 1, []
            if block:
                yield _chunk(names, block, started)
    except (UnicodeDecodeError, _ZeroByteError) as error:
        raise _not_utf8(path) if isinstance(error, UnicodeDecodeError) else _no_text(path) from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise InvalidInput(
            {"data": Text("{path}: the gzip file is damaged or cut off after row {row}", path=path.name, row=row)}
        ) from None
    except csv.Error as error:
        raise InvalidInput(
            {"data": Text("{path}: row {row} is not CSV ({reason})", path=path.name, row=row + 1, reason=error)}
        ) from None
    if row == 0:
        raise InvalidInput({"data": Text("{path} has no rows under its header", path=path.name)})


class _ZeroByteError(Exception):
    """A line holds a zero byte."""


def _without_zeros(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if "\0" in line:
            raise _ZeroByteError
        yield line


def _not_utf8(path: Path) -> InvalidInput:
    """Which column and row the first bytes stand in that are not UTF-8."""
    with path.open("rb") as probe:
        if probe.read(2) in {b"\xff\xfe", b"\xfe\xff"}:
            return InvalidInput({"data": Text("{path} is UTF-16; save the file as CSV UTF-8", path=path.name)})
    found = _first_field(path, lambda value: any("\udc80" <= letter <= "\udcff" for letter in value))
    if found is None:
        return InvalidInput({"data": Text("{path} is not UTF-8; save the file as CSV UTF-8", path=path.name)})
    field, row, value = found
    shown = value.encode("utf-8", "surrogateescape").decode("latin-1")[:40]
    if not row:
        text = Text("row 0, the header: {value} is not UTF-8; save the file as CSV UTF-8", value=shown)
        return InvalidInput({"data": text})
    text = Text("row {row}: {value} is not UTF-8; save the file as CSV UTF-8", row=row, value=shown)
    return InvalidInput({field: text})


def _no_text(path: Path) -> InvalidInput:
    """Which column and row the first zero byte stands in."""
    field, row, value = _first_field(path, lambda value: "\0" in value) or ("data", 0, "")
    shown = value.replace("\0", "\N{SYMBOL FOR NULL}")[:40]
    if not row:
        text = Text("row 0, the header: {value} holds a zero byte: the file is damaged, or no CSV", value=shown)
        return InvalidInput({"data": text})
    text = Text("row {row}: {value} holds a zero byte: the file is damaged, or no CSV", row=row, value=shown)
    return InvalidInput({field: text})


def _first_field(path: Path, is_wrong: Callable[[str], bool]) -> tuple[str, int, str] | None:
    """(column, row, value) of the first field that is wrong; row 0 is the header."""
    with _open(path, errors="surrogateescape") as stream, contextlib.suppress(csv.Error):
        names: list[str] = []
        row = 0
        for record in csv.reader(stream, delimiter=delimiter_of(path)):
            for at, value in enumerate(record):
                if is_wrong(value):
                    return names[at] if at < len(names) else "data", row, value
            names = names or [name.strip() for name in record]
            row += bool(record)
    return None


def is_parquet(path: Path) -> bool:
    """By the mark the file starts with."""
    with path.open("rb") as probe:
        return probe.read(4) == b"PAR1"


def _parquet_texts(path: Path, size: int) -> Iterator[Sample]:
    """A Parquet file as the texts a CSV file would hold."""
    from scoring.steps.frames import read_frames

    for frame in read_frames(path, size):
        columns = {
            name: ["" if value is None else str(value) for value in column.to_pylist()]
            for name, column in frame.columns.items()
        }
        yield Sample(columns, frame.rows, frame.first_row)


def _chunk(names: list[str], block: list[list[str]], started: int) -> Sample:
    return Sample(
        {name: list(values) for name, values in zip(names, zip(*block, strict=True), strict=True)}, len(block), started
    )


def _open(path: Path, errors: str = "strict") -> io.TextIOWrapper:
    with path.open("rb") as probe:
        zipped = probe.read(2) == b"\x1f\x8b"
    raw = gzip.open(path, "rb") if zipped else path.open("rb")  # noqa: SIM115  (closed with the wrapper)
    return io.TextIOWrapper(raw, encoding="utf-8-sig", errors=errors, newline="")


def delimiter_of(path: Path) -> str:
    """The mark the header uses most of , ; tab and |."""
    with _open(path, errors="surrogateescape") as stream:
        line = stream.readline()
    return max(",;\t|", key=lambda mark: (line.count(mark), mark == ","))


def _header(names: list[str], path: Path) -> list[str]:
    cleaned = [name.strip() for name in names]
    if not any(cleaned):
        raise InvalidInput({"data": Text("{path} has no header line", path=path.name)})
    twins = sorted({name for name in cleaned if cleaned.count(name) > 1})
    if twins:
        raise InvalidInput(
            {name: Text("The column {name} occurs twice in {path}", name=name, path=path.name) for name in twins}
        )
    return cleaned


def read_schema(path: Path, *, data: Path | None = None) -> DataSchema:
    """A schema file. Raises InvalidInput saying what is wrong with it."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise InvalidInput({"schema": Text("There is no file {path}", path=path)}) from None
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError, IsADirectoryError) as error:
        raise InvalidInput({"schema": Text("{path} is not JSON: {reason}", path=path.name, reason=error)}) from None
    return DataSchema.from_json(raw, file=data.name if data else "")


def fingerprint(path: Path) -> str:
    """SHA-256 of the file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
