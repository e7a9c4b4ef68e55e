"""Policies as texts and sheets: nothing changes that nobody changed; trials count as single decisions do."""

from __future__ import annotations

import tomllib
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.errors import InvalidInput, PolicyInvalid
from core.domain.facts import facts_to_json
from core.domain.money import Money
from origination.domain.decision import CompiledPolicy, decide
from origination.domain.decision_table import Vocabulary, encode_columns
from origination.domain.facts import Exchange
from origination.domain.policy import OriginationPolicy
from origination.domain.policy_cells import show_cell, typed_cell
from origination.domain.policy_diff import diff_policies
from origination.domain.policy_sheet import SPECS, moved, read_sheet, sheet_of, table_columns
from origination.domain.policy_text import dump_policy, own_text, read_text, table_of, with_section, with_table
from origination.domain.simulation import json_columns, simulate_kept
from origination.domain.trial import BackTest, PastCase, add_cases, profits_usd
from tests.origination.cases import DAY, ROOT, seed_policy
from tests.origination.test_decision_tables import cases, tables

TEXT = (ROOT / "origination/policy.toml").read_text("utf-8")
DATA = read_text(TEXT)


def test_a_policy_written_anew_is_the_same_policy():
    assert read_text(dump_policy(DATA)) == DATA
    assert OriginationPolicy.from_toml(tomllib.loads(dump_policy(DATA))).sha256 == seed_policy().sha256


@pytest.mark.parametrize("raw", DATA["table"], ids=lambda raw: raw["name"])
def test_a_table_through_the_grid_is_the_same_table(raw):
    rows, sheet = read_sheet(sheet_of(table_columns(raw), raw["row"]), stage=raw["stage"])
    assert not sheet.errors
    assert rows == raw["row"]


@pytest.mark.parametrize("section", SPECS)
def test_a_section_through_its_sheet_is_the_same_section(section):
    rows, sheet = read_sheet(sheet_of(SPECS[section], DATA[section]))
    assert not sheet.errors
    assert rows == DATA[section]


def test_only_the_block_that_changed_is_written_anew():
    raw = dict(table_of(DATA, "affordability_consumer"))
    raw["row"] = [raw["row"][0] | {"when": {"dti": [">", "0.50"]}}, *raw["row"][1:]]
    changed = with_table(TEXT, "affordability_consumer", raw)
    assert "# --- who may decide" in changed
    assert "# yearly fractions; the rate is the product's grid" in changed
    (change,) = diff_policies(DATA, read_text(changed))
    assert change.place == ("table", "affordability_consumer", "row", "DTI_ABOVE_LIMIT", "when", "dti")
    assert (change.before, change.after) == ('[">", "0.55"]', '[">", "0.50"]')
    without = with_table(changed, "appetite", None)
    assert {one.kind for one in diff_policies(DATA, read_text(without))} == {"changed", "removed"}
    assert with_section(TEXT, "version", "2027-01").startswith(TEXT[:200])
    assert "[lender]" not in own_text(TEXT)
    assert "# --- who may decide" in own_text(TEXT)


def test_a_text_that_cannot_be_cut_is_written_as_a_whole():
    odd = 'version = "x"\nstress = {rate = "0.02", income = "0.10"}\nnote = """\n[stress]\n"""\n'
    assert read_text(with_section(odd, "stress", {"rate": "0.05", "income": "0"}))["stress"]["rate"] == "0.05"


def test_rows_that_change_places_are_told():
    raw = dict(table_of(DATA, "appetite"))
    raw["row"] = list(reversed(raw["row"]))
    (change,) = diff_policies(DATA, read_text(with_table(TEXT, "appetite", raw)))
    assert change.place[-1] == "order"


@given(st.sampled_from(["up:1", "down:0", "copy:1", "remove:0", "add", "column:employees", "drop:dti", "up:0", "x:9"]))
def test_buttons_of_the_grid_lose_nothing(action):
    raw = table_of(DATA, "affordability_consumer")
    before = sheet_of(table_columns(raw), raw["row"])
    after = moved(before, action)
    expected = {"copy": 1, "add": 1, "remove": -1}.get(action.partition(":")[0], 0)
    assert len(after.rows) == len(before.rows) + expected


@pytest.mark.parametrize(
    ("name", "op", "values", "raw"),
    [
        ("dti", ">", "55%", [">", "55%"]),
        ("tenor_months", "<=", "24 months", ["<=", 24]),
        ("amount", "between", "CNY 1,500, 2000; EUR 3, 4", None),
        ("amount", ">", "CNY 5,000; EUR 700", [">", {"CNY": "5000", "EUR": "700"}]),
        ("grade", "in", "A，B、C", ["in", "A", "B", "C"]),
        ("birth_on", "<", "1990-01-31", ["<", date(1990, 1, 31)]),
        ("dti", "", "", None),
    ],
)
def test_cells_are_typed_as_people_write(name, op, values, raw):
    if raw is None and values:
        with pytest.raises(InvalidInput):
            typed_cell(name, op, values)
    else:
        assert typed_cell(name, op, values) == raw
        if raw is not None:
            assert show_cell(raw)[0] == op


def test_the_rates_of_the_day_count():
    policy = seed_policy()
    assert policy.exchange_on(date(2024, 6, 1)).as_of == date(2023, 12, 29)
    assert policy.exchange_on(date(2026, 6, 1)).as_of == date(2024, 12, 31)
    assert policy.exchange_on(date(2001, 1, 1)).as_of == date(2023, 12, 29)
    # European Central Bank, 31 December 2024: USD 1.0389 and CNY 7.5833 for one euro.
    assert policy.exchange_on(DAY).convert(Money.of("7583.30", "CNY"), "EUR") == Money.of("1000.00", "EUR")
    old = OriginationPolicy.from_toml(
        {**tomllib.loads(TEXT), "exchange": {"as_of": "2026-11-20", "usd_per_unit": {"USD": "1"}}}
    )
    assert old.exchanges == (Exchange(date(2026, 11, 20), {"USD": Decimal(1)}),)
    with pytest.raises(PolicyInvalid, match="of each day once"):
        OriginationPolicy.from_toml({**tomllib.loads(TEXT), "exchange": DATA["exchange"] * 2})


# --- trials --------------------------------------------------------------------------------------------------------


@settings(max_examples=200)
@given(tables(), st.lists(cases(), min_size=1, max_size=12))
def test_kept_facts_have_the_same_codes(found, many):
    vocabulary = Vocabulary([found])
    typed = encode_columns(many, found.inputs, vocabulary)
    kept = json_columns([facts_to_json(facts) for facts in many], found.inputs, vocabulary)
    assert {name: column.tolist() for name, column in typed.codes.items()} == {
        name: column.tolist() for name, column in kept.codes.items()
    }
    assert typed.currency.tolist() == kept.currency.tolist()


@settings(max_examples=100)
@given(tables(), st.lists(cases(), min_size=1, max_size=12))
def test_a_trial_decides_as_one_case_does(found, many):
    policy = CompiledPolicy.of([found])
    simulated = simulate_kept([facts_to_json(facts) for facts in many], policy, DAY)
    assert simulated.outcomes() == tuple(decide(facts, policy, DAY).outcome for facts in many)


@given(
    st.integers(1, 10**9), st.sampled_from(["CNY", "EUR"]), st.decimals(0, 1, places=6), st.decimals(0, 1, places=6),
    st.sampled_from(["consumer", "sme"]),
)  # fmt: skip
def test_profit_is_the_price_less_its_costs(minor, currency, rate, pd, segment):
    policy, costs = seed_policy(), seed_policy().pricing
    amount = Money(minor, currency)
    facts = {"currency": currency, "amount": amount, "rate_annual": rate, "pd": pd, "segment": segment}
    (found,) = profits_usd([facts_to_json(facts)], policy).tolist()
    usd = amount.amount * policy.exchanges[-1].usd_per_unit[currency]
    loss = pd * costs.loss_given_default[segment]
    wanted = usd * (rate - costs.cost_of_funds[currency] - loss - costs.operating_cost[segment])
    cents = (wanted * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    assert abs(found - cents) <= 2 + abs(usd) // 10_000  # a millionth of the spread is rounded


def test_observed_losses_are_of_those_whose_time_is_over():
    facts = {"currency": "CNY", "segment": "consumer", "grade": "B", "age_years": 30, "nationality": "CN"}
    past = [
        PastCase(uuid4(), "APPROVE", facts, bad=True),
        PastCase(uuid4(), "APPROVE", facts, bad=False),
        PastCase(uuid4(), "APPROVE", facts),
        PastCase(uuid4(), "DECLINE", facts),
    ]
    policy, result = seed_policy(), BackTest()
    simulated = simulate_kept(
        [one.facts for one in past], policy.compiled, DAY
    )  # no score: every case goes to a person
    add_cases(result, past, simulated, policy, lambda age: f"about {age}")
    assert result.observed_bad_before == Decimal("0.5")
    assert result.observed_bad_after is None
    assert result.groups["age", "about 30"].approved_before == 3
    assert result.moves == {("APPROVE", "REFER"): 3, ("DECLINE", "REFER"): 1}
