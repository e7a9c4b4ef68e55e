"""Alembic's entry: the engine comes from `core.migrate`, the tables from the composition root."""

from importlib import import_module

from alembic import context

from core.db import Row

for name in import_module("wsgi").TABLES:
    import_module(name)


def include(_object, name, kind, _reflected, _compare_to):
    """Procrastinate keeps its own tables."""
    return not (kind == "table" and name.startswith("procrastinate"))


with context.config.attributes["engine"].begin() as connection:
    context.configure(
        connection=connection, target_metadata=Row.metadata, include_object=include, compare_server_default=False
    )
    with context.begin_transaction():
        context.run_migrations()
