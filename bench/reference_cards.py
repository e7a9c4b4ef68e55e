"""Trains the shipped reference cards from public data: python bench/reference_cards.py DATA_DIR

DATA_DIR holds german.csv.gz (South German Credit, U. Groemping 2019, UCI data set 573, CC BY 4.0) and
sba_national.csv.gz (US Small Business Administration, public domain; Li, Mickel and Taylor 2018). Columns are renamed
to the catalogue of facts and codes to its choices, so that an application's facts are what the card was trained on.
"""

from __future__ import annotations

import csv
import sys
import tempfile
import tomllib
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scoring.domain.columns import DataSchema  # noqa: E402
from scoring.domain.policy import ScoringPolicy  # noqa: E402
from scoring.domain.words import REFERENCE_PURPOSES  # noqa: E402
from scoring.steps.draft import write_draft  # noqa: E402
from scoring.steps.read_sample import Sample, read_sample  # noqa: E402
from scoring.steps.train import TrainRequest, train  # noqa: E402

PURPOSES = "other car_new car_used furniture electronics appliances repairs education vacation retraining business"
# fact: (source column, direction of the PD, meaning, labels by code or None for an ordinal kept as it is)
CONSUMER = {
    "current_account": ("status", -1, "Current account: 1 none to 4 good balance or salary account", None),
    "tenor_months": ("duration", 1, "Tenor in months", None),
    "credit_history": ("credit_history", -1, "Credit history: 0 delays to 4 all paid duly", None),
    "purpose": ("purpose", 0, "Purpose of the loan", {str(i): name for i, name in enumerate(PURPOSES.split())}),
    "savings_band": ("savings", -1, "Savings, 1 least to 5 most", None),
    "employment_band": ("employment_duration", -1, "Time in this work, 1 unemployed to 5 seven years", None),
    "other_debtors": ("other_debtors", 0, "Who stands in", {"1": "none", "2": "co_applicant", "3": "guarantor"}),
    "other_plans": ("other_installment_plans", 0, "Other plans", {"1": "bank", "2": "stores", "3": "none"}),
}
SME = {
    "employees": ("NoEmp", -1, "Employees", None),
    "amount_usd": ("GrAppv", 0, "Amount in US dollars", None),
    "jobs_created": ("CreateJob", 0, "New jobs", None),
    "jobs_retained": ("RetainedJob", 0, "Jobs kept", None),
    "location": ("UrbanRural", 0, "Location", {"1": "urban", "2": "rural"}),
    "sector": ("NAICS2", 0, "Sector, NAICS 2022 two digits", None),
}
CHOICES = {"purpose", "other_debtors", "other_plans", "housing", "new_business", "location", "sector", "franchise"}


def write_renamed(sample: Sample, mapping: dict, path: Path, *, rows: list[int], extra: dict[str, str]) -> None:
    """The columns under the names of the facts, as CSV."""
    columns = {}
    for fact, (source, _, _, labels) in mapping.items():
        raw = sample.column(source)
        columns[fact] = [(labels.get(raw[i], raw[i]) if labels else raw[i]) for i in rows]
    if "FranchiseCode" in sample.columns:
        codes = sample.column("FranchiseCode")
        columns["franchise"] = ["no" if codes[i] in {"0", "1"} else "yes" for i in rows]
    for fact, source in extra.items():
        columns[fact] = [sample.column(source)[i] for i in rows]
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def schema_of(mapping: dict, segment: str, *, protected: list[str], time: str | None) -> DataSchema:
    """The schema of the renamed file."""
    columns = [
        {"name": fact, "type": "cat" if fact in CHOICES else "num", "mono": sign, "role": "feature", "desc": text}
        for fact, (_, sign, text, _) in mapping.items()
    ]
    if segment == "sme":
        columns.append({"name": "franchise", "type": "cat", "role": "feature", "desc": "Franchise"})
    columns += [
        {"name": name, "type": "num" if name == "age_years" else "cat", "role": "feature", "protected": True}
        for name in protected
    ]
    if time:
        columns.append({"name": time, "type": "date", "role": "time"})
    columns.append({"name": "bad", "type": "int", "role": "target"})
    return DataSchema.from_json({"target": "bad", "segment": segment, "columns": columns})


def main(folder: Path, out: Path) -> None:
    """Both cards."""
    policy = ScoringPolicy.from_toml(tomllib.loads((ROOT / "scoring" / "policy.toml").read_text()))
    today = datetime.now(UTC).date()  # noqa: TID251  (only bounds the check for dates in the future)
    german, sba = read_sample(folder / "german.csv.gz"), read_sample(folder / "sba_national.csv.gz")
    told = zip(sba.column("ApprovalFY"), sba.column("NAICS2"), sba.column("UrbanRural"), strict=True)
    recent = [
        i for i, (year, sector, place) in enumerate(told) if int(year) >= 1999 and sector != "00" and place != "0"
    ]
    jobs = [
        ("consumer-v1", "consumer", german, CONSUMER, list(range(german.rows)), 0.05, None,
         {"age_years": "age", "personal_status": "personal_status_sex", "foreign_worker": "foreign_worker"},
         "south_german_credit.csv"),
        ("sme-v1", "sme", sba, SME, recent, 0.04, "approved_on", {}, "sba_national_1999.csv"),
    ]  # fmt: skip
    for name, segment, sample, mapping, rows, tendency, time, protected, file in jobs:
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / file
            extra = {**protected, "bad": "bad", **({time: "ApprovalDate"} if time else {})}
            write_renamed(sample, mapping, path, rows=rows, extra=extra)
            schema = schema_of(mapping, segment, protected=list(protected), time=time)
            request = TrainRequest(
                path, schema, segment, "additive", policy, today, 7, tendency, None, name, REFERENCE_PURPOSES[name]
            )
            draft = train(
                request,
                lambda stage, share, name=name: print(f"\r{name} {stage} {share:4.0%}", end="", file=sys.stderr),
            )
        write_draft(draft, out / name)
        test = draft.metrics["test"]
        print(f"\n{name}: test AUC {test['auc']:.3f} ({test['split']}), rows {test['rows']}, {draft.sha256[:12]}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else ROOT / "scoring" / "reference")
