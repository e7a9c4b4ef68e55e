"""Alembic's entry: the engine comes from `core.migrate`, the tables from the composition root."""

from importlib import import_module

from alembic import context
from sqlalchemy import TypeDecorator

from core.db import Row

for name in import_module("wsgi").TABLES:
    import_module(name)


def include(_object, name, kind, _reflected, _compare_to):
    """Procrastinate keeps its own tables."""
    return not (kind == "table" and name.startswith("procrastinate"))


def render(kind, item, _context):
    """Migrations name what the database sees, so that they outlive our column types."""
    return f"sa.{type(item.impl).__name__}()" if kind == "type" and isinstance(item, TypeDecorator) else False


with context.config.attributes["engine"].begin() as connection:
    context.configure(
        connection=connection, target_metadata=Row.metadata, include_object=include, render_item=render
    )
    with context.begin_transaction():
        context.run_migrations()
