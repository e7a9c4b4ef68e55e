"""`flask decide` without a database: policy check and decisions on facts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from origination.cli.decide import decide
from tests.origination.cases import ROOT

FACTS = {
    "segment": "consumer", "jurisdiction": "CN", "currency": "CNY", "amount": "20000", "tenor_months": 24,
    "age_years": 36, "income_monthly": "15000", "dti": "0.13", "dti_stressed": "0.15", "residual_income": "10000",
    "residual_income_stressed": "8000", "bureau_delinquencies_24m": 0, "bureau_inquiries_6m": 1,
    "bureau_worst_dpd_24m": 0, "other_applications_30d": 0, "fact_conflicts": 0, "grade": "B", "pd": "0.02",
    "points": "640", "rate_annual": "0.09", "cost_effective": "0.0938", "cost_nominal": "0.09", "kyc_outcome": "PASS",
}  # fmt: skip


def run(*args: str, given: str | None = None):
    return CliRunner().invoke(decide, list(args), input=given)


def test_the_shipped_policy_has_no_findings():
    found = run("check")
    assert found.exit_code == 0, found.output
    assert "0 findings" in found.output


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "'table' is missing"),
        (b"\xff\xfe\x00", "no text in UTF-8"),
        (b"x = ", "Invalid value"),
        (b"version = '1'\n[[table]]\nname = 'a'\n", "Error: "),
    ],
)
def test_a_file_that_is_no_policy_is_refused_with_the_reason(tmp_path: Path, content: bytes, said: str):
    (tmp_path / "policy.toml").write_bytes(content)
    for arguments in (("check",), ("facts", "-")):
        found = run(*arguments, "--policy", str(tmp_path / "policy.toml"), given="[]")
        assert found.exit_code != 0
        assert "Traceback" not in found.output
        assert said in f"{found.output}Error: {found.exception}"


@pytest.mark.parametrize("given", ["[" * 100_000, '{"facts":', "\ud800"])
def test_what_is_no_json_is_refused(given: str):
    found = run("facts", "-", given=given.encode("utf-8", "surrogatepass"))
    assert found.exit_code == 1
    assert "This is not JSON" in found.output


def test_rows_of_a_unique_table_that_overlap_are_told(tmp_path: Path):
    row = """
[[table.row]]
id = "EXTRA_{n}"
when = {{ dti = ["{op}", "{limit}"] }}
outcome = "REFER"
text.en = "a"
text.zh = "b"
"""
    table = '\n[[table]]\nname = "extra"\nstage = "limit"\nhit_policy = "unique"\nsegments = ["consumer"]\n'
    rows = row.format(n="LOW", op="<", limit="0.50") + row.format(n="HIGH", op=">=", limit="0.40")
    text = (ROOT / "origination/policy.toml").read_text("utf-8")
    (tmp_path / "policy.toml").write_text(text + table + rows, "utf-8")
    found = run("check", "--policy", str(tmp_path / "policy.toml"))
    assert found.exit_code == 1
    assert "extra : overlap EXTRA_LOW EXTRA_HIGH" in found.output


def test_a_policy_with_a_gap_is_told(tmp_path: Path):
    text = (
        (ROOT / "origination/policy.toml")
        .read_text("utf-8")
        .replace('grade = ["in", "E", "F", "G"]', 'grade = ["=", "E"]')
    )
    (tmp_path / "policy.toml").write_text(text, "utf-8")
    found = run("check", "--policy", str(tmp_path / "policy.toml"))
    assert found.exit_code == 1
    assert "limit_consumer : gap" in found.output


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("dti = [", "debt = [", "no fact called debt"),
        ('dti = [">", "0.55"]', 'dti = [">", "1 month"]', "not a number for dti"),
        ('version = "2026-11"', "version = ", "Invalid value"),
    ],
)
def test_a_wrong_policy_is_refused_with_its_place(tmp_path: Path, old, new, said):
    text = (ROOT / "origination/policy.toml").read_text("utf-8")
    assert old in text
    (tmp_path / "policy.toml").write_text(text.replace(old, new, 1), "utf-8")
    found = run("check", "--policy", str(tmp_path / "policy.toml"))
    assert found.exit_code == 1
    assert said in found.output


def test_facts_are_decided_as_json():
    clear, heavy = {"facts": FACTS}, {"facts": FACTS | {"dti": "0.56"}}
    found = run("facts", "-", "--day", "2026-11-22", given=json.dumps([clear, heavy]))
    assert found.exit_code == 0, found.output
    first, second = json.loads(found.output)
    assert (first["outcome"], first["reasons"]) == ("APPROVE", [])
    assert (second["outcome"], second["reasons"][0]["id"]) == ("DECLINE", "DTI_ABOVE_LIMIT")


def test_unknown_facts_are_told_and_the_others_still_decided():
    found = run("facts", "-", "--day", "2026-11-22", given=json.dumps([{"facts": {"shoe": 44}}, {"facts": FACTS}, 7]))
    answers = json.loads(found.output)
    assert "no fact called shoe" in answers[0]["error"]["message"]
    assert answers[1]["outcome"] == "APPROVE"
    assert answers[2]["error"]["code"] == "invalid_input"
    assert run("facts", "-", given="{").exit_code == 1
