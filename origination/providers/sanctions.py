"""Sanctions lists from files: recognised by their content, refused unless whole, turned into list entries."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from core.domain.errors import InvalidInput
from core.domain.texts import Text
from origination.domain.screening.party import ListedEntry
from origination.providers import sanctions_csv, sanctions_ofac, sanctions_un

BYTES_MAX = 300 * 1024 * 1024
SHRINK_MAX = 0.2


@dataclass(frozen=True, slots=True)
class LoadedList:
    """One edition of one list: what was in it, and what proves which edition it was.

    `sha256` is over the bytes of all its files in the order of their names; `edition_on` is the publisher's date where
    the file gives one; `counts` are entries by kind, `names` counts all names and aliases.
    """

    name: str
    entries: tuple[ListedEntry, ...]
    sha256: str
    edition_on: date | None
    counts: dict[str, int]
    names: int
    files: tuple[str, ...]


def refused(path: str, text: Text) -> InvalidInput:
    """The file is not used; the message names it."""
    return InvalidInput({path: text})


def load_files(paths: Sequence[Path]) -> tuple[LoadedList, ...]:
    """Reads one or more lists; the OFAC files sdn, alt and add belong together and may come in any order.

    Raises InvalidInput, naming the file, when one is missing, empty, too large, half-written, holds a DTD or entity
    declaration, or is of no known form. All or nothing: a refused file means that no list is returned.
    """
    contents = {path.name: _read(path) for path in paths}
    if len(contents) != len(paths):
        raise InvalidInput({"list": Text("Two files have the same name; load them one after the other")})
    return load_contents(contents)


def load_contents(contents: dict[str, bytes]) -> tuple[LoadedList, ...]:
    """As `load_files`, from bytes by file name (an upload)."""
    ofac_parts: dict[str, str] = {}
    out: list[LoadedList] = []
    for name, data in contents.items():
        text = _decode(name, data)
        try:
            form = _form_of(text)
        except csv.Error:
            raise _no_table(name) from None
        if form in {"sdn", "alt", "add"}:
            if form in ofac_parts:
                raise refused(name, Text("There are two OFAC {form} files; load one edition at a time", form=form))
            ofac_parts[form] = name
        elif form == "ofac_xml":
            entries, edition = sanctions_ofac.parse_xml(name, data)
            out.append(_loaded("OFAC SDN", entries, edition, {name: data}))
        elif form == "un_xml":
            entries, edition = sanctions_un.parse_xml(name, data)
            out.append(_loaded("UN Consolidated", entries, edition, {name: data}))
        elif form == "own":
            try:
                list_name, entries = sanctions_csv.parse(name, text)
            except csv.Error:
                raise _no_table(name) from None
            out.append(_loaded(list_name, entries, None, {name: data}))
        else:
            raise refused(
                name, Text("This is no list: neither OFAC CSV or XML, UN XML, nor a CSV with id, name and kind")
            )
    if ofac_parts:
        out.append(_ofac_csv(ofac_parts, contents))
    return tuple(out)


def check_not_shrunken(loaded: LoadedList, previous_count: int | None) -> None:
    """Raises InvalidInput when more than a fifth of the entries of the last edition are gone.

    A list never shrinks like that; a file that was cut off at a line does.
    """
    if previous_count and len(loaded.entries) < previous_count * (1 - SHRINK_MAX):
        raise refused(
            ", ".join(loaded.files),
            Text(
                "The list has only {now} entries where the edition in use has {before}; it is not taken over unless "
                "somebody confirms it",
                now=len(loaded.entries),
                before=previous_count,
            ),
        )


def _no_table(name: str) -> InvalidInput:
    return refused(name, Text("A cell of the file is longer than any list's: the file is damaged"))


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > BYTES_MAX:
            raise refused(str(path), Text("The file is larger than any list"))
        return path.read_bytes()
    except FileNotFoundError:
        raise refused(str(path), Text("There is no such file")) from None
    except (IsADirectoryError, PermissionError):
        raise refused(str(path), Text("This cannot be read as a file")) from None


def _decode(name: str, data: bytes) -> str:
    if not data.strip(b"\x00\x1a \r\n\t"):
        raise refused(name, Text("The file is empty"))
    # OFAC has published in Windows-1252; of any other list only Unicode is sure to be read as it was written.
    marked = data[:2] in {b"\xff\xfe", b"\xfe\xff"}
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        if encoding == "cp1252" and not data.lstrip().startswith(b"<") and sanctions_ofac.csv_form(text) is None:
            raise refused(name, Text("The file is not in Unicode: save it as CSV UTF-8 and load it again"))
        return text
    raise refused(name, Text("The file is not text"))


def _form_of(text: str) -> str | None:
    head = text[:4000].lstrip()
    if head.startswith("<"):
        if "<CONSOLIDATED_LIST" in head:
            return "un_xml"
        return "ofac_xml" if "sdnList" in head or "publshInformation" in head else "xml" if "<!" in head else None
    return sanctions_ofac.csv_form(text) or ("own" if sanctions_csv.is_own(text) else None)


def _ofac_csv(parts: dict[str, str], contents: dict[str, bytes]) -> LoadedList:
    if "sdn" not in parts:
        lonely = next(iter(parts.values()))
        raise refused(lonely, Text("Aliases and addresses need the main file sdn.csv of the same edition"))
    texts = {form: (name, _decode(name, contents[name])) for form, name in parts.items()}
    try:
        entries = sanctions_ofac.parse_csv(texts)
    except csv.Error:
        raise _no_table(", ".join(parts.values())) from None
    return _loaded("OFAC SDN", entries, None, {name: contents[name] for name in parts.values()})


def _loaded(name: str, entries: Sequence[ListedEntry], edition_on: date | None, data: dict[str, bytes]) -> LoadedList:
    files = tuple(sorted(data))
    if not entries:
        raise refused(", ".join(files), Text("The file holds no entry"))
    digest = hashlib.sha256()
    for file in files:
        digest.update(data[file])
    return LoadedList(
        name=name,
        entries=tuple(entries),
        sha256=digest.hexdigest(),
        edition_on=edition_on,
        counts=dict(Counter(entry.subtype or entry.kind.value for entry in entries)),
        names=sum(len(entry.names) for entry in entries),
        files=files,
    )
