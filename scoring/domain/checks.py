"""What is looked at before a card is trained: classes, empty columns, duplicates, the future, and leaks."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.domain.errors import InvalidInput
from core.domain.texts import Text
from scoring.domain.columns import Column, ColumnRole, DataSchema, Feature
from scoring.domain.metrics import auc

CLASS_MIN = 20  # below this no split into folds can be judged
CLASS_FEW = 200
LEAK_AUC = 0.85  # one column of an application that ranks this well is nearly always the outcome in disguise
CODE_ROWS = 10  # a code for "unknown" is no single typing error ...
CODE_FAR = 4  # ... and lies so many times above all other values, or below zero where they do not
CODES_BELOW_ZERO = tuple(-float(code) for head in (0, 90, 990, 9990, 99990) for code in range(head + 7, head + 10))
JUMP_AUC = 0.05  # Term of the SBA file, recorded at the end: 0.07; causes: below 0.02
_AFTERWARDS = re.compile(
    r"(charge.?off|chg.?off|written?.?off|recover|collection|default.?(date|on|flag)|closed.?(date|on)|last.?p(ay|y)m|"
    r"total.?(paid|rec)|outcome)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found in the data: stable `code`, the column ("" for the whole sample) and the words."""

    code: str
    column: str
    text: Text

    def to_json(self) -> dict[str, Any]:
        """JSON-ready: the words in English, and as message and parameters for readers of another language."""
        said = {"msgid": self.text.msgid, "params": {name: _plain(value) for name, value in self.text.params.items()}}
        return {"code": self.code, "column": self.column, "text": str(self.text), **said}


def _plain(value: Any) -> str | int | float:
    return value if isinstance(value, str | int | float) else str(value)


def check_classes(bad: np.ndarray, target: str) -> list[Finding]:
    """Raises InvalidInput with fewer than 20 bads or goods; warns below 200."""
    bads, goods = int(bad.sum()), int(len(bad) - bad.sum())
    if min(bads, goods) < CLASS_MIN:
        raise InvalidInput(
            {target: Text("{bads} bad and {goods} good rows; a card needs at least {least} of each",
                          bads=bads, goods=goods, least=CLASS_MIN)}
        )  # fmt: skip
    if min(bads, goods) < CLASS_FEW:
        return [
            Finding(
                "FEW_ROWS", target, Text("Only {n} rows of the smaller class: figures are rough", n=min(bads, goods))
            )
        ]
    return []


def check_roles(schema: DataSchema, names: Sequence[str]) -> list[Finding]:
    """What the schema keeps out, and features whose name sounds like something known only afterwards."""
    found = []
    for column in schema.columns:
        if column.role in {ColumnRole.POST, ColumnRole.LEAK}:
            found.append(
                Finding(
                    "REFUSED", column.name, Text("{name} is known only after the decision: not used", name=column.name)
                )
            )
        elif column.protected and column.role is ColumnRole.FEATURE:
            found.append(
                Finding(
                    "PROTECTED",
                    column.name,
                    Text("{name} is protected: used for the fairness report only", name=column.name),
                )
            )
        elif column.role is ColumnRole.FEATURE and _AFTERWARDS.search(column.name):
            found.append(
                Finding(
                    "SOUNDS_LATE",
                    column.name,
                    Text("{name} sounds like something known only after the decision", name=column.name),
                )
            )
    described = {column.name for column in schema.columns}
    found += [
        Finding("NOT_IN_SCHEMA", name, Text("{name} is not in the schema: ignored", name=name))
        for name in names
        if name not in described
    ]
    return found


def check_duplicates(columns: Mapping[str, Sequence[str]], schema: DataSchema) -> list[Finding]:
    """Rows equal in everything but their ids."""
    names = [c.name for c in schema.columns if c.role is not ColumnRole.ID and c.name in columns]
    rows = list(zip(*(columns[name] for name in names), strict=True))
    twins = len(rows) - len(set(rows))
    return [Finding("DUPLICATES", "", Text("{n} rows repeat an earlier row", n=twins))] if twins else []


def check_future(column: Column, days: np.ndarray, today: int) -> list[Finding]:
    """Dates after today (both as day numbers)."""
    late = np.flatnonzero(days > today)
    if not len(late):
        return []
    return [
        Finding("FUTURE", column.name, Text("{n} dates of {name} are in the future, the first in row {row}",
                                            n=len(late), name=column.name, row=int(late[0]) + 1))
    ]  # fmt: skip


def usable(features: Sequence[Feature], columns: Sequence[np.ndarray]) -> tuple[list[int], list[Finding]]:
    """Positions of features that carry anything, and findings for those that are empty or constant."""
    kept, found = [], []
    for at, (feature, column) in enumerate(zip(features, columns, strict=True)):
        present = column[~np.isnan(column)]
        if not len(present):
            found.append(
                Finding("EMPTY", feature.name, Text("{name} is empty in every row: left out", name=feature.name))
            )
        elif feature.is_category and not feature.categories and len(present) == len(column):
            text = Text("Every value of {name} is rare, as in a name or number: left out", name=feature.name)
            found.append(Finding("RARE_VALUES", feature.name, text))
        elif len(present) == len(column) and (present == present[0]).all():
            found.append(
                Finding("CONSTANT", feature.name, Text("{name} has one value only: left out", name=feature.name))
            )
        else:
            kept.append(at)
    return kept, found


def find_codes(
    features: Sequence[Feature], columns: Sequence[np.ndarray]
) -> tuple[tuple[Feature, ...], list[np.ndarray], list[Finding]]:
    """Numbers that stand for "unknown" where an order is expected, read as missing: features, columns, findings.

    Credit bureaus write 96 to 99 (999, 9999 ...) or -7 to -9 (-99, -999 ...) for "no record". Such a number is taken
    for a code when ten rows or more hold it and all others lie far below it, or at zero and above. Without an expected
    sign the trees find such cells by themselves.
    """
    told, blanked, found = [], [], []
    for feature, column in zip(features, columns, strict=True):
        codes = _codes_in(column) if feature.mono and not feature.is_category else ()
        coded = replace(feature, missing_codes=codes)
        told.append(coded)
        blanked.append(coded.blank(column))
        if codes:
            text = Text(
                "{name} is {codes} in {n} rows, far from all other values: read as unknown",
                name=feature.name, codes=", ".join(f"{code:g}" for code in codes),
                n=int(np.isin(column, codes).sum()),
            )  # fmt: skip
            found.append(Finding("MISSING_CODES", feature.name, text))
    return tuple(told), blanked, found


def _codes_in(column: np.ndarray) -> tuple[float, ...]:
    values, counts = np.unique(column[~np.isnan(column)], return_counts=True)
    if len(values) < 2:
        return ()
    top, codes = float(values[-1]), np.zeros(len(values), dtype=bool)
    if any(top == 10**digits - short for digits in range(2, 10) for short in range(1, 5)):
        high = values > 10 ** len(f"{top:.0f}") - 5
        if values[~high].size and values[~high][-1] * CODE_FAR <= values[high][0]:
            codes |= high
    low = values < 0
    if low.any() and not low.all() and np.isin(values[low], CODES_BELOW_ZERO).all():
        codes |= low
    return tuple(values[codes].tolist()) if counts[codes].sum() >= CODE_ROWS else ()


def check_leaks(features: Sequence[Feature], columns: Sequence[np.ndarray], bad: np.ndarray) -> list[Finding]:
    """Warns of a column that ranks too well alone, or whose odds jump from value to value as no cause does.

    A jump counts beyond what chance gives with so many rows (Hanley and McNeil 1982, the spread at an AUC of one half).
    """
    found = []
    chance = math.sqrt((len(bad) + 1) / (12 * bad.sum() * (len(bad) - bad.sum())))  # spread of an AUC without meaning
    for feature, column in zip(features, columns, strict=True):
        coarse = _alone(column, bad, 10, is_category=feature.is_category)
        fine = coarse if feature.is_category else _alone(column, bad, 400, is_category=False)
        best = max(coarse, fine)
        if best >= LEAK_AUC:
            text = Text(
                "{name} alone ranks with an AUC of {auc}: is it known before the decision?",
                name=feature.name, auc=f"{best:.3f}",
            )  # fmt: skip
            found.append(Finding("LEAK", feature.name, text))
        if fine - max(coarse, 0.5) >= JUMP_AUC + 2 * chance:
            text = Text(
                "The odds of {name} jump between neighbouring values (AUC {fine} by value, {coarse} by band): it may "
                "be recorded after the outcome",
                name=feature.name, fine=f"{fine:.3f}", coarse=f"{coarse:.3f}",
            )  # fmt: skip
            found.append(Finding("ODDS_JUMP", feature.name, text))
    return found


def _alone(column: np.ndarray, bad: np.ndarray, cells: int, *, is_category: bool) -> float:
    """AUC of the column's own bad rates, each half of the rows judged by the rates of the other half."""
    known = ~np.isnan(column)
    if is_category:
        cell = np.where(known, column, -1).astype(int) + 1
    else:
        values, counts = np.unique(column[known], return_counts=True)
        if len(values) > cells:
            ends = np.searchsorted(np.cumsum(counts) / counts.sum(), np.linspace(0, 1, cells + 1)[1:-1])
            values = np.unique(values[ends])
        cell = np.where(known, np.searchsorted(values, column, side="left") + 1, 0)
    size = int(cell.max()) + 1
    risk = np.empty(len(bad))
    halves = np.arange(len(bad)) % 2 == 0
    rate = bad.mean()
    for half in (halves, ~halves):
        rows = np.bincount(cell[~half], minlength=size)
        bads = np.bincount(cell[~half], weights=bad[~half], minlength=size)
        risk[half] = ((bads + 5 * rate) / (rows + 5))[cell[half]]
    return auc(bad, risk)


def correlated_groups(
    columns: Sequence[np.ndarray], is_number: Sequence[bool], weight: Sequence[float], least: float = 0.7
) -> tuple[tuple[int, ...], ...]:
    """Groups of features whose rank correlation (Spearman) links them, the one with most `weight` first.

    A category stands alone. Rows are thinned to 20,000.
    """
    size = len(columns)
    step = max(1, len(columns[0]) // 20_000)
    ranks = [_ranks(column[::step]) for column in columns]
    group = list(range(size))
    for a in range(size):
        for b in range(a):
            if is_number[a] and is_number[b] and abs(float(np.mean(ranks[a] * ranks[b]))) >= least:
                old, new = group[a], group[b]
                group = [new if g == old else g for g in group]
    members = [[at for at in range(size) if group[at] == g] for g in sorted(set(group))]
    return tuple(tuple(sorted(m, key=lambda at: (-weight[at], at))) for m in members)


def _ranks(column: np.ndarray) -> np.ndarray:
    known = ~np.isnan(column)
    out = np.zeros(len(column))
    if known.any():
        _, inverse, counts = np.unique(column[known], return_inverse=True, return_counts=True)
        middle = np.cumsum(counts) - (counts - 1) / 2
        ranks = middle[inverse]
        spread = ranks.std()
        out[known] = (ranks - ranks.mean()) / spread if spread else 0.0
        out *= np.sqrt(len(column) / known.sum())
    return out
