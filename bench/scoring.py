"""Accuracy and speed of the scorecards, side by side with other learners in one run.

python -m bench.scoring DATA_DIR [--parts 5] [--sets german,hmeq] [--only accuracy|speed] [--fresh]
                        [--out docs/scoring.md] [--keep figures.json]

Accuracy: stratified five folds (seed 7); each fold's card is trained by the same steps as `flask score train` on the
other four (codes for "unknown", search, cross-fitting, calibration) and judged on the fold. `--parts 2` runs the first
two folds only.
Protected columns are never features. Of the SBA file the column Term is left out: it leaks the outcome. The others see
the same rows and columns: LightGBM with native categories and rounds by early stopping, the scorecards of optbinning
and toad with a logistic regression. They are installed by `uv pip install -r bench/requirements-scoring.txt`; what is
not there is left out, and the table says so. Every fold's figures are kept (`--keep`, by default under instance/): a
run that is started again does only what is missing, or what the code or the packages have changed since; `--fresh`
forgets them first, so that all rows are of one run. `--only speed` measures the speed again (when nothing else runs)
and takes the accuracy as kept, `--only accuracy` the other way round. `--out` puts the tables between the marks of a
Markdown file, or makes one. Seconds are processor time, so that other work on the machine does not count.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
import time
import tomllib
import warnings
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scoring.domain.additive import AdditiveCard  # noqa: E402
from scoring.domain.checks import find_codes  # noqa: E402
from scoring.domain.columns import learn_features  # noqa: E402
from scoring.domain.metrics import auc, ece, fit_calibration  # noqa: E402
from scoring.domain.policy import ScoringPolicy  # noqa: E402
from scoring.engine import Booster, Plan  # noqa: E402
from scoring.steps.assemble import assemble  # noqa: E402
from scoring.steps.fit import choose_plan, fit_folds, fit_once, folds_of, sized_plan, take  # noqa: E402
from scoring.steps.read_sample import read_sample, read_schema  # noqa: E402

SETS = ("german", "taiwan", "hmeq", "gmsc", "sba_national")
POLICY = ScoringPolicy.from_toml(tomllib.loads((ROOT / "scoring" / "policy.toml").read_text()))
SEED = 7
TRAINED_BY = tuple(
    f"scoring/{name}.py"
    for name in ("steps/fit", "steps/assemble", "domain/columns", "domain/checks", "domain/metrics")
)
BEGIN, END = "<!-- bench-scoring begins -->", "<!-- bench-scoring ends -->"


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


def lightgbm_card(features, columns, bad, held):
    import lightgbm

    categories = [at for at, f in enumerate(features) if f.is_category]
    settings = {
        "objective": "binary", "learning_rate": 0.03, "num_leaves": 31, "min_child_samples": 20, "subsample": 0.8,
        "subsample_freq": 1, "colsample_bytree": 0.8, "verbosity": -1, "num_threads": 2, "seed": SEED,
    }  # fmt: skip

    def data(rows):
        matrix = np.column_stack(take(columns, rows))
        return lightgbm.Dataset(matrix, bad[rows], categorical_feature=categories, free_raw_data=False)

    watch = folds_of(bad, 5, SEED + 1) == 0
    stop = lightgbm.early_stopping(60, verbose=False)
    short = lightgbm.train(settings, data(~watch), 1500, valid_sets=[data(watch)], callbacks=[stop])
    full = lightgbm.train(settings, data(np.ones(len(bad), dtype=bool)), round(1.1 * short.best_iteration) + 1)
    return full.predict(np.column_stack(held))


def optbinning_card(features, columns, bad, held):
    from optbinning import BinningProcess, Scorecard
    from pandas import DataFrame
    from sklearn.linear_model import LogisticRegression

    names = [f.name for f in features]
    process = BinningProcess(names, categorical_variables=[f.name for f in features if f.is_category])
    card = Scorecard(binning_process=process, estimator=LogisticRegression(max_iter=1000))
    card.fit(DataFrame(dict(zip(names, columns, strict=True))), bad)
    return card.predict_proba(DataFrame(dict(zip(names, held, strict=True))))[:, 1]


def toad_card(features, columns, bad, held):
    import toad
    from pandas import DataFrame
    from sklearn.linear_model import LogisticRegression

    names = [f"x{at}" for at in range(len(features))]
    frame = DataFrame(dict(zip(names, columns, strict=True))).assign(bad=bad)
    combiner = toad.transform.Combiner()
    combiner.fit(frame, y="bad", method="dt", min_samples=0.05, empty_separate=True)
    woe = toad.transform.WOETransformer()
    design = woe.fit_transform(combiner.transform(frame), frame["bad"], exclude=["bad"])[names]
    rows = woe.transform(combiner.transform(DataFrame(dict(zip(names, held, strict=True)))))[names]
    return LogisticRegression(max_iter=1000).fit(design, bad).predict_proba(rows)[:, 1]


OTHERS = {"LightGBM": lightgbm_card, "optbinning": optbinning_card, "toad": toad_card}
LEARNERS = ("logistic", "additive", "deep", *OTHERS)


def present(name: str) -> str | None:
    """The installed version of one of the others."""
    try:
        return version(name.lower())
    except PackageNotFoundError:
        return None


def one_fold(learner: str, features, columns, bad, inside):
    """[AUC, calibration slope, ECE, seconds of processor time] of a learner on the rows it was not trained on."""
    started = time.process_time()
    outside = ~inside
    if learner in OTHERS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pd = OTHERS[learner](features, take(columns, inside), bad[inside], take(columns, outside))
    else:
        features, columns, _ = find_codes(features, columns)
        pd = our_card(learner, features, take(columns, inside), bad[inside]).score_rows(take(columns, outside)).pd
    pd = np.clip(pd, 1e-9, 1 - 1e-9)
    truth = bad[outside]
    _, slope = fit_calibration(truth, np.log(pd) - np.log1p(-pd))
    return [auc(truth, pd), slope, ece(truth, pd), time.process_time() - started]


def mark_of(learner: str) -> str:
    """What a kept figure was made by: the version of a package, or the code that trains and scores here."""
    if learner in OTHERS:
        return str(present(learner))
    learnt = "scoring/domain/binning.py" if learner == "logistic" else "scoring/engine.py"
    return hashlib.sha256(b"".join((ROOT / path).read_bytes() for path in (*TRAINED_BY, learnt))).hexdigest()[:12]


def accuracy(folder: Path, name: str, parts: int, kept: dict, keep) -> None:
    """Fills `kept` (learner -> mark and figures by fold) for one data set, and calls `keep` after every fold."""
    missing = []
    for learner in LEARNERS:
        entry = kept.setdefault(learner, {"mark": "", "folds": {}})
        if learner in OTHERS and not present(learner):
            continue
        if entry["mark"] != mark_of(learner):
            kept[learner] = {"mark": mark_of(learner), "folds": {}}
        missing += [(learner, k) for k in range(parts) if str(k) not in kept[learner]["folds"]]
    if not missing:
        return
    features, columns, bad = load(folder, name)
    fold = folds_of(bad, 5, SEED)
    for learner, k in missing:
        figures = one_fold(learner, features, columns, bad, fold != k)
        kept[learner]["folds"][str(k)] = figures
        keep()
        print("{:14} {:12} fold {} AUC {:.4f} slope {:.2f} ECE {:.4f} {:.1f} s".format(name, learner, k + 1, *figures),
              flush=True)  # fmt: skip


def lines_of(name: str, kept: dict, parts: int):
    """Rows (set, learner, AUC, its spread over folds, slope, ECE, seconds per fit) of one data set."""
    lines = []
    for learner in LEARNERS:
        folds = kept.get(learner, {}).get("folds", {})
        figures = [folds[str(k)] for k in range(parts) if str(k) in folds]
        if figures:
            area, slope, error, seconds = (float(mean) for mean in np.mean(figures, axis=0))
            lines.append((name, learner, area, float(np.std([f[0] for f in figures])), slope, error, seconds))
    return lines


def best_of(call, repeats: int = 7) -> float:
    """Seconds of processor time of the fastest of several runs: what else runs on the machine only ever adds."""
    times = []
    for _ in range(repeats):
        started = time.process_time()
        call()
        times.append(time.process_time() - started)
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
        one = best_of(lambda card=card, cases=cases: [card.score(case) for case in cases], 150) / len(cases)
        matrix = np.column_stack([c[:300] for c in columns])
        booster = Booster.load(features, fit.booster.save())
        theirs = best_of(lambda b=booster, m=matrix: [b.contributions(m[i : i + 1]) for i in range(50)], 3) / 50
        wall, spent = from_file_to_file(card, columns, rows)
        table = "table" if isinstance(card, AdditiveCard) else "300 trees of depth 4"
        lines.append((kind, table, one * 1e6, theirs * 1e6, theirs / one, rows, wall, spent))
        shown = (
            "{} ({}): row {:.1f} us, pred_contribs {:.0f} us, {:.0f} times faster; {} rows {:.1f} s, {:.1f} s of CPU"
        )
        print(shown.format(*lines[-1]), flush=True)
    return lines


def from_file_to_file(card, columns, rows: int) -> tuple[float, float]:
    """Seconds, and seconds of processor time, from a Parquet file to one with contributions and four reasons."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from scoring.domain.version import Version
    from scoring.steps.apply import apply

    names = card.terms.names
    schema = {"target": "bad", "columns": [{"name": name} for name in names] + [{"name": "bad", "role": "target"}]}
    version = Version("bench", "bench", card.terms.kind, "0" * 64, card, {"schema": schema}, Path())
    with tempfile.TemporaryDirectory() as folder:
        data, out = Path(folder) / "data.parquet", Path(folder) / "out.parquet"
        many = pa.table({name: np.resize(column, rows) for name, column in zip(names, columns, strict=True)})
        pq.write_table(many.slice(0, 25_000), data)
        apply(version, data, out)  # loads and compiles what it needs
        pq.write_table(many, data, row_group_size=100_000)
        started, before = time.perf_counter(), time.process_time()
        apply(version, data, out)
        return time.perf_counter() - started, time.process_time() - before


def anchor_table(lines) -> list[str]:
    """AUC by data set and learner, in one table, and what is missing from it."""
    sets = [name for name in SETS if any(line[0] == name for line in lines)]
    area = {(line[0], line[1]): line[2] for line in lines}
    out = ["| AUC | " + " | ".join(sets) + " |", "|---|" + "---|" * len(sets)]
    for learner in LEARNERS:
        found = [f"{area[name, learner]:.4f}" if (name, learner) in area else "-" for name in sets]
        if set(found) != {"-"}:
            out.append(f"| {learner} | " + " | ".join(found) + " |")
    absent = [other for other in OTHERS if not any(line[1] == other for line in lines)]
    if absent:
        out += ["", f"Not installed and so left out: {', '.join(absent)}."]
    return out


def report(lines, parts: int, speeds) -> str:
    """Markdown."""
    ran = "all five folds" if parts == 5 else f"{parts} of five folds"
    out = [f"Stratified folds, seed {SEED}, {ran}; means over folds, on rows not trained on.", "", *anchor_table(lines)]
    out += ["", "| data | learner | AUC over folds | calibration slope | ECE | CPU seconds per fit |"]
    out += ["|---|---|---|---|---|---|"]
    out += [f"| {n} | {k} | {a:.4f} ± {d:.4f} | {s:.2f} | {e:.4f} | {t:.0f} |" for n, k, a, d, s, e, t in lines]
    if speeds:
        out += [
            "",
            "| card of 20 features | one row with reasons | `pred_contribs` | ratio | rows, file to file | CPU |",
        ]
        out += ["|---|---|---|---|---|---|"]
        out += [
            f"| {k} ({t}) | {o:.1f} µs | {p:.0f} µs | {r:.0f} | {n:,} in {b:.1f} s | {c:.1f} s |"
            for k, t, o, p, r, n, b, c in speeds
        ]
    return "\n".join(out) + "\n"


def put(path: Path, text: str) -> None:
    """Between the marks of the file, or as the whole of a new one."""
    old = path.read_text() if path.exists() else ""
    if BEGIN in old and END in old:
        head, _, rest = old.partition(BEGIN)
        text = f"{head}{BEGIN}\n{text}{END}{rest.partition(END)[2]}"
    path.write_text(text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--parts", type=int, default=5)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the speed test; 0 leaves it out")
    parser.add_argument("--only", choices=["accuracy", "speed"], help="measure this part, show the other as kept")
    parser.add_argument("--fresh", action="store_true", help="forget the kept figures of what is measured")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--keep", type=Path, default=ROOT / "instance" / "bench-scoring.json")
    args = parser.parse_args()
    for other in OTHERS:
        print(f"{other}: {present(other) or 'not installed, left out'}", flush=True)
    state = json.loads(args.keep.read_text()) if args.keep.exists() else {"sets": {}, "speeds": []}

    def keep() -> None:
        args.keep.parent.mkdir(parents=True, exist_ok=True)
        fresh = args.keep.with_suffix(".fresh")
        fresh.write_text(json.dumps(state))
        fresh.replace(args.keep)

    lines = []
    for name in args.sets.split(","):
        if args.only != "speed" and (args.data_dir / f"{name}.csv.gz").exists():
            if args.fresh:
                state["sets"].pop(name, None)
            accuracy(args.data_dir, name, args.parts, state["sets"].setdefault(name, {}), keep)
        if name in state["sets"]:
            lines += lines_of(name, state["sets"][name], args.parts)
    if args.only != "accuracy" and args.rows:
        state["speeds"] = speed(args.rows)
        keep()
    text = report(lines, args.parts, state["speeds"])
    if args.out:
        put(args.out, text)
    else:
        print(text)


if __name__ == "__main__":
    main()
