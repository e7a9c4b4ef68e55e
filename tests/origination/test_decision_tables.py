"""Decision tables: reading, three-valued logic, hit policies, and the law that both forms of evaluation agree."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.errors import PolicyInvalid
from core.domain.money import Money
from origination.domain.decision_table import Vocabulary, compile_table, encode_columns, evaluate_columns
from origination.domain.rules import read_table
from origination.domain.table_check import check_table

TEXT = {"en": "No.", "zh": "否。"}


def table(*rows, hit_policy="collect", **more):
    return read_table({"name": "t", "stage": "knock_out", "hit_policy": hit_policy, "row": list(rows), **more})


def row(row_id="ROW_ONE", outcome="REFER", **when):
    return {"id": row_id, "when": when, "outcome": outcome, "text": TEXT}


def value_row(row_id, months, **when):
    return {"id": row_id, "when": when, "values": {"tenor_max": months}}


def trace(found, **facts):
    vocabulary = Vocabulary([found])
    return compile_table(found, vocabulary).trace({"currency": "CNY", **facts}, vocabulary)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (row(income=[">", 1]), "There is no fact called income"),
        (row(dti=["~", "0.5"]), "is not an operator"),
        (row(dti=[">", 0.5]), "not a value of dti (ratio)"),
        (row(dti=[">", "half"]), "not a number for dti"),
        (row(dti=[">", "0.12345678"]), "more than six decimals"),
        (row(dti=[">"]), "Write dti as [operator, value]"),
        (row(dti=["between", "0.5"]), "needs two values"),
        (row(dti=["between", "0.6", "0.5"]), "which is empty"),
        (row(amount=[">", "5000"]), "write it by currency"),
        (row(amount=[">", {"CNY": "5000.001"}]), "not an amount in CNY"),
        (row(amount=[">", {"CNY": 5000.5}]), "as text or a whole number"),
        (row(purpose=["in", "yacht"]), "not a value of purpose"),
        (row(purpose=[">", "other"]), "cannot be compared by >"),
        (row(full_name=["=", "x"]), "cannot be compared"),
        (row(age_years=["<", "18"]), "not a value of age_years (integer years)"),
        (row("lower", dti=[">", "1"]), "capital letters"),
        (row(outcome="MAYBE", dti=[">", "1"]), "not APPROVE, REFER or DECLINE"),
        ({"id": "ROW_ONE", "when": {}, "outcome": "REFER", "text": {"en": "x"}}, "in English and in Chinese"),
        ({"id": "ROW_ONE", "when": {}, "outcome": "REFER", "text": {"en": "{x}", "zh": "x"}}, "names x"),
        ({"id": "ROW_ONE", "when": {}}, "gives either an outcome or values"),
        ({"id": "ROW_ONE", "when": {}, "outcom": "REFER"}, "no key called outcom"),
    ],
)
def test_a_wrong_row_is_refused_with_table_row_and_reason(bad, said):
    with pytest.raises(PolicyInvalid) as refused:
        table(bad)
    assert said in refused.value.message
    assert "t/" in refused.value.message


def test_a_protected_fact_may_only_knock_out():
    assert table(row(age_years=["<", 18]))
    with pytest.raises(PolicyInvalid, match="protected"):
        read_table({"name": "t", "stage": "referral", "hit_policy": "collect", "row": [row(age_years=["<", 18])]})


def test_a_table_of_values_is_whole():
    with pytest.raises(PolicyInvalid, match="mixes"):
        table(value_row("V_A", 1), row(), hit_policy="first")
    with pytest.raises(PolicyInvalid, match="hit policy first or unique"):
        table(value_row("V_A", 1))
    with pytest.raises(PolicyInvalid, match="twice"):
        table(row(), row())
    with pytest.raises(PolicyInvalid, match="at least one row"):
        table()


def test_percent_and_fraction_are_the_same_limit():
    one, other = table(row(dti=[">", "55%"])), table(row(dti=[">", "0.55"]))
    assert one == other


@pytest.mark.parametrize(
    ("dti", "age", "fired"),
    [
        (Decimal("0.6"), 30, True),
        (Decimal("0.5"), 30, False),
        (None, 30, None),
        (None, 99, False),  # one false cell settles the row, whatever is unknown
        (Decimal("0.6"), None, None),
        (None, None, None),
    ],
)
def test_unknown_facts_follow_kleenes_strong_logic(dti, age, fired):
    facts = {name: value for name, value in {"dti": dti, "age_years": age}.items() if value is not None}
    result = trace(table(row(dti=[">", "0.55"], age_years=["<", 60])), **facts)
    assert result.rows[0].fired is fired
    assert (result.undetermined == "missing") is (fired is None)


def test_money_is_compared_in_its_own_currency_only():
    rule = table(row(amount=[">", {"CNY": "5000", "EUR": "700"}]))
    assert trace(rule, amount=Money.of("5000.01", "CNY")).rows[0].fired is True
    assert trace(rule, amount=Money.of("800", "EUR"), currency="EUR").rows[0].fired is True
    assert trace(rule, amount=Money.of("800", "EUR")).rows[0].fired is None  # foreign to the case
    assert trace(rule, amount=Money.of("9", "GBP"), currency="GBP").rows[0].fired is None  # no limit set


def test_hit_policies():
    rows = (row("ROW_ONE", age_years=[">", 10]), row("ROW_TWO", age_years=[">", 20]))
    assert [r.id for r in trace(table(*rows), age_years=30).hits] == ["ROW_ONE", "ROW_TWO"]
    assert [r.id for r in trace(table(*rows, hit_policy="first"), age_years=30).hits] == ["ROW_ONE"]
    assert trace(table(*rows, hit_policy="unique"), age_years=30).undetermined == "overlap"
    assert trace(table(*rows, hit_policy="unique"), age_years=15).undetermined is None


def test_an_unknown_row_before_the_first_hit_leaves_the_table_open():
    rows = (row("ROW_ONE", dti=[">", "0.5"]), row("ROW_TWO", age_years=[">", 20]))
    result = trace(table(*rows, hit_policy="first"), age_years=30)
    assert (result.hits, result.undetermined) == ((), "missing")
    after = trace(table(*reversed(rows), hit_policy="first"), age_years=30)
    assert ([r.id for r in after.hits], after.undetermined) == (["ROW_TWO"], None)


def test_a_value_is_only_given_when_certain():
    found = table(value_row("V_A", 12, grade=["=", "A"]), value_row("V_B", 6, grade=["=", "B"]), hit_policy="unique")
    assert trace(found, grade="A").values == {"tenor_max": 12}
    assert trace(found, grade="C").undetermined == "gap"
    assert trace(found).values is None


def test_tables_are_in_force_by_segment_jurisdiction_and_day():
    found = table(row(), segments=["sme"], jurisdictions=["CN"], valid_from="2026-01-01", valid_to="2026-12-31")
    assert found.applies("sme", "CN", date(2026, 1, 1))
    assert found.applies("sme", "CN", date(2026, 12, 31))
    assert not found.applies("sme", "CN", date(2027, 1, 1))
    assert not found.applies("sme", "EU", date(2026, 6, 1))
    assert not found.applies("consumer", "CN", date(2026, 6, 1))


def test_the_editor_hears_of_overlaps_gaps_and_dead_rows():
    rows = (
        value_row("V_LOW", 12, age_years=["<", 30]),
        value_row("V_MID", 24, age_years=["between", 29, 40]),
        value_row("V_HIGH", 36, age_years=[">", 41]),
    )
    report = check_table(table(*rows, hit_policy="unique"), "CNY")
    assert {(f.what, f.rows, f.example) for f in report.findings} == {
        ("overlap", ("V_LOW", "V_MID"), (("age_years", 29),)),
        ("gap", (), (("age_years", 41),)),
    }
    dead = table(row("ROW_ONE", age_years=["<", 30]), row("ROW_TWO", age_years=["<", 20]), hit_policy="first")
    assert [(f.what, f.rows) for f in check_table(dead, "CNY").findings] == [("dead", ("ROW_TWO",))]


# --- the law: one case and columns agree ----------------------------------------------------------------------------

TENTHS = st.sampled_from([Decimal(n) / 10 for n in range(11)])
NUMBERS = {
    "age_years": (st.integers(0, 6), lambda v: v),
    "dti": (TENTHS, str),
}
RANKED = st.sampled_from(["<", "<=", ">", ">=", "=", "!="])


@st.composite
def cells(draw: st.DrawFn) -> tuple[str, list]:
    name = draw(st.sampled_from(["age_years", "dti", "amount", "grade", "jurisdiction"]))
    if name == "amount":
        one, two = sorted(draw(st.tuples(st.integers(0, 5), st.integers(0, 5))))
        currencies = draw(st.sampled_from([["CNY"], ["CNY", "EUR"]]))
        if draw(st.booleans()):
            return name, ["between", dict.fromkeys(currencies, one), dict.fromkeys(currencies, two)]
        return name, [draw(RANKED), dict.fromkeys(currencies, one)]
    if name in NUMBERS:
        strategy, write = NUMBERS[name]
        one, two = sorted(draw(st.tuples(strategy, strategy)))
        if draw(st.booleans()):
            return name, ["between", write(one), write(two)]
        return name, [draw(RANKED), write(one)]
    words = ["A", "B", "C"] if name == "grade" else ["CN", "EU", "UK"]
    op = draw(st.sampled_from(["in", "not in", "=", "!="]))
    many = draw(st.lists(st.sampled_from(words), min_size=1, max_size=2, unique=True))
    return name, [op, *(many if "in" in op else many[:1])]


@st.composite
def tables(draw: st.DrawFn):
    gives_values = draw(st.booleans())
    count = draw(st.integers(1, 4))
    rows = [dict(draw(st.lists(cells(), max_size=3))) for _ in range(count)]
    policy = draw(st.sampled_from(["first", "unique"] if gives_values else ["first", "unique", "collect"]))
    if gives_values:
        return table(*(value_row(f"ROW_{at}", at, **when) for at, when in enumerate(rows)), hit_policy=policy)
    return table(*(row(f"ROW_{at}", **when) for at, when in enumerate(rows)), hit_policy=policy)


# One draw each: None leaves the fact unknown, an amount of -1 stands for a foreign one.
POSSIBLE = {
    "age_years": st.sampled_from([None, *range(7)]),
    "dti": st.sampled_from([None, None, *TENTHS.elements]),
    "amount": st.sampled_from([None, -1, *range(6)]),
    "grade": st.sampled_from([None, "A", "B", "C", "D"]),
    "jurisdiction": st.sampled_from([None, "CN", "EU", "UK", "US"]),
}


@st.composite
def cases(draw: st.DrawFn) -> dict:
    currency = draw(st.sampled_from(["CNY", "EUR", "GBP"]))
    facts = {name: draw(values) for name, values in POSSIBLE.items()}
    if facts["amount"] is not None:
        facts["amount"] = Money.of(facts["amount"], currency) if facts["amount"] >= 0 else Money.of(1, "USD")
    return {"currency": currency} | {name: value for name, value in facts.items() if value is not None}


@settings(max_examples=300, deadline=None)
@given(tables(), st.lists(cases(), min_size=1, max_size=12))
def test_one_case_and_columns_agree(found, many):
    vocabulary = Vocabulary([found])
    compiled = compile_table(found, vocabulary)
    by_column = evaluate_columns(compiled, encode_columns(many, found.inputs, vocabulary))
    for at, facts in enumerate(many):
        alone = compiled.trace(facts, vocabulary)
        hit = tuple(r.id for r, column in zip(found.rows, by_column.hit, strict=True) if column[at])
        assert hit == tuple(r.id for r in alone.hits)
        assert bool(by_column.undetermined[at]) is (alone.undetermined is not None)


def test_columns_hold_whole_numbers():
    found = table(row(dti=[">", "0.55"]))
    vocabulary = Vocabulary([found])
    columns = encode_columns([{"dti": Decimal("0.550001"), "currency": "CNY"}], ["dti"], vocabulary)
    assert columns.codes["dti"].dtype == np.int64
    assert columns.codes["dti"].tolist() == [550001]
