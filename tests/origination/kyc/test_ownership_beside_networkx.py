"""Effective shares beside two outside ways: sums over networkx paths, and the matrix (I - A)^-1 for rings."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from origination.domain.ownership import (
    THRESHOLDS,
    BasisKind,
    Holding,
    Owner,
    OwnerKind,
    OwnershipGraph,
    beneficial_owners,
    blocked_by_ownership,
    cycles,
    effective_shares,
)

ROOT = "c0"


@st.composite
def graphs(draw, *, rings: bool):
    """Up to six companies and four people; the shares in each company add up to at most 0.96."""
    companies = [f"c{n}" for n in range(draw(st.integers(1, 6)))]
    people = [f"p{n}" for n in range(draw(st.integers(1, 4)))]
    owners = {name: Owner(name, name, OwnerKind.COMPANY) for name in companies}
    owners |= {name: Owner(name, name, OwnerKind.PERSON) for name in people}
    holdings = []
    for at, company in enumerate(companies):
        able = [c for n, c in enumerate(companies) if (n > at or (rings and c not in {company, ROOT}))] + people
        for holder in draw(st.lists(st.sampled_from(able), max_size=4, unique=True)):
            holdings.append(Holding(holder, company, Decimal(draw(st.integers(1, 24))) / 100))
    return OwnershipGraph(owners, tuple(holdings))


@given(graphs(rings=False))
def test_without_rings_the_share_is_the_sum_over_all_paths(graph):
    net = nx.DiGraph()
    net.add_nodes_from(graph.owners)
    for holding in graph.holdings:
        net.add_edge(holding.owner, holding.company, share=holding.share)
    found = effective_shares(graph, ROOT)
    for owner in graph.owners:
        if owner == ROOT:
            continue
        paths = nx.all_simple_paths(net, owner, ROOT)
        expected = sum(
            (Decimal(np.prod([float(net[a][b]["share"]) for a, b in pairwise(p)])) for p in paths),
            Decimal(0),
        )
        assert abs(found.get(owner, Decimal(0)) - expected) < Decimal("1e-6")


@given(graphs(rings=True))
def test_with_rings_the_share_solves_the_linear_system(graph):
    names = sorted(graph.owners)
    at = {name: n for n, name in enumerate(names)}
    matrix = np.zeros((len(names), len(names)))
    for holding in graph.holdings:
        matrix[at[holding.company], at[holding.owner]] += float(holding.share)
    matrix[:, at[ROOT]] = 0  # the root's own holdings lead nowhere
    total = np.linalg.inv(np.eye(len(names)) - matrix)[at[ROOT]]
    found = effective_shares(graph, ROOT)
    for name in names:
        if name != ROOT:
            assert float(found.get(name, 0)) == pytest.approx(min(total[at[name]], 1), abs=1e-6)


@given(graphs(rings=True))
def test_rings_are_the_strongly_connected_parts(graph):
    net = nx.DiGraph((holding.owner, holding.company) for holding in graph.holdings)
    expected = sorted(tuple(sorted(part)) for part in nx.strongly_connected_components(net) if len(part) > 1)
    assert cycles(graph) == expected


@given(graphs(rings=True), st.sampled_from(sorted(THRESHOLDS)))
def test_owners_found_are_people_over_the_threshold(graph, jurisdiction):
    threshold = THRESHOLDS[jurisdiction]
    shares = effective_shares(graph, ROOT)
    for one in beneficial_owners(graph, ROOT, threshold):
        assert one.owner.kind is OwnerKind.PERSON
        if one.basis is BasisKind.OWNERSHIP:
            assert threshold.reached_by(shares[one.owner.id])


@given(graphs(rings=True), st.data())
def test_more_blocked_parties_never_block_less(graph, data):
    people = sorted(name for name, owner in graph.owners.items() if owner.kind is OwnerKind.PERSON)
    some = frozenset(data.draw(st.lists(st.sampled_from(people))))
    more = some | frozenset(data.draw(st.lists(st.sampled_from(people))))
    assert set(blocked_by_ownership(graph, some)) <= set(blocked_by_ownership(graph, more))
