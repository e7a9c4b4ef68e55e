"""The only importer of xgboost and shap, both on first use: training, tests and reports.

Models are XGBoost's own JSON, never pickled. Scoring reads the tables made from it and needs no xgboost.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from scoring.domain.columns import Feature

# By the number of rows alone, so that the same data and seed give the same bytes on every machine. Small samples lose
# more by waiting for each other than they gain.
ROWS_FOR_TWO_THREADS = 60_000


def _xgboost() -> Any:
    """The library, told before it loads that threads which wait shall sleep: other work shares the machine."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import xgboost

    return xgboost


@dataclass(frozen=True, slots=True)
class Plan:
    """One setting of the learner. `rounds` is the most it may grow; early stopping may use fewer."""

    name: str
    depth: int
    eta: float
    rounds: int
    subsample: float
    by_tree: float
    by_node: float
    l2: float
    min_weight: float
    bins: int
    one_hot: int = 4

    def to_json(self) -> dict[str, Any]:
        """JSON-ready."""
        return {name: getattr(self, name) for name in self.__slots__}


class Booster:
    """A trained booster; for training, tests and reports. Scoring uses the tables instead."""

    def __init__(self, features: Sequence[Feature], inner: Any) -> None:
        self._features = features
        self.inner = inner

    @classmethod
    def load(cls, features: Sequence[Feature], model: bytes) -> Booster:
        """From XGBoost's JSON."""
        return cls(features, _xgboost().Booster(model_file=bytearray(model)))

    def margin(self, matrix: np.ndarray, rounds: int | None = None) -> np.ndarray:
        """Log-odds of bad for encoded rows (rows, features), by the first `rounds` trees or as many as there are."""
        upto = self.rounds if rounds is None else min(rounds, self.rounds)
        found = self.inner.predict(_dmatrix(self._features, matrix), output_margin=True, iteration_range=(0, upto))
        return np.asarray(found, dtype=np.float64)

    @property
    def rounds(self) -> int:
        """How many trees it has."""
        return int(self.inner.num_boosted_rounds())

    def contributions(self, matrix: np.ndarray) -> np.ndarray:
        """xgboost's own `pred_contribs` (rows, features + 1); the last column is the bias."""
        return np.asarray(self.inner.predict(_dmatrix(self._features, matrix), pred_contribs=True))

    def save(self) -> bytes:
        """XGBoost's JSON."""
        return bytes(self.inner.save_raw("json"))


def train_booster(
    features: Sequence[Feature],
    matrix: np.ndarray,
    bad: np.ndarray,
    plan: Plan,
    *,
    additive: bool,
    seed: int,
    weight: np.ndarray | None = None,
    watch: tuple[np.ndarray, np.ndarray] | None = None,
    cluster: str | None = None,
) -> tuple[Booster, int]:
    """Trains on encoded rows (rows, features); gives the booster and its best number of rounds.

    `additive` lets each tree use one feature only. With `watch` (rows, outcome) training stops when its log-loss has
    not fallen for a while; the booster keeps the trees after the best. `cluster` is the address of a Dask scheduler.
    """
    xgboost = _xgboost()
    if cluster is not None:
        return _train_on_cluster(features, matrix, bad, plan, additive, seed, weight, watch, cluster)
    params = _params(features, plan, additive=additive, seed=seed)
    params["nthread"] = 2 if len(bad) >= ROWS_FOR_TWO_THREADS else 1
    data = _dmatrix(features, matrix, bad, weight)
    if watch is None:
        return Booster(features, xgboost.train(params, data, plan.rounds)), plan.rounds
    patience = max(30, round(3 / plan.eta))
    inner = xgboost.train(
        params,
        data,
        plan.rounds,
        evals=[(_dmatrix(features, *watch), "watch")],
        early_stopping_rounds=patience,
        verbose_eval=False,
    )
    return Booster(features, inner), int(inner.best_iteration) + 1


def _train_on_cluster(
    features: Sequence[Feature], matrix: np.ndarray, bad: np.ndarray, plan: Plan, additive: bool, seed: int,
    weight: np.ndarray | None, watch: tuple[np.ndarray, np.ndarray] | None, cluster: str,
) -> tuple[Booster, int]:  # fmt: skip
    """`xgboost.dask` over the workers of a scheduler: the rows in as many parts as there are workers."""
    da, distributed, remote = (import_module(name) for name in ("dask.array", "dask.distributed", "xgboost.dask"))

    params = _params(features, plan, additive=additive, seed=seed) | {"nthread": 1}
    types = {"feature_names": [f"f{i}" for i in range(len(features))],
             "feature_types": ["c" if f.is_category else "q" for f in features]}  # fmt: skip
    with distributed.Client(cluster) as client:  # xgboost.dask asks for the current client
        parts = max(1, len(client.scheduler_info()["workers"]))

        def split(array: np.ndarray) -> Any:
            size = -(-len(array) // parts)
            return da.from_array(array, chunks=(size, array.shape[1]) if array.ndim == 2 else (size,))

        def data(rows: np.ndarray, outcome: np.ndarray, own: np.ndarray | None) -> Any:
            return remote.DaskDMatrix(
                client, split(rows), split(outcome), weight=None if own is None else split(own),
                enable_categorical=True, **types,
            )  # fmt: skip

        found = remote.train(
            client, params, data(matrix, bad, weight), plan.rounds, verbose_eval=False,
            evals=[] if watch is None else [(data(*watch, None), "watch")],
            early_stopping_rounds=None if watch is None else max(30, round(3 / plan.eta)),
        )  # fmt: skip
        inner = found["booster"]
    return Booster(features, inner), plan.rounds if watch is None else int(inner.best_iteration) + 1


def _params(features: Sequence[Feature], plan: Plan, *, additive: bool, seed: int) -> dict[str, Any]:
    params: dict[str, Any] = {
        "objective": "binary:logistic", "eval_metric": "logloss", "tree_method": "hist",
        "seed": seed, "verbosity": 0, "max_depth": plan.depth, "eta": plan.eta, "subsample": plan.subsample,
        "colsample_bytree": plan.by_tree, "colsample_bynode": plan.by_node, "lambda": plan.l2,
        "min_child_weight": plan.min_weight, "max_bin": plan.bins, "max_cat_to_onehot": plan.one_hot,
        "monotone_constraints": "(" + ",".join(str(f.mono) for f in features) + ")",
    }  # fmt: skip
    if additive:
        params["interaction_constraints"] = json.dumps([[i] for i in range(len(features))])
    return params


def _dmatrix(
    features: Sequence[Feature], matrix: np.ndarray, bad: np.ndarray | None = None, weight: np.ndarray | None = None
) -> Any:
    return _xgboost().DMatrix(
        matrix,
        bad,
        weight=weight,
        feature_names=[f"f{i}" for i in range(len(features))],
        feature_types=["c" if f.is_category else "q" for f in features],
        enable_categorical=True,
        nthread=2 if len(matrix) >= ROWS_FOR_TWO_THREADS else 1,
    )


def version() -> str:
    """The version of xgboost in use."""
    return str(_xgboost().__version__)


def explain_by_shap(model: bytes, features: Sequence[Feature], matrix: np.ndarray) -> np.ndarray:
    """`shap.TreeExplainer`'s values (rows, features), for tests and reports only; numbers only, no categories."""
    import shap

    booster = Booster.load(features, model).inner
    return np.asarray(shap.TreeExplainer(booster).shap_values(matrix))
