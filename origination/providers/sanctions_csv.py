"""A lender's own list: CSV with a header. Aliases, births, countries and identifiers are separated by `;`."""

from __future__ import annotations

import csv
import io

from core.domain.errors import InvalidInput
from core.domain.texts import Text
from origination.domain.screening.birth import parse_birth
from origination.domain.screening.party import ListedEntry, ListedName, PartyKind

_REQUIRED = ("id", "name", "kind")
_OPTIONAL = ("list", "aliases", "weak_aliases", "births", "countries", "identifiers", "programme", "remarks")


def _header(text: str) -> list[str]:
    return [cell.strip().lower() for cell in next(csv.reader(io.StringIO(text[:5_000])), [])]


def is_own(text: str) -> bool:
    """The header has at least id, name and kind."""
    return set(_REQUIRED) <= set(_header(text))


def parse(name: str, text: str) -> tuple[str, list[ListedEntry]]:
    """The list's name (column `list`, else the file's name) and its entries. Raises InvalidInput naming the line."""
    if text.count('"') % 2:
        raise InvalidInput({name: Text("The file ends in the middle of a line: it was not written to its end")})
    unknown = set(_header(text)) - {*_REQUIRED, *_OPTIONAL}
    if unknown:
        raise InvalidInput({name: Text("Unknown columns: {columns}", columns=", ".join(sorted(unknown)))})
    reader = csv.DictReader(io.StringIO(text), fieldnames=_header(text))
    next(reader)
    list_name = name.rsplit(".", 1)[0]
    out: list[ListedEntry] = []
    seen: set[str] = set()
    for number, row in enumerate(reader, start=2):
        if None in row or None in row.values():
            raise InvalidInput({name: Text("Line {number} has not as many columns as the header", number=number)})
        cells = {key: value.strip() for key, value in row.items()}
        list_name = cells.get("list") or list_name
        out.append(_entry(name, number, list_name, cells))
        if cells["id"] in seen:
            raise InvalidInput({name: Text("Entry {number} stands in the file twice", number=cells["id"])})
        seen.add(cells["id"])
    return list_name, out


def _entry(name: str, number: int, list_name: str, cells: dict[str, str]) -> ListedEntry:
    if not cells["id"] or not cells["name"]:
        raise InvalidInput({name: Text("Line {number} has no id or no name", number=number)})
    if cells["kind"] not in {"person", "company"}:
        raise InvalidInput({name: Text("Line {number}: the kind is person or company", number=number)})
    births = []
    for part in _parts(cells, "births"):
        birth = parse_birth(part)
        if birth is None:
            raise InvalidInput({name: Text("Line {number}: {part} is no date of birth", number=number, part=part)})
        births.append(birth)
    pairs = [
        (kind or "id", value) for kind, _, value in (part.rpartition(":") for part in _parts(cells, "identifiers"))
    ]
    return ListedEntry(
        list_name=list_name,
        entry_id=cells["id"],
        kind=PartyKind(cells["kind"]),
        names=(
            ListedName(cells["name"]),
            *(ListedName(alias) for alias in _parts(cells, "aliases")),
            *(ListedName(alias, weak=True) for alias in _parts(cells, "weak_aliases")),
        ),
        births=tuple(births),
        countries=tuple(_parts(cells, "countries")),
        identifiers=tuple(pairs),
        programme=cells.get("programme", ""),
        remarks=cells.get("remarks", ""),
    )


def _parts(cells: dict[str, str], column: str) -> list[str]:
    return [part.strip() for part in cells.get(column, "").split(";") if part.strip()]
