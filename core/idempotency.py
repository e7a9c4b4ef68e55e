"""A request that carries its own identity: repeating it is harmless, repeating it with other content is an error."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ARRAY, Text, any_, literal, select, text

from core.db import Work
from core.domain.errors import IdempotencyConflict, InvalidInput
from core.tables import IdempotencyKeyRow

KEY_LENGTH_MAX = 255


def once(w: Work, scope: str, key: str, content: Any, run: Callable[[], dict[str, Any]]) -> tuple[dict[str, Any], bool]:
    """The stored answer of an earlier request with this key, or that of `run()`, stored in the same transaction.

    `scope` tells whose key it is ("payment", "disburse:<loan>"); `content` is JSON-ready and decides whether it is
    the same request. Returns (answer, replayed). Concurrent twins wait for each other on an advisory lock that ends
    with the transaction. Raises IdempotencyConflict when the key was used with other content, InvalidInput for an
    empty or overlong key.
    """
    _check(key)
    canonical = json.dumps(content, sort_keys=True, default=str, ensure_ascii=False)
    wanted = hashlib.sha256(canonical.encode()).hexdigest()
    known = _known(w)
    if (scope, key) not in known:
        look_up(w, scope, [key])
    found = known[scope, key]
    if found is not None:
        if found.input_hash != wanted:
            raise IdempotencyConflict("This key was used before with other content", key=key)
        return found.answer, True
    answer = run()
    known[scope, key] = w.add(
        IdempotencyKeyRow(scope=scope, key=key, input_hash=wanted, answer=answer, created_at=w.now)
    )
    return answer, False


def look_up(w: Work, scope: str, keys: Sequence[str]) -> None:
    """Takes the locks of many keys and reads what is kept under them by one statement each: `once` asks no more.

    Raises InvalidInput for an empty or overlong key.
    """
    known = _known(w)
    wanted = [key for key in dict.fromkeys(keys) if (scope, key) not in known]
    for key in wanted:
        _check(key)
    w.session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(k, 0)) FROM unnest(CAST(:locks AS text[])) AS k"),
        {"locks": sorted(f"{len(scope)}:{scope}:{key}" for key in wanted)},  # two works never wait in a ring
    )
    known.update({(scope, key): None for key in wanted})
    these = IdempotencyKeyRow.key == any_(literal(wanted, ARRAY(Text)))
    query = select(IdempotencyKeyRow).where(IdempotencyKeyRow.scope == scope, these)
    options = {"autoflush": False}  # what this work itself keeps is known
    known.update({(scope, row.key): row for row in w.session.scalars(query, execution_options=options)})


def _known(w: Work) -> dict[tuple[str, str], IdempotencyKeyRow | None]:
    known: dict[tuple[str, str], IdempotencyKeyRow | None] = w.session.info.setdefault("idempotency_keys", {})
    return known


def _check(key: str) -> None:
    if not key or len(key) > KEY_LENGTH_MAX:
        raise InvalidInput({"idempotency_key": f"Send a key of 1 to {KEY_LENGTH_MAX} characters"})
