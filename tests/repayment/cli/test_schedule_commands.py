"""The commands that need no database: one object or a list, JSON or a table, refusals in their place."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

import pytest
from click.testing import CliRunner, Result

from repayment.cli import COMMANDS

GROUPS = {group.name: group for group in COMMANDS}
LOAN: dict[str, Any] = {
    "principal": "10000.00", "currency": "CNY", "annual_rate": "0.12", "amortization": "annuity", "instalments": 12,
    "disbursed_on": "2025-01-31",
}  # fmt: skip


def run(group: str, *arguments: str, given: Any) -> Result:
    text = given if isinstance(given, str) else json.dumps(given)
    return CliRunner().invoke(GROUPS[group], list(arguments), input=text)


def test_the_contract_s_own_example() -> None:
    item = {
        **LOAN, "frequency": {"every": 1, "unit": "month"}, "first_due_on": "2025-02-28", "day_count": "ACT/365F",
        "month_end": "anchor", "rounding": {"mode": "HALF_EVEN", "residual": "last", "instalment_multiple": "0.01"},
        "grace": {"principal": 0, "interest": 0, "interest_treatment": "due_at_end"},
        "business_days": {
            "convention": "following", "weekend": ["SAT", "SUN"], "holidays": ["2025-05-01"], "calendar": None,
            "interest_follows": True,
        },
        "disbursements": [], "prepayments": [{"on": "2025-03-15", "amount": "500.00", "effect": "reduce_instalment"}],
    }  # fmt: skip
    result = run("loan", "schedule", "-", "--json", given=item)
    assert result.exit_code == 0
    answer = json.loads(result.output)
    rows = answer["instalments"]
    assert set(rows[0]) == {"number", "due_on", "principal", "interest", "fees", "payment", "balance"}
    # 10,000 x 12 % x 28/365 = 92.0548
    assert (rows[0]["due_on"], rows[0]["interest"]) == ("2025-02-28", "92.05")
    assert [row["due_on"] for row in rows[3:5]] == ["2025-06-02", "2025-06-30"]
    assert rows[-1]["balance"] == "0.00"
    assert answer["totals"]["principal"] == "9500.00"
    assert answer["totals"]["prepaid"] == "500.00"
    assert 0.1265 < float(answer["effective_annual_rate"]) < 0.1271


def test_defaults_and_other_spellings() -> None:
    plain = json.loads(run("loan", "schedule", "--json", given=LOAN).output)
    assert plain["instalments"][0]["payment"] == "888.49"
    assert plain["effective_annual_rate"].startswith("0.12682")
    period = {k: v for k, v in LOAN.items() if k != "annual_rate"} | {"period_rate": "0.01", "day_count": "PERIOD"}
    assert json.loads(run("loan", "schedule", "--json", given=period).output)["instalments"] == plain["instalments"]
    fixed = {k: v for k, v in LOAN.items() if k != "instalments"} | {"instalment": "888.49"}
    assert len(json.loads(run("loan", "schedule", "--json", given=fixed).output)["instalments"]) == 12
    equalised = json.loads(run("loan", "schedule", "--json", given=LOAN | {"equalise": True}).output)
    assert equalised["instalments"][-1]["balance"] == "0.00"
    told = json.loads(run("loan", "schedule", "--json", given=LOAN | {"explain": True}).output)
    assert (
        told["instalments"][0]["explanation"][0] == "From 2025-01-31 to 2025-02-28: 10000.00 × 12% × 1/12 = 100.000000"
    )


def test_fees_floating_and_promotional_rates() -> None:
    fees = [
        {"name": "service", "kind": "up_front", "rate": "0.02", "withheld": True},
        {"name": "guarantee", "kind": "per_instalment", "amount": "5.00", "payee": "guarantor"},
    ]
    charged = json.loads(run("loan", "schedule", "--json", given=LOAN | {"fees": fees}).output)
    assert charged["instalments"][0]["fees"] == "5.00"
    assert charged["instalments"][0]["payment"] == "893.49"
    assert charged["totals"]["fees_up_front"] == "200.00"
    index = [{"on": "2025-01-01", "rate": "0.031"}, {"on": "2025-05-20", "rate": "0.030"}]
    floating = {"index": index, "margin": "0.09", "resets": ["2025-07-31"]}
    loan = {k: v for k, v in LOAN.items() if k != "annual_rate"}
    rows = json.loads(run("loan", "schedule", "--json", given=loan | {"floating": floating}).output)["instalments"]
    assert rows[0]["interest"] == "100.83"  # 10,000 x (3.1 % + 9 %) / 12
    balance = float(rows[5]["balance"])
    assert rows[6]["interest"] == f"{balance * 0.12 / 12:.2f}"
    promotional = [{"from": "2025-01-31", "until": "2025-03-31", "annual_rate": "0"}]
    rows = json.loads(run("loan", "schedule", "--json", given=LOAN | {"promotional": promotional}).output)[
        "instalments"
    ]
    assert [row["interest"] for row in rows[:2]] == ["0.00", "0.00"]
    assert float(rows[2]["interest"]) > 80


def test_refused_items_stay_in_their_place_and_exit_is_1() -> None:
    result = run("loan", "schedule", "-", "--json", given=[LOAN, LOAN | {"principal": "-1"}, 7, LOAN])
    assert result.exit_code == 1
    first, second, third, fourth = json.loads(result.output)
    assert first == fourth
    assert second["error"]["code"] == "invalid_input"
    assert list(second["error"]["fields"]) == ["principal"]
    assert "message" in third["error"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"principal": "0"}, "principal"),
        ({"principal": "NaN"}, "principal"),
        ({"principal": "Infinity"}, "principal"),
        ({"principal": "1e5"}, "principal"),
        ({"principal": True}, "principal"),
        ({"principal": "1000.001"}, "principal"),
        ({"principal": "1" + "0" * 29}, "principal"),
        ({"principal": "1000.5", "currency": "JPY"}, "principal"),
        ({"principal": None}, "principal"),
        ({"currency": "yuan"}, "currency"),
        ({"annual_rate": "-0.1"}, "annual_rate"),
        ({"annual_rate": "10.5"}, "annual_rate"),
        ({"annual_rate": "0,1"}, "annual_rate"),
        ({"amortization": "magic"}, "amortization"),
        ({"instalments": "12.5"}, "instalments"),
        ({"instalments": 1201}, "instalments"),
        ({"instalments": 0}, "instalments"),
        ({"disbursed_on": "2025-02-30"}, "disbursed_on"),
        ({"disbursed_on": "20250131"}, "disbursed_on"),
        ({"first_due_on": "2024-12-31"}, "first_due_on"),
        ({"day_count": "ACT/364"}, "day_count"),
        ({"frequency": {"every": 0, "unit": "month"}}, "frequency.every"),
        ({"frequency": {"every": 1, "unit": "fortnight"}}, "frequency.unit"),
        ({"rounding": {"mode": "CEILING"}}, "rounding.mode"),
        ({"rounding": {"instalment_multiple": "0"}}, "rounding.instalment_multiple"),
        ({"business_days": {"convention": "following", "calendar": "ATLANTIS"}}, "business_days.calendar"),
        ({"business_days": {"weekend": ["SOMEDAY"]}}, "business_days.weekend"),
        ({"business_days": {"holidays": ["2025-13-01"]}}, "business_days.holidays"),
        ({"prepayments": [{"on": "2025-03-01", "amount": "20000"}]}, "prepayments"),
        ({"prepayments": [{"on": "2025-03-01", "amount": "20", "currency": "EUR"}]}, "prepayments[0].currency"),
        ({"prepayments": [{"on": "2025-03-01", "amount": "20.001"}]}, "prepayments[0].amount"),
        ({"prepayments": {"on": "2025-03-01"}}, "prepayments"),
        ({"grace": {"principal": 12}}, "grace.principal"),
        ({"fees": [{"kind": "up_front"}]}, "fees"),
        ({"instalmnts": 12}, "instalmnts"),
        ({"principal": "１０００"}, "principal"),
        ({"instalments": "１２"}, "instalments"),
        ({"prepayments": [{"on": "2025-03-01", "amount": "20", "efect": "skip_next"}]}, "prepayments[0].efect"),
        ({"disbursements": [{"on": "2025-02-01", "amount": "20", "at": 1}]}, "disbursements[0].at"),
        ({"rate_changes": [{"on": "2025-03-01", "annual_rate": "11"}]}, "rate_changes[0].annual_rate"),
        ({"rate_changes": [{"on": "2025-03-01", "rate": "0.1"}]}, "rate_changes[0].rate"),
        (
            {"promotional": [{"from": "2025-02-01", "until": "2025-04-01", "annual_rate": "-1"}]},
            "promotional[0].annual_rate",
        ),
        ({"floating": {"index": [], "margin": "0.01"}}, "index"),
        (
            {
                "floating": {
                    "index": [{"on": "2024-01-01", "rate": "0.03"}],
                    "margin": "10",
                    "resets": ["2025-03-31"],
                }
            },
            "floating.margin",
        ),
        (
            {
                "floating": {
                    "index": [{"on": "2024-01-01", "rate": "0.03"}],
                    "reset_every": {"unit": "day"},
                    "until": "9999-01-01",
                }
            },
            "reset_every",
        ),
    ],
)
def test_bad_input_names_the_field(change: dict[str, Any], field: str) -> None:
    result = run("loan", "schedule", "-", "--json", given=LOAN | change)
    assert result.exit_code == 1
    assert list(json.loads(result.output)["error"]["fields"]) == [field]


@pytest.mark.parametrize("text", ["", "{", "[1,]", '{"principal": NaN}', "[" * 100_000, "\ud83d"])
def test_what_is_not_json_is_told_so(text: str) -> None:
    result = run("loan", "schedule", "-", "--json", given=text.encode("utf-8", "surrogatepass").decode("latin-1"))
    assert result.exit_code == 1
    assert "input" in json.loads(result.output)["error"]["fields"]


def test_numbers_are_taken_as_written() -> None:
    text = json.dumps(LOAN).replace('"10000.00"', "10000.10").replace('"0.12"', "0.12")
    assert json.loads(run("loan", "schedule", "--json", given=text).output)["totals"]["principal"] == "10000.10"


def test_tables_are_readable(tmp_path: Any) -> None:
    path = tmp_path / "loans.json"
    path.write_text(json.dumps([LOAN, LOAN | {"principal": "-1"}]))
    result = CliRunner().invoke(GROUPS["loan"], ["schedule", str(path)])
    assert result.exit_code == 1
    assert "effective annual rate 0.12682" in result.output
    assert "more than zero" in result.output
    apr = {"method": "irr", "advances": [{"amount": "100"}], "payments": [{"amount": "110", "years": 1}]}
    assert "apr" in run("loan", "apr", given=apr).output


def test_dates_commands() -> None:
    fraction = {"convention": "ACT/ACT ISDA", "start": "2003-11-01", "end": "2004-05-01"}
    answer = json.loads(run("dates", "year-fraction", "-", "--json", given=fraction).output)
    assert answer["days"] == 182
    assert float(answer["year_fraction"]) == pytest.approx(61 / 365 + 121 / 366, abs=1e-15)
    isda = {"convention": "30E/360 ISDA", "start": "2008-08-31", "end": "2009-02-28"}
    answers = run("dates", "year-fraction", "--json", given=[isda, isda | {"termination": "2009-02-28"}]).output
    assert [item["days"] for item in json.loads(answers)] == [180, 178]
    moved = {"date": "2025-08-31", "convention": "modified following", "weekend": ["SAT", "SUN"], "calendar": None}
    assert json.loads(run("dates", "adjust", "--json", given=moved).output) == {"adjusted": "2025-08-29"}
    sunday = {"date": "2025-01-26", "convention": "following", "calendar": "CN"}
    assert json.loads(run("dates", "adjust", "--json", given=sunday).output) == {"adjusted": "2025-01-26"}
    rolls = {"start": "2025-01-31", "every": 1, "unit": "month", "count": 2, "month_end": "anchor"}
    assert json.loads(run("dates", "roll", "--json", given=rolls).output) == {"dates": ["2025-02-28", "2025-03-31"]}
    assert "2025-02-28" in run("dates", "roll", given=rolls).output
    for command, item in (
        ("year-fraction", fraction | {"end": "2003-10-01"}),
        ("year-fraction", fraction | {"convention": "PERIOD"}),
        ("adjust", sunday | {"calendar": "??"}),
        ("roll", rolls | {"count": 0}),
        ("roll", rolls | {"start": "9999-12-31"}),
        ("adjust", {"date": "9999-12-31", "weekend": ["FRI"]}),
    ):
        assert run("dates", command, "--json", given=item).exit_code == 1


def test_resets_are_read_as_long_as_the_index_changes() -> None:
    """Resets every day: 2.5 % from 29 February 2024 on, published while the loan runs; the last value stays."""
    index = [{"on": "2020-01-01", "rate": "0.03"}, {"on": "2024-02-29", "rate": "0.025"}]
    floating = {"index": index, "margin": "0.01", "reset_every": {"every": 1, "unit": "day"}}
    loan = {k: v for k, v in LOAN.items() if k != "annual_rate"} | {
        "disbursed_on": "2020-01-31", "first_due_on": "2020-02-29", "instalments": 60, "floating": floating,
        "amortization": "interest_only", "day_count": "PERIOD",
    }  # fmt: skip
    rows = json.loads(run("loan", "schedule", "--json", given=loan).output)["instalments"]
    paid = {row["due_on"]: row["interest"] for row in rows}
    assert (paid["2024-02-29"], paid["2024-04-30"]) == ("33.33", "29.17")  # 10,000 x 4 % and 3.5 % / 12


@pytest.mark.parametrize(
    ("flow", "field"),
    [
        ({"months": "-1"}, "months"),
        ({"years": "-0.5"}, "years"),
        ({"unit_period": "-1"}, "unit_period"),
        ({"unit_period": 1, "fraction": "-1"}, "fraction"),
        ({"months": 1, "every": 0, "count": 3}, "every"),
    ],
)
def test_times_of_flows_do_not_lie_before_the_first_advance(flow: dict[str, Any], field: str) -> None:
    item = {"method": "irr", "advances": [{"amount": "100"}], "payments": [{"amount": "50"} | flow]}
    result = run("loan", "apr", "-", "--json", given=item)
    assert result.exit_code == 1
    assert list(json.loads(result.output)["error"]["fields"]) == [f"payments[0].{field}"]


def test_a_few_hundred_items_take_one_start_up() -> None:
    started = time.process_time()
    result = run("loan", "schedule", "--json", given=[LOAN | {"instalments": n % 60 + 1} for n in range(300)])
    assert result.exit_code == 0
    assert len(json.loads(result.output)) == 300
    assert time.process_time() - started < 3


def test_the_library_and_its_commands_load_no_framework() -> None:
    heavy = ("flask", "sqlalchemy", "marshmallow", "numpy", "holidays", "pandas", "babel")
    code = (
        "import sys; import repayment.domain.schedule, repayment.domain.cost, repayment.cli; "
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )
