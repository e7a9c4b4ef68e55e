"""What is on sale."""

from __future__ import annotations

from sqlalchemy import select

from core.db import Work
from core.domain.errors import NotFound
from core.domain.texts import Text
from origination.domain.product import Product, read_product
from origination.tables.product import ProductRow


def products_on_sale(r: Work, *, segment: str | None = None) -> tuple[Product, ...]:
    """The newest versions, by segment and code."""
    query = select(ProductRow).where(ProductRow.on_sale).order_by(ProductRow.segment, ProductRow.code)
    if segment is not None:
        query = query.where(ProductRow.segment == segment)
    return tuple(read_product(row.body) for row in r.session.scalars(query))


def product_named(r: Work, code: str, version: int | None = None) -> Product:
    """One version, the one on sale unless named. Raises NotFound."""
    query = select(ProductRow).where(ProductRow.code == code)
    query = query.where(ProductRow.on_sale) if version is None else query.where(ProductRow.version == version)
    row = r.session.scalars(query.order_by(ProductRow.version.desc()).limit(1)).first()
    if row is None:
        raise NotFound(Text("There is no such product"))
    return read_product(row.body)


def product_versions(r: Work, code: str) -> tuple[tuple[Product, bool], ...]:
    """Every version with whether it is on sale, newest first."""
    query = select(ProductRow).where(ProductRow.code == code).order_by(ProductRow.version.desc())
    return tuple((read_product(row.body), row.on_sale) for row in r.session.scalars(query))
