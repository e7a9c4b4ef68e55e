"""Screening lists: new editions taken over from files, damaged ones refused, the index kept for all workers."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import SQLAlchemyError

from core import audit, queue
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import InvalidInput, ProviderUnavailable
from core.domain.texts import Text
from origination.domain.kept_text import text_to_kept
from origination.domain.kyc import ListInUse
from origination.domain.screening.entry_json import entry_from_json, entry_sha256, entry_to_json
from origination.domain.screening.index import ScreeningIndex
from origination.domain.screening.party import ListedEntry
from origination.providers.index_store import INDEXES, code_version, pack_index
from origination.providers.sanctions import LoadedList, check_not_shrunken, load_contents
from origination.tables.screening import ScreeningEntryRow, ScreeningIndexRow, ScreeningListRow

log = logging.getLogger("promissory.screening")
SAMPLE = Path(__file__).resolve().parent.parent / "reference" / "ofac_sample"
LIST_KINDS = ("sanctions", "pep", "internal")
_KIND_OF = {"OFAC SDN": "sanctions", "UN Consolidated": "sanctions"}
_INDEXED_AT_ONCE = 2_000
BUILD = "build_screening_index"  # a task of the workers, registered in origination.jobs


@dataclass(frozen=True, slots=True)
class ListLoad:
    """What became of a file: `status` is active, unchanged or refused; `message` says why it was refused."""

    name: str
    status: str
    edition: int
    entries: int
    added: int = 0
    changed: int = 0
    removed: int = 0
    message: Text | None = None


def load_list(
    w: Work,
    contents: Mapping[str, bytes],
    *,
    confirm_shrunken: bool = False,
    kind: str | None = None,
) -> tuple[ListLoad, ...]:
    """Takes over new editions of lists from file contents by name.

    A file that is empty, half-written, hostile or suddenly smaller is refused: the edition in use stays, the attempt is
    kept as an alarm. `kind` is what the list is about: sanctions, pep or internal; without it the lists of OFAC and the
    United Nations are sanctions, an own list is what it was before, else internal. Raises NotAllowed, InvalidInput for
    an unknown kind.
    """
    if kind is not None and kind not in LIST_KINDS:
        raise InvalidInput({"kind": Text("A list is about sanctions, pep or internal")})
    w.actor.require(Role.SYSTEM, Role.RISK_MANAGER, Role.ADMIN)
    try:
        loaded = load_contents(dict(contents))
    except InvalidInput as error:
        name = ", ".join(contents)
        return (_refuse(w, name, _why(error, name), _digest(contents)),)
    taken = tuple(_take_over(w, one, confirm_shrunken=confirm_shrunken, kind=kind) for one in loaded)
    if sum(one.entries for one in taken) > _INDEXED_AT_ONCE:
        queue.defer(w, BUILD, queueing_lock=BUILD)
    return taken


def load_sample_list(w: Work) -> tuple[ListLoad, ...]:
    """The shipped excerpt, for demonstration and a first start only; nothing happens when any list is in use."""
    if w.session.scalar(select(func.count()).select_from(ScreeningListRow).where(ScreeningListRow.status == "active")):
        return ()
    return take_sample(w)


def take_sample(w: Work) -> tuple[ListLoad, ...]:
    """Takes over the shipped excerpt; where it is in use already it becomes as fresh as today. Raises NotAllowed."""
    w.actor.require(Role.SYSTEM, Role.RISK_MANAGER, Role.ADMIN)
    return tuple(_take_over(w, one, is_sample=True) for one in _sample())


@cache
def _sample() -> tuple[LoadedList, ...]:
    return load_contents({path.name: path.read_bytes() for path in sorted(SAMPLE.glob("*.csv"))})


def _digest(contents: Mapping[str, bytes]) -> str:
    return hashlib.sha256(b"".join(contents[name] for name in sorted(contents))).hexdigest()


def _why(error: InvalidInput, name: str) -> Text:
    """What is wrong, with the name of the file where it is not that of the refused list itself."""
    file, texts = next(iter(error.fields.items()))
    said = texts[0] if isinstance(texts[0], Text) else Text(texts[0])
    return said if file == name else Text("{file}: {why}", file=file, why=said)


def _refuse(w: Work, name: str, message: Text, sha256: str, files: tuple[str, ...] = ()) -> ListLoad:
    row = w.add(
        ScreeningListRow(
            name=name[:100], edition=0, status="refused", message=text_to_kept(message), sha256=sha256, entries=0,
            names=0, counts={},
            files=list(files), loaded_at=w.now, loaded_on=w.today, loaded_by=w.actor.name,
        )
    )  # fmt: skip
    w.session.flush()
    audit.record(w, "screening.list_refused", "screening_list", row.id, name=name, message=str(message), sha256=sha256)
    return ListLoad(name, "refused", 0, 0, message=message)


def _take_over(
    w: Work, loaded: LoadedList, *, confirm_shrunken: bool = False, is_sample: bool = False, kind: str | None = None
) -> ListLoad:
    w.session.info.pop("screening_lists", None)
    statement = select(ScreeningListRow).where(
        ScreeningListRow.name == loaded.name, ScreeningListRow.status == "active"
    )
    active = w.session.scalar(statement.with_for_update())
    if active and active.sha256 == loaded.sha256:
        # The publisher has nothing new: the list is as fresh as today.
        active.loaded_on, active.loaded_at = w.today, w.now
        return ListLoad(loaded.name, "unchanged", active.edition, active.entries)
    if active and not confirm_shrunken and not active.is_sample:
        try:
            check_not_shrunken(loaded, active.entries)
        except InvalidInput as error:
            return _refuse(w, loaded.name, _why(error, loaded.name), loaded.sha256, loaded.files)
    edition = 1 if active is None else active.edition + 1
    added, changed, removed = _merge(w, loaded, edition)
    if active:
        active.status = "replaced"
        w.session.flush()
    row = w.add(
        ScreeningListRow(
            name=loaded.name, edition=edition, status="active", sha256=loaded.sha256, edition_on=loaded.edition_on,
            entries=len(loaded.entries), names=loaded.names, counts=loaded.counts, files=list(loaded.files),
            added=added, changed=changed, removed=removed, is_sample=is_sample, loaded_at=w.now, loaded_on=w.today,
            loaded_by=w.actor.name, kind=kind or (active.kind if active else _KIND_OF.get(loaded.name, "internal")),
        )
    )  # fmt: skip
    w.session.flush()
    audit.record(
        w, "screening.list_loaded", "screening_list", row.id, name=loaded.name, edition=edition, sha256=loaded.sha256,
        entries=len(loaded.entries), added=added, changed=changed, removed=removed,
    )  # fmt: skip
    return ListLoad(loaded.name, "active", edition, len(loaded.entries), added, changed, removed)


def _merge(w: Work, loaded: LoadedList, edition: int) -> tuple[int, int, int]:
    """Closes what is gone or changed, adds what is new or changed; returns (added, changed, removed)."""
    current = select(ScreeningEntryRow.entry_id, ScreeningEntryRow.sha256).where(
        ScreeningEntryRow.list_name == loaded.name, ScreeningEntryRow.until_edition.is_(None)
    )
    before = {row.entry_id: row.sha256 for row in w.session.execute(current)}
    after = {entry.entry_id: (entry_sha256(entry), entry) for entry in loaded.entries}
    closed = [entry_id for entry_id, sha in before.items() if entry_id not in after or after[entry_id][0] != sha]
    if closed:
        w.session.execute(
            update(ScreeningEntryRow)
            .where(
                ScreeningEntryRow.list_name == loaded.name,
                ScreeningEntryRow.until_edition.is_(None),
                ScreeningEntryRow.entry_id.in_(closed),
            )
            .values(until_edition=edition)
            .execution_options(synchronize_session=False)
        )
    fresh = [(key, sha, entry) for key, (sha, entry) in after.items() if before.get(key) != sha]
    w.session.add_all(
        ScreeningEntryRow(
            list_name=loaded.name, entry_id=key, sha256=sha, body=entry_to_json(entry), from_edition=edition
        )
        for key, sha, entry in fresh
    )
    w.session.flush()
    changed = sum(1 for key, _, _ in fresh if key in before)
    return len(fresh) - changed, changed, sum(1 for key in before if key not in after)


def lists_in_use(w: Work) -> tuple[ListInUse, ...]:
    """The active editions, by name; read once a work unless it loads one."""
    remembered: tuple[ListInUse, ...] | None = w.session.info.get("screening_lists")
    if remembered is not None:
        return remembered
    rows = w.session.scalars(
        select(ScreeningListRow).where(ScreeningListRow.status == "active").order_by(ScreeningListRow.name)
    )
    found = tuple(
        ListInUse(row.name, row.sha256, row.loaded_on, row.entries, is_sample=row.is_sample, kind=row.kind)
        for row in rows
    )
    w.session.info["screening_lists"] = found
    return found


def _entries(w: Work) -> list[ListedEntry]:
    bodies = w.session.scalars(
        select(ScreeningEntryRow.body)
        .where(ScreeningEntryRow.until_edition.is_(None))
        .order_by(ScreeningEntryRow.list_name, ScreeningEntryRow.entry_id)
    )
    return [entry_from_json(body) for body in bodies]


def _index_key(editions: tuple[str, ...]) -> str:
    return hashlib.sha256("|".join((code_version(), *editions)).encode()).hexdigest()


def current_index(w: Work) -> ScreeningIndex:
    """The index over all active lists, from this process's memory when the editions have not changed.

    Else the one that a worker has built is loaded; without one this process builds it. Raises ProviderUnavailable when
    that fails.
    """
    editions = tuple(one.sha256 for one in lists_in_use(w))

    def saved() -> bytes | None:
        return w.session.scalar(select(ScreeningIndexRow.data).where(ScreeningIndexRow.key == _index_key(editions)))

    try:
        return INDEXES.get(editions, lambda: _entries(w), saved)
    except SQLAlchemyError:
        raise
    except Exception as failure:
        log.exception("the index of the screening lists cannot be had")
        raise ProviderUnavailable(Text("Names could not be screened")) from failure


def build_index(w: Work) -> int:
    """Builds the index of the active lists and keeps it for all processes; returns how many names it holds.

    Nothing is built when it is kept already. Indexes of earlier editions are dropped.
    """
    editions = tuple(one.sha256 for one in lists_in_use(w))
    key = _index_key(editions)
    if w.session.get(ScreeningIndexRow, key) is not None:
        return len(current_index(w))
    index = ScreeningIndex(_entries(w))
    INDEXES.put(editions, index)
    w.session.execute(delete(ScreeningIndexRow).where(ScreeningIndexRow.key != key))
    w.add(ScreeningIndexRow(key=key, data=pack_index(index), built_at=w.now))
    w.session.flush()
    return len(index)
