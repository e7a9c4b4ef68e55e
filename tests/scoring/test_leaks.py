"""Leaks are warned of before a card is trained: the recorded term of the SBA loans, and columns that are an outcome.

The generated excerpt follows what is published about the SBA file (Li, Mickel and Taylor 2018, J. Statistics Education
26(1)): a loan that ends as agreed has a recorded term in whole years, a charged-off one the months it really ran.
"""

import json

import numpy as np
import pytest

from scoring.domain.checks import check_leaks
from scoring.domain.columns import ColumnType, Feature
from tests.scoring.conftest import write_csv


def excerpt(rows: int, *, honest: bool, seed: int = 3):
    """(term, employees, guaranteed, bad); an honest term is the agreed one whatever became of the loan."""
    rng = np.random.default_rng(seed)
    agreed = rng.choice([36, 60, 84, 84, 120, 240, 300], rows).astype(float)
    employees = rng.poisson(6, rows).astype(float)
    bad = (rng.random(rows) < 1 / (1 + np.exp(0.2 * employees - 0.4 + (agreed - 84) / 200))).astype(float)
    ran = np.floor(agreed * rng.uniform(0.2, 1.0, rows))
    term = agreed if honest else np.where(bad == 1, ran, agreed)
    return term, employees, agreed * 500 + rng.normal(0, 3000, rows), bad


FEATURES = tuple(Feature(name, ColumnType.NUMBER) for name in ("Term", "NoEmp", "SBA_Appv"))


def test_the_recorded_term_is_found_by_its_auc_and_by_its_jumps():
    *columns, bad = excerpt(6000, honest=False)
    found = {(finding.code, finding.column) for finding in check_leaks(FEATURES, columns, bad)}
    assert {("LEAK", "Term"), ("ODDS_JUMP", "Term")} <= found
    assert {column for _, column in found} == {"Term"}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_agreed_term_raises_no_alarm(seed):
    *columns, bad = excerpt(6000, honest=True, seed=seed)
    assert check_leaks(FEATURES, columns, bad) == []


def test_training_says_so_and_can_leave_the_column_out(run, tmp_path):
    term, employees, approved, bad = excerpt(1500, honest=False)
    rows = [
        {"Term": f"{t:g}", "NoEmp": f"{e:g}", "SBA_Appv": f"{a:.0f}", "ChgOffDate": "2010-01-01" if b else "",
         "bad": str(int(b))}
        for t, e, a, b in zip(term, employees, approved, bad, strict=True)
    ]  # fmt: skip
    columns = [{"name": "Term", "type": "num", "mono": -1}, {"name": "NoEmp", "type": "num"},
               {"name": "SBA_Appv", "type": "num"}, {"name": "ChgOffDate", "type": "date", "role": "leak"},
               {"name": "bad", "type": "int", "role": "target"}]  # fmt: skip
    (tmp_path / "schema.json").write_text(json.dumps({"target": "bad", "columns": columns}))
    options = ("train", "--data", write_csv(tmp_path / "sba.csv", rows), "--schema", tmp_path / "schema.json",
               "--segment", "sme", "--kind", "logistic")  # fmt: skip
    found = run(*options, "--out", tmp_path / "with")
    assert found.exit_code == 0, found.output
    assert "LEAK: Term alone ranks with an AUC of" in found.output
    assert "REFUSED: ChgOffDate is known only after the decision" in found.output
    found = run(*options, "--exclude", "Term", "--out", tmp_path / "without")
    assert "LEAK" not in found.output
    assert json.loads((tmp_path / "without" / "version.json").read_text())["features"] == ["NoEmp", "SBA_Appv"]
