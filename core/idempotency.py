"""A request that carries its own identity: repeating it is harmless, repeating it with other content is an error."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from sqlalchemy import select, text

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
    if not key or len(key) > KEY_LENGTH_MAX:
        raise InvalidInput({"idempotency_key": f"Send a key of 1 to {KEY_LENGTH_MAX} characters"})
    canonical = json.dumps(content, sort_keys=True, default=str, ensure_ascii=False)
    wanted = hashlib.sha256(canonical.encode()).hexdigest()
    w.session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:k, 0))"), {"k": f"{len(scope)}:{scope}:{key}"}
    )
    kept: dict[tuple[str, str], IdempotencyKeyRow] = w.session.info.setdefault("idempotency_keys", {})
    query = select(IdempotencyKeyRow).where(IdempotencyKeyRow.scope == scope, IdempotencyKeyRow.key == key)
    options = {"autoflush": False}  # what this work itself has kept is in `kept`
    found = kept.get((scope, key)) or w.session.scalars(query, execution_options=options).first()
    if found is not None:
        if found.input_hash != wanted:
            raise IdempotencyConflict("This key was used before with other content", key=key)
        return found.answer, True
    answer = run()
    kept[scope, key] = w.add(
        IdempotencyKeyRow(scope=scope, key=key, input_hash=wanted, answer=answer, created_at=w.now)
    )
    return answer, False
