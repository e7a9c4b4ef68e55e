"""Policy texts as people write them: TOML of a plain layout, changed block by block so that comments stay.

A block is one `[section]`, `[[section]]` or `[[table]]` with its rows. Replacing a block keeps every other one as it
was written; where a text is laid out in a way that cannot be cut so, it is written anew as a whole.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from core.domain.errors import InvalidInput
from core.domain.texts import Text

ORDER = (
    "exchange", "stress", "pricing", "offers", "review", "clock", "reason", "override_reason", "condition", "authority",
    "table", "case",
)  # fmt: skip
KEPT = ("version", *ORDER)
_HEADER = re.compile(r"^\[{1,2}\s*([A-Za-z_]+)\s*\]{1,2}\s*(#.*)?$")
_ROW_KEYS = ("id", "when", "outcome", "values", "solvable", "final", "note", "text")
_TABLE_KEYS = ("name", "stage", "hit_policy", "segments", "jurisdictions", "valid_from", "valid_to", "note")


def read_text(text: str) -> dict[str, Any]:
    """The sections of a policy text that are edited. Raises InvalidInput at `text` naming line and column."""
    try:
        data = tomllib.loads(text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput({"text": Text("This is not TOML: {error}", error=error)}) from None
    return {name: data[name] for name in KEPT if name in data}


def dump_value(value: Any) -> str:
    """One value as TOML. TypeError for what a policy cannot hold: a float is never exact."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return _quote(value)
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(name)} = {dump_value(one)}" for name, one in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(dump_value(one) for one in value) + "]"
    raise TypeError(f"{type(value).__name__} has no place in a policy; write numbers with a point as text")


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _quote(name)


def _quote(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda found: f"\\u{ord(found[0]):04x}", plain) + '"'


def dump_block(section: str, raw: Mapping[str, Any], *, listed: bool) -> str:
    """One block: `[[section]]` for a listed one, else `[section]`; a decision table with its rows."""
    lines = [f"[[{section}]]" if listed else f"[{section}]"]
    keys = [name for name in _TABLE_KEYS if name in raw] if section == "table" else list(raw)
    for name in keys:
        lines += _lines(name, raw[name])
    for row in raw.get("row", ()) if section == "table" else ():
        lines.append("[[table.row]]")
        for name in (*_ROW_KEYS, *(one for one in row if one not in _ROW_KEYS)):
            if name in row:
                lines += _lines(name, row[name])
    return "\n".join(lines) + "\n"


def _lines(name: str, value: Any) -> list[str]:
    if name == "text" and isinstance(value, Mapping):
        return [f"text.{_key(locale)} = {dump_value(words)}" for locale, words in value.items()]
    return [f"{_key(name)} = {dump_value(value)}"]


def dump_policy(data: Mapping[str, Any]) -> str:
    """A whole policy as TOML, section by section."""
    parts = [f"version = {dump_value(data['version'])}\n"] if "version" in data else []
    for section in ORDER:
        if section not in data:
            continue
        value = data[section]
        if isinstance(value, Mapping):
            parts.append(dump_block(section, value, listed=False))
        else:
            parts += [dump_block(section, one, listed=True) for one in value]
    return "\n".join(parts)


@dataclass(frozen=True, slots=True)
class _Block:
    section: str
    start: int
    end: int


def _blocks(lines: Sequence[str]) -> list[_Block]:
    starts = [(at, found[1]) for at, line in enumerate(lines) if (found := _HEADER.match(line))]
    blocks = []
    for place, (at, section) in enumerate(starts):
        end = starts[place + 1][0] if place + 1 < len(starts) else len(lines)
        while end > at + 1 and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
            end -= 1  # comments before the next header belong to it
        blocks.append(_Block(section, at, end))
    return blocks


def with_section(text: str, section: str, value: Any) -> str:
    """The text with one section changed: a mapping, or a list of which only blocks that differ are written anew."""
    wanted = read_text(text) | {section: value}
    if section == "version":
        changed = re.sub(r"(?m)^version\s*=.*$", lambda _: f"version = {dump_value(value)}", text, count=1)
    elif isinstance(value, Mapping):
        changed = _spliced(text, section, [dump_block(section, value, listed=False)], [None])
    else:
        before = read_text(text).get(section, [])
        raws = [dump_block(section, one, listed=True) for one in value]
        kept = [before.index(one) if one in before else None for one in value]
        changed = _spliced(text, section, raws, kept)
    try:
        same = read_text(changed) == wanted
    except InvalidInput:
        same = False
    return changed if same else dump_policy(wanted)


def _spliced(text: str, section: str, raws: Sequence[str], kept: Sequence[int | None]) -> str:
    """`raws` in place of the blocks of the section; `kept[i]` is the old block that is taken over word for word."""
    lines = text.replace("\r\n", "\n").split("\n")
    blocks = [one for one in _blocks(lines) if one.section == section]
    old = ["\n".join(lines[one.start : one.end]) for one in blocks]
    fresh = [
        old[place] if place is not None and place < len(old) else raw.rstrip("\n")
        for raw, place in zip(raws, kept, strict=True)
    ]
    if not blocks:
        return text.rstrip("\n") + "\n\n" + "\n\n".join(fresh) + "\n"
    out, at = [], 0
    for place, block in enumerate(blocks):
        out += lines[at : block.start]
        last = place == len(blocks) - 1
        mine = fresh[place:] if last else fresh[place : place + 1]
        out += "\n\n".join(mine).split("\n") if mine else []
        at = block.end
    return "\n".join([*out, *lines[at:]])


@lru_cache(maxsize=8)
def own_text(text: str) -> str:
    """The text without sections of other readers, comments kept where the layout allows."""
    changed = text
    for name in set(tomllib.loads(text)) - set(KEPT):
        changed = _spliced(changed, name, [], [])
    try:
        same = tomllib.loads(changed) == read_text(text)
    except tomllib.TOMLDecodeError:
        same = False
    return changed if same else dump_policy(read_text(text))


def table_of(data: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    """The raw decision table of that name."""
    return next((dict(one) for one in data.get("table", ()) if one.get("name") == name), None)


def with_table(text: str, name: str, raw: Mapping[str, Any] | None) -> str:
    """The text with one table changed, added at the end when there is none of that name, or taken out (None)."""
    tables = [dict(one) for one in read_text(text).get("table", ())]
    places = [at for at, one in enumerate(tables) if one.get("name") == name]
    if raw is None:
        tables = [one for at, one in enumerate(tables) if at not in places]
    elif places:
        tables[places[0]] = dict(raw)
    else:
        tables.append(dict(raw))
    return with_section(text, "table", tables)
