"""Trainings asked for on the pages: kept, done by the workers with progress, and registered as drafts of who asked."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog

from core import audit, documents, queue
from core.db import Database, Work
from core.domain.actor import Actor, Role
from core.domain.errors import InvalidInput, LendingError
from core.domain.ids import uuid7
from core.domain.texts import Text
from scoring.domain.columns import DataSchema
from scoring.domain.policy import ScoringPolicy
from scoring.queries.scores import version_named
from scoring.steps.draft import write_draft
from scoring.steps.read_sample import read_sample
from scoring.steps.registry import register_version
from scoring.steps.train import KINDS, TrainRequest, train, weighing_column
from scoring.tables import TrainingRunRow

RUN_TRAINING = "run_training"
TRAIN, ALTERNATIVES = "train", "alternatives"
WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to train, as typed. Shares are fractions of one."""

    segment: str
    kind: str
    name: str = ""
    purpose: str = ""
    product: str | None = None
    exclude: tuple[str, ...] = ()
    central_tendency: float | None = None
    cutoff_pd: float | None = None
    seed: int = 7
    reweigh: str = ""

    def to_json(self) -> dict[str, Any]:
        """As a run keeps it."""
        return {name: getattr(self, name) for name in self.__slots__} | {"exclude": list(self.exclude)}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Wanted:
        """What `to_json` wrote."""
        return cls(**{**raw, "exclude": tuple(raw["exclude"])})


def ask_training(w: Work, wanted: Wanted, *, data: bytes, data_name: str, schema: bytes) -> TrainingRunRow:
    """Keeps the file encrypted until the run is over and asks the workers. Raises InvalidInput for what cannot do."""
    w.actor.require(Role.RISK_MANAGER)
    if wanted.kind not in KINDS:
        raise InvalidInput({"kind": Text("Choose one of the kinds")})
    found = _schema(schema, data_name).without(wanted.exclude)
    if wanted.reweigh:
        weighing_column(found, wanted.reweigh)
        if wanted.kind == "logistic":
            raise InvalidInput({"reweigh": Text("Rows are weighed in additive and deep cards only")})
    _look_at(data, found)
    return _keep(w, TRAIN, wanted.to_json(), data, data_name, found)


def ask_alternatives(w: Work, version_name: str, *, data: bytes, data_name: str) -> TrainingRunRow:
    """A search for less discriminatory versions on the data a version was trained on, or newer ones of its form."""
    w.actor.require(Role.RISK_MANAGER)
    version = version_named(w, version_name)
    if not version.schema.protected:
        raise InvalidInput({"data": Text("The data of this version name no protected column: nothing can be compared")})
    _look_at(data, version.schema)
    return _keep(w, ALTERNATIVES, {"version": version_name}, data, data_name, version.schema)


def _schema(raw: bytes, data_name: str) -> DataSchema:
    try:
        parsed = json.loads(raw.decode("utf-8-sig"))
    except ValueError as error:
        raise InvalidInput({"schema": Text("{path} is not JSON: {reason}", path="schema", reason=error)}) from None
    try:
        return DataSchema.from_json(parsed, file=data_name)
    except InvalidInput as error:
        raise InvalidInput({"schema": [str(m) for found in error.fields.values() for m in found]}) from None


def _look_at(data: bytes, schema: DataSchema) -> None:
    """Reads the file once, so that a broken one is refused while its sender still looks at the page."""
    if not data:
        raise InvalidInput({"data": Text("The file is empty. Choose it again.")})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.csv"
        path.write_bytes(data)
        try:
            read_sample(path).outcome(schema.target)
        except InvalidInput as error:
            raise InvalidInput({"data": [m for found in error.fields.values() for m in _listed(found)]}) from None


def _listed(found: Any) -> list[str]:
    return [found] if isinstance(found, str) else list(found)


def _keep(
    w: Work, task: str, options: dict[str, Any], data: bytes, data_name: str, schema: DataSchema
) -> TrainingRunRow:
    row = w.add(
        TrainingRunRow(
            id=uuid7(), task=task, status=WAITING, options=options, data_name=data_name[:200],
            data_sha256=documents.sha256(data), data_key=documents.store_bytes(_folder(), data),
            schema=schema.to_json(), stage="", share=0.0, errors=[], result={}, asked_by=w.actor.id,
            asked_by_name=w.actor.name, asked_at=w.now,
        )
    )  # fmt: skip
    w.session.flush()
    audit.record(w, f"model.{task}_asked", "training_run", row.id, data=row.data_sha256, **options)
    queue.defer(w, RUN_TRAINING, run_id=str(row.id))
    return row


def _folder() -> Path:
    return documents.settings_in_use().instance / "training"


def run_training(database: Database, run_id: UUID) -> str:
    """Does a run that waits, or one whose worker died; returns its status. Needs the app's context."""
    with database.work() as w:
        row = w.lock(TrainingRunRow, run_id)
        if row.status in {DONE, FAILED}:
            return row.status
        row.status, row.started_at, row.errors = RUNNING, w.now, []
    try:
        with tempfile.TemporaryDirectory() as folder:
            _run(database, row, Path(folder))
    except LendingError as error:
        _fail(database, run_id, error)
        return FAILED
    except Exception as error:
        log.exception("training_failed", run=str(run_id))
        _fail(database, run_id, LendingError(f"{type(error).__name__}: {error}"))
        return FAILED
    return DONE


def _run(database: Database, row: TrainingRunRow, folder: Path) -> None:
    assert row.data_key is not None
    data = folder / Path(row.data_name).name
    data.write_bytes(documents.read_bytes(_folder(), row.data_key))
    actor = Actor(row.asked_by, row.asked_by_name, frozenset({Role.RISK_MANAGER}))
    show = _Progress(database, row.id)
    if row.task == TRAIN:
        wanted = Wanted.from_json(row.options)
        request = _request(database, wanted, data, DataSchema.from_json(row.schema))
        draft = train(request, show)
        write_draft(draft, folder / "draft")
        with database.work(actor) as w:
            made = register_version(w, folder / "draft", product=wanted.product)
            _finish(w, row.id, {"findings": draft.metrics["findings"], "test": draft.metrics["test"]}, made.id)
        return
    from scoring.steps.alternatives import search_alternatives

    with database.read(actor) as r:
        version = version_named(r, row.options["version"])
    found = search_alternatives(version, data, database.policies[ScoringPolicy], show)
    with database.work(actor) as w:
        _finish(w, row.id, found, None)


def _request(database: Database, wanted: Wanted, data: Path, schema: DataSchema) -> TrainRequest:
    return TrainRequest(
        data, schema, wanted.segment, wanted.kind, database.policies[ScoringPolicy], database.clock.today(),
        wanted.seed, wanted.central_tendency, wanted.cutoff_pd, wanted.name, wanted.purpose,
        reweigh=wanted.reweigh,
    )  # fmt: skip


def _finish(w: Work, run_id: UUID, result: dict[str, Any], version_id: UUID | None) -> None:
    row = w.lock(TrainingRunRow, run_id)
    row.status, row.finished_at, row.share = DONE, w.now, 1.0
    row.result, row.version_id = result, version_id
    _forget(w, row)


def _fail(database: Database, run_id: UUID, error: LendingError) -> None:
    with database.work() as w:
        row = w.lock(TrainingRunRow, run_id)
        row.status, row.finished_at = FAILED, w.now
        row.errors = _words(error)
        _forget(w, row)


def _words(error: LendingError) -> list[dict[str, Any]]:
    """The messages with their ids, so that they are read in the reader's language."""
    if isinstance(error, InvalidInput):
        messages = [(name, m) for name, found in error.fields.items() for m in _listed(found)]
    else:
        messages = [("", error.args[0] if error.args else error.message)]
    return [
        {"field": name, "text": str(m), "msgid": m.msgid if isinstance(m, Text) else "",
         "params": {k: str(v) for k, v in m.params.items()} if isinstance(m, Text) else {}}
        for name, m in messages
    ]  # fmt: skip


def _forget(w: Work, row: TrainingRunRow) -> None:
    """The file has served: it is deleted once that is durable."""
    key, row.data_key = row.data_key, None
    if key is not None:
        w.after_commit.append(lambda: documents.discard(_folder(), key))


class _Progress:
    """Keeps stage and share of a run visible, at most once a second."""

    def __init__(self, database: Database, run_id: UUID) -> None:
        self._database, self._run_id = database, run_id
        self._stage, self._at = "", 0.0

    def __call__(self, stage: str, share: float) -> None:
        if stage == self._stage and time.monotonic() - self._at < 1:
            return
        self._stage, self._at = stage, time.monotonic()
        with self._database.work() as w:
            row = w.get(TrainingRunRow, self._run_id)
            row.stage, row.share = stage, share
