"""Policies tried on past applications: the runs and what came out; and the facts of a decision for a test case."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from core.db import Work
from core.domain.errors import NotFound
from core.domain.facts import CATALOGUE
from core.domain.texts import Text
from origination.queries.rows import latest_decision
from origination.tables.application import ApplicationRow
from origination.tables.policy import PolicySimulationRow


def simulations_of(r: Work, edition_id: UUID | None = None, limit: int = 10) -> tuple[PolicySimulationRow, ...]:
    """The newest runs, of one version if named."""
    query = select(PolicySimulationRow).order_by(PolicySimulationRow.asked_at.desc()).limit(limit)
    if edition_id is not None:
        query = query.where(PolicySimulationRow.edition_id == edition_id)
    return tuple(r.session.scalars(query))


def simulation(r: Work, run_id: UUID) -> PolicySimulationRow:
    """One run. Raises NotFound."""
    return r.get(PolicySimulationRow, run_id)


def references_of(r: Work, ids: list[UUID]) -> dict[str, str]:
    """Application id as text -> its reference."""
    query = select(ApplicationRow.id, ApplicationRow.reference).where(ApplicationRow.id.in_(ids))
    return {str(one.id): one.reference or "–" for one in r.session.execute(query)}


def facts_decided_on(r: Work, application_id: UUID) -> tuple[dict[str, Any], str]:
    """(facts as a test case writes them, outcome) of the newest automatic decision. Raises NotFound without one.

    Only facts that rules may look at; nothing that tells who it was.
    """
    made = latest_decision(r, r.get(ApplicationRow, application_id), kind="automatic")
    if made is None:
        raise NotFound(Text("Nothing was decided on this application by rules"))
    facts: dict[str, Any] = {"currency": made.currency}
    for name, value in made.record["facts"].items():
        entry = CATALOGUE[name]
        if entry.type.value == "text" or entry.sensitive:
            continue
        if entry.type.value == "money":
            from core.domain.money import Money

            facts[name] = str(Money(value["minor"], value["currency"]))
        else:
            facts[name] = value
    return facts, made.outcome
