"""Who owns and controls a company in the end, and which parties form one group of connected borrowers.

Shares are Decimal fractions of one (0.25 is 25 %). Ownership through chains is multiplied and summed over all paths;
circular holdings are solved as the linear system that they are, so that a loop of shares gives each owner their true
part instead of counting for ever.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum

from core.domain.errors import InvalidInput
from core.domain.texts import Text

ONE = Decimal(1)
_PLACES = Decimal("0.00000001")


class OwnerKind(StrEnum):
    """Only people are beneficial owners; a state or listed company ends a chain, too."""

    PERSON = "person"
    COMPANY = "company"


class ControlKind(StrEnum):
    """Control by other means than shares (FATF guidance on beneficial ownership, 2023)."""

    VOTING = "voting_rights"
    APPOINTS_BOARD = "appoints_board"
    CONTRACT = "contract"
    FAMILY = "family"
    OTHER = "other"


class BasisKind(StrEnum):
    """Why somebody counts as beneficial owner."""

    OWNERSHIP = "ownership"
    CONTROL = "control"
    SENIOR_MANAGER = "senior_manager"


@dataclass(frozen=True, slots=True)
class Owner:
    """A person or company of the graph."""

    id: str
    name: str
    kind: OwnerKind


@dataclass(frozen=True, slots=True)
class Holding:
    """`owner` holds `share` of `company`, and may control it by other means."""

    owner: str
    company: str
    share: Decimal
    control: ControlKind | None = None


@dataclass(frozen=True, slots=True)
class Threshold:
    """From which share somebody is a beneficial owner: `inclusive` means "25 % or more", else "more than 25 %"."""

    share: Decimal
    inclusive: bool

    def reached_by(self, share: Decimal) -> bool:
        """True when the share counts."""
        return share >= self.share if self.inclusive else share > self.share


# FATF glossary and national rules: China PBoC/SAMR Order 2024 No. 3 art. 6 (25 % or more); Directive (EU) 2015/849
# art. 3(6) (25 % plus one share, that is more than 25 %); Regulation (EU) 2024/1624 art. 52 (25 % or more, applies from
# 10 July 2027); UK Money Laundering Regulations 2017 reg. 5 (more than 25 %); US 31 CFR 1010.230(d) (25 % or more);
# India PMLA rule 9(3) as amended 2023 (more than 10 %).
THRESHOLDS: Mapping[str, Threshold] = {
    "CN": Threshold(Decimal("0.25"), inclusive=True),
    "EU": Threshold(Decimal("0.25"), inclusive=False),
    "EU-AMLR": Threshold(Decimal("0.25"), inclusive=True),
    "GB": Threshold(Decimal("0.25"), inclusive=False),
    "US": Threshold(Decimal("0.25"), inclusive=True),
    "IN": Threshold(Decimal("0.10"), inclusive=False),
}
OFAC_SHARE = Decimal("0.50")


@dataclass(frozen=True, slots=True)
class BeneficialOwner:
    """One result line: the person, their effective share, and on what ground they count."""

    owner: Owner
    share: Decimal
    basis: BasisKind
    control: ControlKind | None = None


@dataclass(frozen=True, slots=True)
class OwnershipGraph:
    """Owners by id and holdings; checked when built.

    Raises InvalidInput for a share outside 0 to 1, shares of one company above 100 % together, a holding of or by
    somebody unknown, a person who is owned, a company that directly holds itself, and a holding named twice.
    """

    owners: Mapping[str, Owner]
    holdings: tuple[Holding, ...]

    def __post_init__(self) -> None:
        sums: dict[str, Decimal] = defaultdict(Decimal)
        seen: set[tuple[str, str]] = set()
        for holding in self.holdings:
            self._check(holding)
            if (holding.owner, holding.company) in seen:
                name = self.owners[holding.owner].name
                raise InvalidInput({"owners": Text("{name} stands twice among the owners of one company", name=name)})
            seen.add((holding.owner, holding.company))
            sums[holding.company] += holding.share
        for company, total in sums.items():
            if total > ONE:
                percent = (total * 100).normalize()
                raise InvalidInput(
                    {
                        "owners": Text(
                            "The shares in {company} add up to {percent} %; they cannot exceed 100 %",
                            company=self.owners[company].name,
                            percent=f"{percent:f}",
                        )
                    }
                )

    def _check(self, holding: Holding) -> None:
        for party in (holding.owner, holding.company):
            if party not in self.owners:
                raise InvalidInput({"owners": Text("There is no owner {party}", party=party)})
        name = self.owners[holding.owner].name
        if self.owners[holding.company].kind is OwnerKind.PERSON:
            raise InvalidInput({"owners": Text("{name} cannot own a person", name=name)})
        if holding.owner == holding.company:
            raise InvalidInput({"owners": Text("{name} cannot be its own owner here; leave own shares out", name=name)})
        if not Decimal(0) <= holding.share <= ONE:
            raise InvalidInput({"owners": Text("The share of {name} must be between 0 and 100 %", name=name)})


def effective_shares(graph: OwnershipGraph, company: str) -> dict[str, Decimal]:
    """What each owner, direct or through others, holds of `company` in the end: owner id -> share, to 8 decimals.

    e(o) = sum over holdings h of o: h.share * e(h.company), with e(company) = 1; loops are solved exactly by repeating
    until nothing changes any more (each turn of a loop multiplies by less than one). A ring of companies that own each
    other wholly belongs to nobody outside: its members get their share of the ring once.
    """
    owned_by: dict[str, list[Holding]] = defaultdict(list)
    for holding in graph.holdings:
        owned_by[holding.company].append(holding)
    shares: dict[str, Decimal] = defaultdict(Decimal)
    flow = {company: ONE}
    for _round in range(10_000):
        following: dict[str, Decimal] = defaultdict(Decimal)
        for held, part in flow.items():
            for holding in owned_by[held]:
                if holding.owner != company and holding.share:
                    following[holding.owner] += part * holding.share
        if not following or max(following.values()) < Decimal("1e-12"):
            break
        for owner, part in following.items():
            shares[owner] += part
        flow = following
    return {o: min(s, ONE).quantize(_PLACES, rounding=ROUND_HALF_EVEN) for o, s in shares.items()}


def cycles(graph: OwnershipGraph) -> list[tuple[str, ...]]:
    """Each ring of companies that own each other (strongly connected parts of two or more), by id, sorted."""
    following: dict[str, list[str]] = defaultdict(list)
    for holding in graph.holdings:
        following[holding.owner].append(holding.company)
    reach = {node: _reachable(following, node) for node in graph.owners}
    rings = {
        tuple(sorted(other for other in reach[node] if node in reach[other]))
        for node in graph.owners
        if node in reach[node]
    }
    return sorted(rings)


def _reachable(following: Mapping[str, list[str]], start: str) -> set[str]:
    seen: set[str] = set()
    stack = list(following.get(start, ()))
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack.extend(following.get(node, ()))
    return seen


def beneficial_owners(
    graph: OwnershipGraph, company: str, threshold: Threshold, *, senior_managers: Iterable[Owner] = ()
) -> tuple[BeneficialOwner, ...]:
    """The people who own enough or control by other means; else the senior managers (FATF Rec. 10, note 5(b)).

    Somebody who controls a company wholly passes that control on: who controls the parent controls the child.
    """
    shares = effective_shares(graph, company)
    controllers = _controllers(graph, company)
    out = []
    for owner in graph.owners.values():
        if owner.kind is not OwnerKind.PERSON:
            continue
        share = shares.get(owner.id, Decimal(0))
        if threshold.reached_by(share):
            out.append(BeneficialOwner(owner, share, BasisKind.OWNERSHIP, controllers.get(owner.id)))
        elif owner.id in controllers:
            out.append(BeneficialOwner(owner, share, BasisKind.CONTROL, controllers[owner.id]))
    if not out:
        out = [BeneficialOwner(p, shares.get(p.id, Decimal(0)), BasisKind.SENIOR_MANAGER) for p in senior_managers]
    return tuple(sorted(out, key=lambda found: (-found.share, found.owner.name)))


def _controllers(graph: OwnershipGraph, company: str) -> dict[str, ControlKind]:
    """Who controls the company by other means or by a majority, upwards through companies."""
    found: dict[str, ControlKind] = {}
    stack, seen = [company], {company}
    while stack:
        held = stack.pop()
        for holding in graph.holdings:
            if holding.company != held or (holding.control is None and holding.share <= OFAC_SHARE):
                continue
            if holding.owner not in found and (holding.control or held != company):
                found[holding.owner] = holding.control or ControlKind.VOTING
            if holding.owner not in seen:
                seen.add(holding.owner)
                stack.append(holding.owner)
    return found


def unexplained_share(graph: OwnershipGraph, company: str) -> Decimal:
    """The part of the company that the chains do not lead back to a person: nobody was named for it, or it ends at a
    company whose owners were not given. Between 0 and 1."""
    shares = effective_shares(graph, company)
    people = sum((shares[o] for o in shares if graph.owners[o].kind is OwnerKind.PERSON), Decimal(0))
    return max(Decimal(0), ONE - people)


def blocked_by_ownership(graph: OwnershipGraph, blocked: frozenset[str]) -> dict[str, Decimal]:
    """OFAC's 50 % rule: companies owned 50 % or more in sum, directly or indirectly, by blocked parties.

    A company that is blocked this way blocks on in turn (OFAC FAQ 401, revised guidance of 13 August 2014): its whole
    holding counts, not the multiplied share. Returns company id -> the sum of the blocked shares in it.
    """
    out: dict[str, Decimal] = {}
    held = set(blocked)
    while True:
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for holding in graph.holdings:
            if holding.owner in held:
                sums[holding.company] += holding.share
        fresh = {company: total for company, total in sums.items() if total >= OFAC_SHARE and company not in held}
        if not fresh:
            return {company: sums[company] for company in out}
        out.update(fresh)
        held.update(fresh)
