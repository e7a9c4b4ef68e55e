"""Odd columns: times with a value per row, names with a value per row, groups of few rows beside many."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.domain.checks import usable
from scoring.domain.columns import Column, ColumnRole, ColumnType, Feature
from scoring.domain.fairness import two_proportions
from scoring.steps.figures import BANDS, PERIODS_MOST, periods_of

DAY = Column("granted_on", ColumnType.DATE, ColumnRole.TIME)
NUMBER = Column("year", ColumnType.NUMBER, ColumnRole.TIME)


def test_years_and_months_stand_in_order_of_time():
    found = periods_of(NUMBER, np.array([10.0, 9, 2003, np.nan, 10]))
    assert [(name, int(mine.sum())) for name, mine in found] == [("9", 1), ("10", 2), ("2003", 1), ("missing", 1)]
    days = np.array([730_000.0, 729_999, np.nan])  # 730,000 days after 31 December of the year 0: 1999-09-06
    assert [name for name, _ in periods_of(DAY, days)] == ["1999-09", "missing"]
    many = np.arange(700_000.0, 700_000 + 366 * 10)
    assert [name for name, _ in periods_of(DAY, many)] == [str(year) for year in range(1917, 1928)]


@given(st.lists(st.one_of(st.just(float("nan")), st.floats(-1e9, 1e9)), max_size=300), st.sampled_from([NUMBER]))
def test_every_row_is_in_one_period(values, column):
    found = periods_of(column, np.asarray(values))
    assert sum(int(mine.sum()) for _, mine in found) == len(values)
    assert len(found) <= PERIODS_MOST + 1
    if len({value for value in values if value == value}) > PERIODS_MOST:
        assert len(found) <= BANDS + 1


def test_a_column_of_names_is_left_out_and_told_so():
    names, towns = Feature("uuid", ColumnType.CATEGORY), Feature("town", ColumnType.CATEGORY, 0, ("north",))
    kept, found = usable((names, towns), (np.zeros(40), np.arange(40) % 2.0))
    assert kept == [1]
    assert [(finding.code, finding.column) for finding in found] == [("RARE_VALUES", "uuid")]


def test_few_against_many_rows_is_quick():
    # scipy.stats.fisher_exact([[3, 46], [30000, 270000]]).pvalue
    assert two_proportions(3, 49, 30_000, 300_000) == pytest.approx(0.4794361631826809, abs=1e-8)
