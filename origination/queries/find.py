"""Applications by what people call them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from core.db import Work
from core.domain.errors import NotFound
from core.domain.texts import Text
from origination.tables.application import ApplicationRow


def application_id_of(r: Work, reference: str) -> UUID:
    """The application of a reference like APP-2026-000123. Raises NotFound."""
    found = r.session.scalars(select(ApplicationRow.id).where(ApplicationRow.reference == reference.upper())).first()
    if found is None:
        raise NotFound(Text("There is no application {reference}", reference=reference))
    return found
