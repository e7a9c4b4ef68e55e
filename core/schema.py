"""What a schema has beside its tables: append-only triggers and the queue's own objects."""

from __future__ import annotations

from sqlalchemy import Engine, text

from core.db import Row

APPEND_ONLY_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: correct it by another entry', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""


def append_only_tables() -> list[str]:
    """Tables whose rows are never changed or removed: `__table_args__` info says `{"append_only": True}`."""
    return [table.name for table in Row.metadata.sorted_tables if table.info.get("append_only")]


def append_only_trigger(table: str) -> str:
    """The trigger that refuses UPDATE and DELETE on a table."""
    return (
        f"CREATE OR REPLACE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )


def queue_schema() -> str:
    """Procrastinate's tables, types and functions."""
    from procrastinate.schema import SchemaManager

    return SchemaManager.get_schema()


def create_schema(engine: Engine) -> None:
    """Everything on an empty database, as the migrations make it; for tests."""
    with engine.begin() as connection:
        Row.metadata.create_all(connection)
        connection.execute(text(APPEND_ONLY_FUNCTION))
        for table in append_only_tables():
            connection.execute(text(append_only_trigger(table)))
        connection.exec_driver_sql(queue_schema().replace("%", "%%"))
