"""What is on sale."""

from __future__ import annotations

from sqlalchemy import select

from core.db import Work
from core.domain.errors import NotFound
from core.domain.texts import Text
from origination.domain.product import SEGMENTS, Product, read_product
from origination.tables.product import ProductRow


def products_on_sale(r: Work) -> tuple[Product, ...]:
    """The newest version of every product on sale, consumers' first."""
    rows = r.session.scalars(
        select(ProductRow).where(ProductRow.on_sale).order_by(ProductRow.created_at, ProductRow.id)
    )
    newest = {row.code: row for row in sorted(rows, key=lambda row: row.version)}
    found = [read_product(row.body) for row in newest.values()]
    return tuple(sorted(found, key=lambda product: (SEGMENTS.index(product.segment), product.currency)))


def product_version(r: Work, code: str, version: int) -> Product:
    """One version of a product, on sale or not. Raises NotFound."""
    query = select(ProductRow).where(ProductRow.code == code, ProductRow.version == version)
    row = r.session.scalars(query).one_or_none()
    if row is None:
        raise NotFound(Text("There is no such product"))
    return read_product(row.body)
