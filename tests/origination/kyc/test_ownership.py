"""Ownership through chains, against networkx and a linear solver; groups; size classes; the 50 % rule."""

from datetime import date
from decimal import Decimal
from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import InvalidInput
from origination.domain.ownership import (
    THRESHOLDS,
    BasisKind,
    ControlKind,
    Holding,
    Owner,
    OwnerKind,
    OwnershipGraph,
    beneficial_owners,
    blocked_by_ownership,
    cycles,
    effective_shares,
    unexplained_share,
)
from origination.domain.size_class import SizeClass, SizeFigures, size_class


def graph(*lines: str) -> OwnershipGraph:
    """`Anna 60 Hold`: Anna holds 60 % of Hold. Names in capitals are companies; a fourth word is control."""
    owners: dict[str, Owner] = {}
    holdings = []
    for line in lines:
        owner, percent, company, *control = line.split()
        for name in (owner, company):
            owners[name] = Owner(name, name, OwnerKind.COMPANY if name.isupper() else OwnerKind.PERSON)
        holdings.append(Holding(owner, company, Decimal(percent) / 100, ControlKind(control[0]) if control else None))
    return OwnershipGraph(owners, tuple(holdings))


def shares(found: OwnershipGraph, company: str = "FIRM") -> dict[str, str]:
    return {owner: f"{share.normalize():f}" for owner, share in sorted(effective_shares(found, company).items())}


def test_a_chain_is_multiplied_and_paths_are_summed():
    found = graph("Anna 60 HOLD", "Bob 40 HOLD", "HOLD 50 FIRM", "Anna 20 FIRM", "Carl 30 FIRM")
    assert shares(found) == {"Anna": "0.5", "Bob": "0.2", "Carl": "0.3", "HOLD": "0.5"}


def test_companies_that_own_each_other():
    """Anna 40 %, ring X-Y: x = 0.6 + 0.5 y, y = 0.5 x, solved by hand: x = 0.8, y = 0.4."""
    found = graph("Anna 40 FIRM", "X 60 FIRM", "Y 50 X", "Bob 50 X", "X 50 Y", "Carl 50 Y")
    assert shares(found) == {"Anna": "0.4", "Bob": "0.4", "Carl": "0.2", "X": "0.8", "Y": "0.4"}
    assert cycles(found) == [("X", "Y")]


def test_a_ring_that_nobody_outside_owns_ends():
    found = graph("X 100 FIRM", "Y 100 X", "X 100 Y")
    assert shares(found) == {"X": "1", "Y": "1"}
    assert unexplained_share(found, "FIRM") == 1


@st.composite
def holdings_without_rings(draw):
    size = draw(st.integers(2, 7))
    lines = []
    for company in range(size - 1):
        left = 100
        for owner in range(company + 1, size):
            percent = draw(st.integers(0, left))
            left -= percent
            if percent:
                lines.append((owner, company, percent))
    return size, lines


@given(holdings_without_rings())
def test_effective_shares_equal_the_sum_over_all_paths_of_networkx(drawn):
    size, lines = drawn
    owners = {str(i): Owner(str(i), f"C{i}", OwnerKind.COMPANY) for i in range(size)}
    found = effective_shares(
        OwnershipGraph(owners, tuple(Holding(str(o), str(c), Decimal(p) / 100) for o, c, p in lines)), "0"
    )
    net = nx.DiGraph()
    net.add_nodes_from(range(size))
    net.add_weighted_edges_from((o, c, p / 100) for o, c, p in lines)
    for owner in range(1, size):
        paths = nx.all_simple_paths(net, owner, 0)
        expected = sum(np.prod([net[a][b]["weight"] for a, b in pairwise(path)]) for path in paths)
        assert float(found.get(str(owner), 0)) == pytest.approx(expected, abs=1e-7)


@given(st.lists(st.lists(st.integers(0, 30), min_size=3, max_size=3), min_size=3, max_size=3))
def test_rings_equal_the_linear_system(percent):
    """Three companies, any of which may own the others; the rest of each belongs to its own person."""
    lines = []
    matrix = np.zeros((3, 3))
    for owner in range(3):
        for company in range(3):
            if owner != company and company != owner and percent[owner][company]:
                lines.append(f"{'XYZ'[owner]} {percent[owner][company]} {'XYZ'[company]}")
                matrix[owner, company] = percent[owner][company] / 100
    for company in range(3):
        rest = 100 - sum(percent[owner][company] for owner in range(3) if owner != company)
        lines.append(f"Person{'xyz'[company]} {rest} {'XYZ'[company]}")
    lines.append("X 100 FIRM")
    # e = b + A e, with b the direct holdings in FIRM
    expected = np.linalg.solve(np.eye(3) - matrix, np.array([1.0, 0.0, 0.0]))
    found = effective_shares(graph(*lines), "FIRM")
    persons = {f"Person{'xyz'[k]}": expected[k] * (1 - matrix[:, k].sum()) for k in range(3)}
    for name, share in persons.items():
        assert float(found.get(name, 0)) == pytest.approx(share, abs=1e-6)
    assert sum(persons.values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("jurisdiction", "percent", "counts"),
    [("CN", "25", True), ("EU", "25", False), ("EU", "25.01", True), ("EU-AMLR", "25", True), ("GB", "25", False),
     ("US", "25", True), ("IN", "10", False), ("IN", "10.5", True)],
)  # fmt: skip
def test_the_threshold_and_its_operator(jurisdiction, percent, counts):
    rest = 100 - float(percent)
    found = beneficial_owners(graph(f"Anna {percent} FIRM", f"Bob {rest} FIRM"), "FIRM", THRESHOLDS[jurisdiction])
    assert ("Anna" in [one.owner.name for one in found]) is counts


def test_control_by_other_means_and_the_senior_manager():
    found = graph("Anna 5 FIRM appoints_board", "Bob 95 FIRM")
    basis = {one.owner.name: one.basis for one in beneficial_owners(found, "FIRM", THRESHOLDS["CN"])}
    assert basis == {"Bob": BasisKind.OWNERSHIP, "Anna": BasisKind.CONTROL}
    scattered = graph(*(f"P{chr(97 + i)} 10 FIRM" for i in range(10)))
    boss = Owner("boss", "Dora", OwnerKind.PERSON)
    (only,) = beneficial_owners(scattered, "FIRM", THRESHOLDS["CN"], senior_managers=[boss])
    assert (only.owner, only.basis) == (boss, BasisKind.SENIOR_MANAGER)


def test_who_controls_the_parent_controls_the_child():
    found = graph("Anna 51 HOLD", "Bob 49 HOLD", "HOLD 30 FIRM contract", "Carl 70 FIRM")
    basis = {one.owner.name: one.basis for one in beneficial_owners(found, "FIRM", THRESHOLDS["CN"])}
    assert basis == {"Carl": BasisKind.OWNERSHIP, "Anna": BasisKind.CONTROL}


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["Anna 60 FIRM", "Bob 41 FIRM"], "101 %"),
        (["Anna -1 FIRM"], "between 0 and 100"),
        (["FIRM 10 FIRM"], "its own owner"),
        (["Anna 10 FIRM", "Anna 10 FIRM"], "twice"),
        (["Anna 10 Bob"], "own a person"),
    ],
)
def test_impossible_holdings_are_refused_by_name(lines, says):
    with pytest.raises(InvalidInput, match=says):
        graph(*lines)


def test_fifty_percent_rule_of_the_treasury():
    """OFAC FAQ 401: blocked X owns 25 % of A and 25 % of B, which each own 50 % of C: C is not blocked. And Blocked X
    owns 50 % of A and 10 % of B, A owns 40 % of B: B is blocked, for A is (50 % in sum)."""
    not_blocked = graph("Xaver 25 A", "Xaver 25 B", "A 50 C", "B 50 C")
    assert blocked_by_ownership(not_blocked, frozenset({"Xaver"})) == {}
    blocked = graph("Xaver 50 A", "Xaver 10 B", "A 40 B")
    assert blocked_by_ownership(blocked, frozenset({"Xaver"})) == {"A": Decimal("0.5"), "B": Decimal("0.5")}
    two = graph("Xaver 25 A", "Yuri 25 A")
    assert blocked_by_ownership(two, frozenset({"Xaver", "Yuri"})) == {"A": Decimal("0.5")}


def figures(employees: int, revenue: str, assets: str = "0") -> SizeFigures:
    return SizeFigures(employees, Decimal(revenue), Decimal(assets))


@pytest.mark.parametrize(
    ("industry", "given_figures", "wanted"),
    [
        ("industry", figures(1000, "400000000"), SizeClass.LARGE),
        ("industry", figures(999, "400000000"), SizeClass.MEDIUM),
        ("industry", figures(299, "400000000"), SizeClass.SMALL),
        ("industry", figures(19, "400000000"), SizeClass.MICRO),
        ("wholesale", figures(20, "50000000"), SizeClass.MEDIUM),
        ("retail", figures(10, "1000000"), SizeClass.SMALL),
        ("construction", figures(5, "60000000", "49990000"), SizeClass.SMALL),
        ("real_estate", figures(5, "10000000", "50000000"), SizeClass.MEDIUM),
        ("software", figures(9, "900000"), SizeClass.MICRO),
        ("other", figures(100, "0"), SizeClass.MEDIUM),
    ],
)
def test_size_classes_of_the_chinese_notice(industry, given_figures, wanted):
    assert size_class("CN", given_figures, date(2026, 1, 1), industry=industry) is wanted


@pytest.mark.parametrize(
    ("given_figures", "wanted"),
    [
        (figures(9, "2000000", "9999999"), SizeClass.MICRO),
        (figures(9, "2000001", "2000001"), SizeClass.SMALL),
        (figures(49, "60000000", "10000000"), SizeClass.SMALL),
        (figures(249, "60000000", "43000000"), SizeClass.MEDIUM),
        (figures(249, "50000001", "43000001"), SizeClass.LARGE),
        (figures(250, "1", "1"), SizeClass.LARGE),
    ],
)
def test_size_classes_of_recommendation_2003_361(given_figures, wanted):
    assert size_class("EU", given_figures, date(2026, 1, 1)) is wanted


def test_no_table_for_that_day_or_place():
    with pytest.raises(InvalidInput, match="2000-01-01"):
        size_class("CN", figures(1, "1"), date(2000, 1, 1))
    with pytest.raises(InvalidInput, match="ZZ"):
        size_class("ZZ", figures(1, "1"), date(2026, 1, 1))
