"""Sentences of the domain kept in a text column, so that each reader later has them in their own language."""

from __future__ import annotations

import json
from typing import Any

from core.domain.texts import Text


def text_to_kept(text: Text) -> str:
    """`{"msgid": ..., "params": {...}}` as JSON; a parameter that is a sentence itself is kept as one."""
    return json.dumps(_plain(text), ensure_ascii=False)


def kept_to_text(kept: str) -> str:
    """The sentence; what was kept as plain words stays these words."""
    if not kept.startswith('{"msgid"'):
        return kept
    return _read(json.loads(kept))


def _plain(value: Any) -> Any:
    if isinstance(value, Text):
        return {"msgid": value.msgid, "params": {name: _plain(one) for name, one in value.params.items()}}
    return value if isinstance(value, int | float) else str(value)


def _read(raw: Any) -> Any:
    if isinstance(raw, dict):
        message_id = raw["msgid"]
        return Text(message_id, **{name: _read(one) for name, one in raw["params"].items()})
    return raw
