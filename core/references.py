"""Human references: APP-2026-000123, LN-2026-000045. One counter row per prefix and year."""

from __future__ import annotations

from sqlalchemy import text

from core.db import Work
from core.domain.ids import reference

_NEXT = text(
    "INSERT INTO reference_counter (prefix, year, last) VALUES (:prefix, :year, 1) "
    "ON CONFLICT (prefix, year) DO UPDATE SET last = reference_counter.last + 1 RETURNING last"
).execution_options(autoflush=False)


def next_reference(w: Work, prefix: str) -> str:
    """The next number of the year; a rolled-back work leaves no gap, concurrent ones wait for each other."""
    year = w.today.year
    return reference(prefix, year, w.session.execute(_NEXT, {"prefix": prefix, "year": year}).scalar_one())
