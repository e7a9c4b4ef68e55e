"""Reasons of one row and of many rows are ranked alike, by the definition: groups by their sum, worst first."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scoring.domain.card import REASONS_MAX, Baseline, Grade, Terms
from scoring.domain.columns import ColumnType, Feature
from scoring.domain.scale import Scale

SIZE = 7


def terms(groups, base):
    features = tuple(Feature(f"x{at}", ColumnType.NUMBER) for at in range(SIZE))
    return Terms("additive", "test", Scale(), 1.0, 0.0, features, groups, (Grade("A", None, None),), 0.1,
                 Baseline("population", tuple(base), sum(base), 1))  # fmt: skip


def by_definition(groups, base, ticks):
    lost = [sum(ticks[at] - base[at] for at in group) for group in groups]
    worst = sorted((change, place) for place, change in enumerate(lost) if change < 0)[:REASONS_MAX]
    return tuple((min(groups[place], key=lambda at: ticks[at] - base[at]), -change) for change, place in worst)


@st.composite
def groupings(draw):
    """The features in groups of any size, as `correlated_groups` gives them: by their first member."""
    owner = draw(st.lists(st.integers(0, SIZE - 1), min_size=SIZE, max_size=SIZE))
    members: dict[int, list[int]] = {}
    for at, name in enumerate(owner):
        members.setdefault(name, []).append(at)
    return tuple(tuple(draw(st.permutations(group))) for group in members.values())


WHOLE = st.lists(st.integers(-3, 3), min_size=SIZE, max_size=SIZE)  # few values, so that there are many ties


@given(groups=groupings() | st.just(tuple((at,) for at in range(SIZE))), base=WHOLE, rows=st.lists(WHOLE, min_size=1))
def test_reasons_are_ranked_by_definition_one_by_one_and_all_at_once(groups, base, rows):
    card = terms(groups, base)
    many = card.rank_rows(np.array(rows, dtype=np.int32).T)
    for at, ticks in enumerate(rows):
        wanted = by_definition(groups, base, ticks)
        assert card.rank(ticks) == wanted
        assert [feature for feature in many[:, at].tolist() if feature >= 0] == [feature for feature, _ in wanted]
