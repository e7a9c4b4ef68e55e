"""Large files in chunks of columns, CSV or Parquet, read by Apache Arrow and encoded as `read_sample` encodes texts.

Arrow reads many times faster than Python's csv. It never decides what a value means: texts it cannot turn into plain
numbers go through the features' own reader, and a file it refuses is read again slowly, to say which row is wrong.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from core.domain.errors import InvalidInput
from core.domain.texts import Text
from scoring.domain.columns import LARGEST, MISSING_NUMBER, ColumnType, Feature
from scoring.steps.read_sample import delimiter_of, is_parquet, read_chunks

CHUNK = 100_000
BLOCK_BYTES = 1 << 20  # small enough for the cache; blocks are put together again
NO_NUMBER = sorted({spelt for text in MISSING_NUMBER for spelt in (text, text.upper(), text.title())})
ORDINAL_1970 = 719_163  # date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Frame:
    """Columns by name as Arrow arrays; `first_row` is the number of the first row (1 = the first under the header)."""

    columns: dict[str, pa.Array]
    rows: int
    first_row: int = 1

    def matrix(self, features: Sequence[Feature]) -> list[np.ndarray]:
        """Encoded values by feature. Raises InvalidInput naming column and row."""
        missing = [f.name for f in features if f.name not in self.columns]
        if missing:
            raise InvalidInput({name: Text("The data have no column {name}", name=name) for name in missing})
        return [encode_array(feature, self.columns[feature.name], self.first_row) for feature in features]


def read_frames(path: Path, size: int = CHUNK, numbers: Collection[str] = ()) -> Iterator[Frame]:
    """The file in chunks of about `size` rows, in order. Raises InvalidInput naming the row for a broken one.

    Of a CSV file the columns `numbers` are read as numbers at once, as long as nothing else is found in them.
    """
    if not path.is_file():
        raise InvalidInput({"data": Text("There is no file {path}", path=path)})
    done = 0
    for plain in (numbers, ()) if numbers and not is_parquet(path) else ((),):
        try:
            seen = 0
            for batch in _batches(path, size, plain):
                rest = batch.slice(max(done - seen, 0))
                seen += batch.num_rows
                if rest.num_rows:
                    yield _frame(rest, done + 1)
                    done += rest.num_rows
            break
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            if is_parquet(path):
                reason = _first(error)
                raise InvalidInput(
                    {"data": Text("{path} is not a whole Parquet file ({reason})", path=path.name, reason=reason)}
                ) from None
            if not plain:
                yield from _slowly(path, size, done)
                return
    if not done:
        raise InvalidInput({"data": Text("{path} has no rows under its header", path=path.name)})


def _first(error: Exception) -> str:
    return str(error).split("\n", maxsplit=1)[0][:120]


def _slowly(path: Path, size: int, done: int) -> Iterator[Frame]:
    """The rows after `done` by Python's own reader, which names the row that is wrong."""
    seen = 0
    for chunk in read_chunks(path, size):
        skip = min(max(done - seen, 0), chunk.rows)
        if skip < chunk.rows:
            columns = {name: pa.array(values[skip:], pa.string()) for name, values in chunk.columns.items()}
            yield Frame(columns, chunk.rows - skip, seen + skip + 1)
        seen += chunk.rows


def _batches(path: Path, size: int, numbers: Collection[str]) -> Iterator[pa.RecordBatch]:
    if is_parquet(path):
        with pq.ParquetFile(path) as file:
            _refuse_twins(file.schema_arrow.names, path)
            yield from file.iter_batches(batch_size=size)
        return
    with path.open("rb") as probe:
        zipped = probe.read(2) == b"\x1f\x8b"
    names = _names(path)
    with pa.input_stream(str(path), compression="gzip" if zipped else None) as stream:
        reader = pacsv.open_csv(
            stream,
            read_options=pacsv.ReadOptions(block_size=BLOCK_BYTES, use_threads=True),
            parse_options=pacsv.ParseOptions(delimiter=delimiter_of(path), newlines_in_values=True),
            convert_options=pacsv.ConvertOptions(
                column_types={name: pa.float64() if name in numbers else pa.string() for name in names},
                null_values=NO_NUMBER,
                strings_can_be_null=False,
                check_utf8=True,
            ),
        )
        with contextlib.closing(reader):
            yield from _together(reader, size)


def _together(batches: Iterable[pa.RecordBatch], size: int) -> Iterator[pa.RecordBatch]:
    """Batches of about `size` rows from smaller ones."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        if sum(part.num_rows for part in held) >= size:
            yield pa.concat_batches(held)
            held = []
    if held:
        yield pa.concat_batches(held)


def _names(path: Path) -> list[str]:
    """The header as it stands in the file (names are stripped later, as read_chunks does)."""
    head = next(read_chunks(path, 1))  # says what is wrong with the header or the first row
    return [spelt for name in head.columns for spelt in (name, f" {name}", f"{name} ")]


def _refuse_twins(names: Sequence[str], path: Path) -> None:
    twins = sorted({name for name in names if list(names).count(name) > 1})
    if twins:
        raise InvalidInput(
            {name: Text("The column {name} occurs twice in {path}", name=name, path=path.name) for name in twins}
        )


def _frame(batch: pa.RecordBatch, first_row: int) -> Frame:
    columns = {name.strip(): column for name, column in zip(batch.schema.names, batch.columns, strict=True)}
    return Frame(columns, batch.num_rows, first_row)


def encode_array(feature: Feature, array: pa.Array, first_row: int = 1) -> np.ndarray:
    """An Arrow column as the numbers a card looks up. Raises InvalidInput naming column and row."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        array, kind = array.dictionary_decode(), kind.value_type
    if not feature.is_category:
        fast = _days(array, kind) if feature.type is ColumnType.DATE else _numbers(array, kind)
        if fast is not None:
            return feature.blank(fast)
    coded = array.dictionary_encode()
    texts = [_text(value) for value in coded.dictionary.to_pylist()]
    codes = pc.fill_null(coded.indices, len(texts)).to_numpy(zero_copy_only=False)
    try:
        known = feature.encode_column([*texts, ""])
    except InvalidInput:  # say in which row
        feature.encode_column([_text(value) for value in array.to_pylist()], first_row)
        raise
    return known[codes]


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _numbers(array: pa.Array, kind: pa.DataType) -> np.ndarray | None:
    """Plain numbers; None when a text among them needs a closer look or a value is not finite or too large."""
    try:
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            array = pc.cast(pc.if_else(pc.equal(array, ""), pa.scalar(None, kind), array), pa.float64())
        elif pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
            array = pc.cast(array, pa.float64(), safe=False)
        elif pa.types.is_boolean(kind):
            array = pc.cast(pc.cast(array, pa.int8()), pa.float64())
        elif pa.types.is_null(kind):
            return np.full(len(array), np.nan)
        else:
            return None
    except pa.ArrowInvalid:
        return None
    values = np.asarray(array.to_numpy(zero_copy_only=False), dtype=np.float64)
    return None if (np.abs(values) > LARGEST).any() else values


def _days(array: pa.Array, kind: pa.DataType) -> np.ndarray | None:
    """Day numbers of a column of dates or instants; None for texts."""
    if pa.types.is_null(kind):
        return np.full(len(array), np.nan)
    if not (pa.types.is_date(kind) or pa.types.is_timestamp(kind)):
        return None
    days = pc.cast(pc.cast(array, pa.date32()), pa.int32())
    return np.asarray(pc.cast(days, pa.float64()).to_numpy(zero_copy_only=False)) + ORDINAL_1970
