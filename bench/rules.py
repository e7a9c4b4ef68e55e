"""Rule evaluation: one decision, and a million by the column, on the shipped policy; beside zen-engine if installed.

    python -m bench.rules [cases]

Prints decisions a second on one core; the aim of a whole trial (facts as kept, outcomes, groups, losses, profit) is a
million applications a minute. zen-engine is no dependency: bench/requirements.txt says how to compare.
"""

from __future__ import annotations

import json
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from core.domain.fact import FactType
from core.domain.facts import CATALOGUE, facts_to_json
from core.domain.ids import uuid7
from origination.domain.decision import CompiledPolicy, decide
from origination.domain.decision_table import MISSING, Columns, Vocabulary, compile_table
from origination.domain.facts_input import read_facts
from origination.domain.policy import OriginationPolicy
from origination.domain.rules import read_table
from origination.domain.simulation import columns_of, simulate, simulate_kept
from origination.domain.trial import BackTest, PastCase, add_cases

ROOT = Path(__file__).parents[1]
DAY = date(2026, 11, 22)
CASE = {
    "segment": "consumer", "jurisdiction": "CN", "currency": "CNY", "amount": "20000", "tenor_months": 24,
    "age_years": 36, "income_monthly": "15000", "dti": "0.13", "dti_stressed": "0.15", "residual_income": "10000",
    "residual_income_stressed": "8000", "bureau_delinquencies_24m": 0, "bureau_inquiries_6m": 1,
    "bureau_worst_dpd_24m": 0, "other_applications_30d": 0, "fact_conflicts": 0, "grade": "B", "pd": "0.02",
    "points": "640", "rate_annual": "0.09", "cost_effective": "0.0938", "cost_nominal": "0.09", "kyc_outcome": "PASS",
}  # fmt: skip
TEXT = {"en": "x", "zh": "x"}


def per_second(run: Callable[[], object], seconds: float = 1.0) -> float:
    """Calls a second of CPU time, after one warm call."""
    run()
    count, start = 0, time.process_time()
    while time.process_time() - start < seconds:
        run()
        count += 1
    return count / (time.process_time() - start)


def spread(columns: Columns, cases: int) -> Columns:
    """One case repeated, with random figures where the rules look, so that branches differ; 2 % of figures unknown."""
    rng = np.random.default_rng(7)
    codes = {}
    for name, column in columns.codes.items():
        base = int(column[0])
        if CATALOGUE[name].type in {FactType.CHOICE, FactType.CODE, FactType.ORDINAL} or base == MISSING:
            codes[name] = np.full(cases, base, dtype=np.int64)
            continue
        drawn = (base * rng.lognormal(0.3, 0.8, cases) + rng.integers(0, 3, cases)).astype(np.int64)
        drawn[rng.random(cases) < 0.02] = MISSING
        codes[name] = drawn
    return Columns(codes, np.zeros(cases, dtype=np.int64), columns.currencies)


def twenty_rows() -> list[dict[str, Any]]:
    """A first-hit table of 20 rows over 4 inputs, the size compared with other engines."""
    return [
        {
            "id": f"ROW_{at}",
            "when": {
                "dti": [">", f"0.{95 - at:02d}"],
                "age_years": ["between", 18 + at, 80 - at],
                "bureau_inquiries_6m": [">=", 19 - at],
                "grade": ["in", "ABCDEFG"[at % 7], "C"],
            },
            "outcome": "REFER",
            "text": TEXT,
        }
        for at in range(20)
    ]


def zen_content(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The same table as a JDM graph."""
    fields = ["dti", "age_years", "bureau_inquiries_6m", "grade"]

    def cell(raw: list[Any]) -> str:
        op, *operands = raw
        if op == "between":
            return f"[{operands[0]}..{operands[1]}]"
        if op == "in":
            return ",".join(f'"{one}"' for one in operands)
        return f"{op} {operands[0]}"

    table = {
        "hitPolicy": "first",
        "inputs": [{"id": name, "name": name, "field": name} for name in fields],
        "outputs": [{"id": "out", "name": "out", "field": "row"}],
        "rules": [
            {"_id": row["id"], "out": f'"{row["id"]}"'} | {n: cell(row["when"][n]) for n in fields} for row in rows
        ],
    }
    nodes = [
        {"id": "in", "type": "inputNode", "name": "in"},
        {"id": "table", "type": "decisionTableNode", "name": "table", "content": table},
        {"id": "out", "type": "outputNode", "name": "out"},
    ]
    edges = [
        {"id": "a", "type": "edge", "sourceId": "in", "targetId": "table"},
        {"id": "b", "type": "edge", "sourceId": "table", "targetId": "out"},
    ]
    return {"nodes": nodes, "edges": edges}


def compare_with_zen() -> None:
    """20 rows, first hit, with our full trace and without, and zen-engine where it is installed."""
    rows = twenty_rows()
    table = read_table({"name": "bench", "stage": "knock_out", "hit_policy": "first", "row": rows})
    vocabulary = Vocabulary([table])
    compiled = compile_table(table, vocabulary)
    facts = read_facts(
        {"facts": {"currency": "CNY", "dti": "0.80", "age_years": 40, "bureau_inquiries_6m": 9, "grade": "C"}}
    )
    codes = {name: vocabulary.code(name, facts.get(name)) for name in table.inputs}
    hit = next(row.id for row, state in zip(table.rows, compiled.fire(codes, "CNY"), strict=True) if state)
    print(f"20-row first-hit table, rows only:     {per_second(lambda: compiled.fire(codes, 'CNY')):12,.0f} /s")
    print(f"20-row first-hit table, full trace:    {per_second(lambda: compiled.trace(facts, vocabulary)):12,.0f} /s")
    try:
        import zen
    except ImportError:
        print("zen-engine is not installed: not compared")
        return
    engine = zen.ZenEngine().create_decision(json.dumps(zen_content(rows)))
    given = {"dti": 0.80, "age_years": 40, "bureau_inquiries_6m": 9, "grade": "C"}
    assert engine.evaluate(given)["result"]["row"] == hit
    print(f"the same in zen-engine:                {per_second(lambda: engine.evaluate(given)):12,.0f} /s")


def main() -> None:
    """Runs all."""
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    text = (ROOT / "origination" / "policy.toml").read_text(encoding="utf-8")
    policy: CompiledPolicy = OriginationPolicy.from_toml(tomllib.loads(text)).compiled
    facts = read_facts({"facts": CASE})
    rows = sum(len(one.table.rows) for one in policy.in_force("consumer", "CN", DAY))
    print(f"shipped policy, {rows} rows, one case:    {per_second(lambda: decide(facts, policy, DAY)):12,.0f} /s")
    columns = spread(columns_of([facts], policy), cases)
    start = time.process_time()
    found = simulate(columns, policy, "consumer", "CN", DAY)
    took = time.process_time() - start
    outcomes = Counter(found.outcomes())
    shares = ", ".join(f"{outcome} {count / cases:.1%}" for outcome, count in outcomes.items())
    print(f"shipped policy by the column:          {cases / took:12,.0f} /s ({cases:,} cases: {shares})")
    start = time.process_time()
    many = [dict(facts) | {"dti": Decimal(at % 100) / 100} for at in range(20_000)]
    columns_of(many, policy)
    print(f"facts to columns:                      {20_000 / (time.process_time() - start):12,.0f} /s")
    trial(many, policy)
    compare_with_zen()


def trial(many: list[dict[str, Any]], compiled: CompiledPolicy) -> None:
    """A whole trial from facts as they are kept, without the database."""
    kept = [PastCase(uuid7(), "APPROVE", facts_to_json(facts)) for facts in many]
    text = (ROOT / "origination" / "policy.toml").read_text(encoding="utf-8")
    policy: OriginationPolicy = OriginationPolicy.from_toml(tomllib.loads(text))
    result, start = BackTest(), time.process_time()
    add_cases(result, kept, simulate_kept([case.facts for case in kept], compiled, DAY), policy, str)
    speed = len(kept) / (time.process_time() - start)
    print(f"a whole trial from kept facts:         {speed:12,.0f} /s ({speed * 60 / 1e6:.1f} million a minute)")


if __name__ == "__main__":
    main()
