"""Accuracy and speed of the scorecards, side by side with other learners in one run.

python bench/scoring.py DATA_DIR [--parts 5] [--sets german,hmeq] [--out docs/scoring-bench.md]

Accuracy: stratified five folds (seed 7); each fold's card is trained by the same steps as `flask score train` on the
other four (search, cross-fitting, calibration) and judged on the fold. `--parts 2` runs the first two folds only.
Protected columns are never features. Of the SBA file the column Term is left out: it leaks the outcome. Others see the
same rows and columns: scikit-learn's gradient boosting (the LightGBM algorithm) with native categories, xgboost with
library defaults, and optbinning's scorecard when it is installed.
"""

from __future__ import annotations

import argparse
import sys
import time
import tomllib
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scoring.domain.additive import AdditiveCard  # noqa: E402
from scoring.domain.columns import learn_features  # noqa: E402
from scoring.domain.metrics import auc, ece, fit_calibration  # noqa: E402
from scoring.domain.policy import ScoringPolicy  # noqa: E402
from scoring.engine import Booster, Plan, train_booster  # noqa: E402
from scoring.steps.assemble import assemble  # noqa: E402
from scoring.steps.fit import choose_plan, fit_folds, fit_once, folds_of, sized_plan, take  # noqa: E402
from scoring.steps.read_sample import read_sample, read_schema  # noqa: E402

SETS = ("german", "taiwan", "hmeq", "gmsc", "sba_national")
POLICY = ScoringPolicy.from_toml(tomllib.loads((ROOT / "scoring" / "policy.toml").read_text()))
SEED = 7


def load(folder: Path, name: str):
    """(features, columns, bad) of a data set."""
    path = folder / f"{name}.csv.gz"
    schema = read_schema(folder / "schema.json", data=path)
    if name.startswith("sba"):
        schema = schema.without(["Term"])
    sample = read_sample(path)
    rare = max(10, -(-sample.rows * 5 // 10_000))
    features = learn_features(schema.features, sample.columns, rare)
    return features, sample.matrix(features), sample.outcome(schema.target)


def our_card(kind, features, columns, bad):
    """Trains as `flask score train` does and gives the card."""
    plan, _ = choose_plan(kind, features, columns, bad, SEED, lambda *_: None)
    folds = fit_folds(kind, features, columns, bad, plan, SEED, lambda *_: None)
    fit, _ = fit_once(kind, features, columns, bad, sized_plan(plan, folds.rounds), SEED)
    return assemble(
        kind, "bench", fit, features, columns, bad, intercept=folds.intercept, slope=folds.slope, scale=POLICY.scale,
        bands=POLICY.bands, cutoff_pd=min(0.5, 2 * bad.mean()), baseline="near_cutoff", correlated=POLICY.correlated,
    )  # fmt: skip


def sklearn_boosting(features, columns, bad, held):
    from sklearn.ensemble import HistGradientBoostingClassifier

    categorical = [f.is_category for f in features]
    codes = [np.minimum(c, 253) if f.is_category else c for f, c in zip(features, columns, strict=True)]
    learner = HistGradientBoostingClassifier(
        learning_rate=0.05, max_iter=600, early_stopping=True, categorical_features=categorical, random_state=SEED
    )
    return learner.fit(np.column_stack(codes), bad).predict_proba(np.column_stack(held))[:, 1]


def xgboost_defaults(features, columns, bad, held):
    plan = Plan("defaults", 6, 0.3, 100, 1.0, 1.0, 1.0, 1.0, 1.0, 256)
    free = tuple(type(f)(f.name, f.type, 0, f.categories) for f in features)
    booster, _ = train_booster(free, np.column_stack(columns), bad, plan, additive=False, seed=SEED)
    return 1 / (1 + np.exp(-booster.margin(np.column_stack(held))))


def optbinning_card(features, columns, bad, held):
    from optbinning import BinningProcess, Scorecard
    from pandas import DataFrame
    from sklearn.linear_model import LogisticRegression

    names = [f.name for f in features]
    process = BinningProcess(names, categorical_variables=[f.name for f in features if f.is_category])
    card = Scorecard(binning_process=process, estimator=LogisticRegression(max_iter=1000))
    card.fit(DataFrame(dict(zip(names, columns, strict=True))), bad)
    return card.predict_proba(DataFrame(dict(zip(names, held, strict=True))))[:, 1]


OTHERS = {"sklearn boosting": sklearn_boosting, "xgboost defaults": xgboost_defaults, "optbinning": optbinning_card}


def accuracy(folder: Path, names, parts: int):
    """Rows (set, learner, AUC, slope, ECE, seconds per fit)."""
    lines = []
    for name in names:
        features, columns, bad = load(folder, name)
        fold = folds_of(bad, 5, SEED)
        for learner in ("logistic", "additive", "deep", *OTHERS):
            figures = []
            for k in range(parts):
                inside, outside = fold != k, fold == k
                started = time.perf_counter()
                train_columns, held = take(columns, inside), take(columns, outside)
                try:
                    if learner in OTHERS:
                        pd = OTHERS[learner](features, train_columns, bad[inside], held)
                    else:
                        pd = our_card(learner, features, train_columns, bad[inside]).score_rows(held).pd
                except ImportError:
                    break
                pd = np.clip(pd, 1e-9, 1 - 1e-9)
                truth = bad[outside]
                _, slope = fit_calibration(truth, np.log(pd) - np.log1p(-pd))
                figures.append((auc(truth, pd), slope, ece(truth, pd), time.perf_counter() - started))
            if figures:
                line = (name, learner, *np.mean(figures, axis=0))
                lines.append(line)
                print("{:14} {:18} AUC {:.4f} slope {:.2f} ECE {:.4f} {:.1f} s".format(*line), flush=True)
    return lines


def best_of(call, repeats: int = 7) -> float:
    """Seconds of the fastest of several runs."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return min(times)


def speed(rows: int):
    """Lines about one row and many, with a generated book of 20 features; `pred_contribs` in the same run."""
    rng = np.random.default_rng(SEED)
    from scoring.domain.columns import ColumnType, Feature

    features = tuple(Feature(f"x{i}", ColumnType.NUMBER, 1 if i < 5 else 0) for i in range(20))
    columns = [rng.normal(size=30_000) for _ in features]
    risk = sum(columns[:8]) * 0.4 + columns[9] * columns[10] * 0.5 - 2
    bad = (rng.random(30_000) < 1 / (1 + np.exp(-risk))).astype(float)
    lines = []
    for kind, plan in (
        ("additive", Plan("a", 2, 0.05, 600, 0.5, 0.5, 1, 5, 5, 128)),
        ("deep", Plan("d", 4, 0.05, 300, 0.7, 1, 0.5, 5, 10, 256)),
    ):
        fit, _ = fit_once(kind, features, columns, bad, plan, SEED)
        card = assemble(
            kind, "bench", fit, features, columns, bad, intercept=0.0, slope=1.0, scale=POLICY.scale,
            bands=POLICY.bands, cutoff_pd=0.2, baseline="near_cutoff", correlated=POLICY.correlated,
        )  # fmt: skip
        cases = [{f.name: float(c[i]) for f, c in zip(features, columns, strict=True)} for i in range(300)]
        for case in cases:
            card.score(case)
        one = best_of(lambda card=card, cases=cases: [card.score(case) for case in cases]) / len(cases)
        matrix = np.column_stack([c[:300] for c in columns])
        booster = Booster.load(features, fit.booster.save())
        theirs = best_of(lambda b=booster, m=matrix: [b.contributions(m[i : i + 1]) for i in range(50)], 3) / 50
        many = [np.resize(c, rows) for c in columns]
        card.score_rows([c[:25_000] for c in many])  # compiles
        started = time.perf_counter()
        for start in range(0, rows, 100_000):
            card.score_rows([c[start : start + 100_000] for c in many])
        batch = time.perf_counter() - started
        table = "table" if isinstance(card, AdditiveCard) else "300 trees of depth 4"
        lines.append((kind, table, one * 1e6, theirs * 1e6, theirs / one, rows, batch))
        print(
            "{} ({}): row {:.1f} us, pred_contribs {:.0f} us, {:.0f} times faster; {} rows {:.1f} s".format(*lines[-1]),
            flush=True,
        )
    return lines


def report(accuracies, speeds, parts: int) -> str:
    """Markdown."""
    out = [
        "# Scorecards measured", "", "Made by `python bench/scoring.py DATA_DIR`; how is said there.", "",
        f"Stratified folds, seed {SEED}, {parts} of 5 run. Figures are means over folds, on rows not trained on.", "",
        "| data | learner | AUC | calibration slope | ECE | seconds per fit |", "|---|---|---|---|---|---|",
    ]  # fmt: skip
    out += [f"| {n} | {k} | {a:.4f} | {s:.2f} | {e:.4f} | {t:.1f} |" for n, k, a, s, e, t in accuracies]
    out += ["", "| card | one row with reasons | `pred_contribs` | ratio | many rows |", "|---|---|---|---|---|"]
    out += [f"| {k} ({t}) | {o:.1f} µs | {p:.0f} µs | {r:.0f} | {n:,} in {b:.1f} s |" for k, t, o, p, r, n, b in speeds]
    return "\n".join(out) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--parts", type=int, default=5)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    names = [name for name in args.sets.split(",") if (args.data_dir / f"{name}.csv.gz").exists()]
    accuracies = accuracy(args.data_dir, names, args.parts)
    text = report(accuracies, speed(args.rows), args.parts)
    if args.out:
        args.out.write_text(text)


if __name__ == "__main__":
    main()
