"""Groups of connected parties: one borrower in the eyes of the exposure limits.

Regulation (EU) 575/2013 art. 4(1)(39) and China's large-exposure rules (CBIRC order 2018 No. 1): parties are one group
when one controls the other, when the same person controls both, or when trouble of one would reach the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from origination.domain.ownership import OwnershipGraph

CONTROL_SHARE = Decimal("0.5")


class LinkKind(StrEnum):
    """Why two parties belong together."""

    SHARES = "shares"
    CONTROL = "control"
    SPOUSE = "spouse"
    GUARANTEE = "guarantee"
    DEPENDENCE = "dependence"


@dataclass(frozen=True, slots=True)
class PartyLink:
    """Two party ids and the reason."""

    one: str
    other: str
    kind: LinkKind


@dataclass(frozen=True, slots=True)
class PartyGroup:
    """Parties that count as one, and the links that make them one."""

    members: frozenset[str]
    links: tuple[PartyLink, ...]

    def exposure_minor(self, exposures_minor: Mapping[str, int]) -> int:
        """The members' exposures added up, in minor units of one currency; parties without exposure count nothing."""
        return sum(exposures_minor.get(member, 0) for member in self.members)


def ownership_links(graph: OwnershipGraph) -> tuple[PartyLink, ...]:
    """Links by a majority of shares or by control through other means."""
    out = []
    for holding in graph.holdings:
        if holding.control is not None:
            out.append(PartyLink(holding.owner, holding.company, LinkKind.CONTROL))
        elif holding.share > CONTROL_SHARE:
            out.append(PartyLink(holding.owner, holding.company, LinkKind.SHARES))
    return tuple(out)


def connected_groups(links: Iterable[PartyLink]) -> tuple[PartyGroup, ...]:
    """The connected parts of the graph of links, largest first; a party without links is in no group."""
    parent: dict[str, str] = {}

    def root(party: str) -> str:
        """The member that stands for the group of a party; paths are halved on the way (Tarjan, union-find)."""
        parent.setdefault(party, party)
        while parent[party] != party:
            parent[party] = parent[parent[party]]
            party = parent[party]
        return party

    kept = tuple(links)
    for link in kept:
        parent[root(link.one)] = root(link.other)
    members: dict[str, set[str]] = {}
    for party in list(parent):
        members.setdefault(root(party), set()).add(party)
    groups = [
        PartyGroup(frozenset(parties), tuple(link for link in kept if root(link.one) == head))
        for head, parties in members.items()
    ]
    return tuple(sorted(groups, key=lambda group: (-len(group.members), min(group.members))))
