"""Who stands behind a company: the graph of its owners, effective shares, beneficial owners, and what was found."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from core.db import Work
from core.domain.errors import InvalidInput
from core.domain.fact import FactValue
from core.domain.texts import Text
from core.tables import PartyRow
from origination.domain.ownership import (
    THRESHOLDS,
    BasisKind,
    BeneficialOwner,
    ControlKind,
    Holding,
    Owner,
    OwnerKind,
    OwnershipGraph,
    Threshold,
    beneficial_owners,
    cycles,
    effective_shares,
    unexplained_share,
)
from origination.queries.rows import answers_of, product_of
from origination.tables.application import ApplicationRow, OwnerRow


@dataclass(frozen=True, slots=True)
class OwnershipCase:
    """The company's owners as a graph of party ids, the threshold of its jurisdiction, and who runs it."""

    company: str
    graph: OwnershipGraph
    jurisdiction: str
    threshold: Threshold
    managers: tuple[Owner, ...]


@dataclass(frozen=True, slots=True)
class OwnerLine:
    """One party of the graph: what it holds in the end and why it counts as beneficial owner, if it does."""

    owner: Owner
    effective: Decimal
    basis: BasisKind | None
    control: ControlKind | None
    in_ring: bool


@dataclass(frozen=True, slots=True)
class OwnershipView:
    """The graph with everything that follows from it. `problem`: why no graph can be made of what was entered."""

    case: OwnershipCase | None
    lines: tuple[OwnerLine, ...]
    rings: tuple[tuple[str, ...], ...]
    unexplained: Decimal
    problem: Text | None = None


def fault_of(refused: InvalidInput) -> Text:
    """The first thing that is wrong with the owners, in words that can be translated."""
    said = next(iter(refused.fields.values()))[0]
    return said if isinstance(said, Text) else Text(said)


def owner_id(owner: OwnerRow) -> str:
    """The id of an owner's party; of an application not sent yet, its line."""
    return str(owner.party_id or owner.id)


def ownership_case(w: Work, row: ApplicationRow) -> OwnershipCase:
    """The graph of an application of a company. Raises InvalidInput for shares that cannot be."""
    company = str(row.party_id or row.id)
    name = row.applicant_name or ""
    if row.party_id is not None:
        name = w.get(PartyRow, row.party_id).name
    by_name = {owner.name: owner_id(owner) for owner in row.owners if owner.kind == OwnerKind.COMPANY}
    by_name = {owner.name: owner_id(owner) for owner in row.owners} | by_name
    owners = {owner_id(owner): Owner(owner_id(owner), owner.name, OwnerKind(owner.kind)) for owner in row.owners}
    owners = {company: Owner(company, name, OwnerKind.COMPANY)} | owners
    holdings = tuple(
        Holding(
            owner_id(owner),
            company if owner.of is None else by_name[owner.of],
            owner.share,
            ControlKind.OTHER if owner.controls else None,
        )
        for owner in row.owners
    )
    jurisdiction = product_of(w, row).jurisdiction
    threshold = THRESHOLDS.get(jurisdiction, THRESHOLDS["EU-AMLR"])
    return OwnershipCase(
        company, OwnershipGraph(owners, holdings), jurisdiction, threshold, managers_of(row, answers_of(row))
    )


def managers_of(row: ApplicationRow, answers: dict[str, FactValue]) -> tuple[Owner, ...]:
    """The one who signs counts as senior manager; the same person as an owner of that name, if there is one."""
    name = str(answers.get("representative_name", "")).strip()
    known = next((owner_id(o) for o in row.owners if o.name.casefold() == name.casefold()), None)
    found = known or (str(row.signatory_party_id) if row.signatory_party_id else f"manager:{row.id}")
    return (Owner(found, name, OwnerKind.PERSON),) if name else ()


def ownership_view(r: Work, row: ApplicationRow) -> OwnershipView:
    """What the officer sees of the owners."""
    try:
        case = ownership_case(r, row)
    except InvalidInput as refused:
        return OwnershipView(None, (), (), Decimal(0), fault_of(refused))
    shares = effective_shares(case.graph, case.company)
    found: dict[str, BeneficialOwner] = {
        one.owner.id: one
        for one in beneficial_owners(case.graph, case.company, case.threshold, senior_managers=case.managers)
    }
    rings = tuple(cycles(case.graph))
    in_rings = {member for ring in rings for member in ring}
    people = {**case.graph.owners, **{one.owner.id: one.owner for one in found.values()}}
    lines = tuple(
        OwnerLine(
            owner, shares.get(key, Decimal(0)), found[key].basis if key in found else None,
            found[key].control if key in found else None, key in in_rings,
        )
        for key, owner in people.items()
        if key != case.company
    )  # fmt: skip
    order = sorted(lines, key=lambda line: (-line.effective, line.owner.name))
    return OwnershipView(case, tuple(order), rings, unexplained_share(case.graph, case.company))


def case_ownership(r: Work, application_id: UUID) -> OwnershipView:
    """The same by id. Raises NotFound."""
    return ownership_view(r, r.get(ApplicationRow, application_id))
