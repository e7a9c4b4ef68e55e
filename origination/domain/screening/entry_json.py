"""Entries of a list as JSON and back, and the hash by which a change of an entry is known."""

from __future__ import annotations

import hashlib
import json
from dataclasses import astuple
from typing import Any

from origination.domain.screening.birth import Birth
from origination.domain.screening.party import ListedEntry, ListedName, PartyKind


def entry_to_json(entry: ListedEntry) -> dict[str, Any]:
    """JSON-ready data that `entry_from_json` turns back into an equal entry."""
    return {
        "list": entry.list_name,
        "id": entry.entry_id,
        "kind": entry.kind.value,
        "names": [[name.text, name.weak] for name in entry.names],
        "births": [list(astuple(birth)) for birth in entry.births],
        "countries": list(entry.countries),
        "identifiers": [list(pair) for pair in entry.identifiers],
        "programme": entry.programme,
        "remarks": entry.remarks,
        "subtype": entry.subtype,
    }


def entry_from_json(data: dict[str, Any]) -> ListedEntry:
    """The entry again."""
    return ListedEntry(
        list_name=data["list"],
        entry_id=data["id"],
        kind=PartyKind(data["kind"]),
        names=tuple(ListedName(text, weak=weak) for text, weak in data["names"]),
        births=tuple(Birth(*parts) for parts in data["births"]),
        countries=tuple(data["countries"]),
        identifiers=tuple((kind, value) for kind, value in data["identifiers"]),
        programme=data["programme"],
        remarks=data["remarks"],
        subtype=data["subtype"],
    )


def entry_sha256(entry: ListedEntry) -> str:
    """Changes when anything the publisher says about the entry changes."""
    plain = json.dumps(entry_to_json(entry), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(plain.encode()).hexdigest()
