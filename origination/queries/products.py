"""What is on sale, and every version there ever was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from core.db import Work
from core.domain.errors import NotFound
from core.domain.texts import Text
from origination.domain.product import SEGMENTS, Product, read_product
from origination.tables.application import ApplicationRow
from origination.tables.product import ProductRow


@dataclass(frozen=True, slots=True)
class ProductVersion:
    """One version with who put it on sale, and how many applications were made with it."""

    product: Product
    on_sale: bool
    created_at: datetime
    created_by: str
    applications: int


def product_versions(r: Work, code: str | None = None) -> tuple[ProductVersion, ...]:
    """Every version of one product (None: of all), the newest first. Raises NotFound for an unknown code."""
    query = select(ProductRow).order_by(ProductRow.segment, ProductRow.code, ProductRow.version.desc())
    rows = r.session.scalars(query if code is None else query.where(ProductRow.code == code)).all()
    if code is not None and not rows:
        raise NotFound(Text("There is no such product"))
    used = _applications(r)
    return tuple(
        ProductVersion(
            read_product(row.body), row.on_sale, row.created_at, row.created_by, used.get((row.code, row.version), 0)
        )
        for row in rows
    )


def _applications(r: Work) -> Mapping[tuple[str, int], int]:
    query = select(ApplicationRow.product_code, ApplicationRow.product_version, func.count())
    rows = r.session.execute(query.group_by(ApplicationRow.product_code, ApplicationRow.product_version))
    return {(code, version): int(n) for code, version, n in rows}


def product_names(r: Work, locale: str) -> dict[str, str]:
    """What each product is called, by its newest version, on sale or not."""
    rows = r.session.scalars(select(ProductRow).order_by(ProductRow.version))
    return {row.code: read_product(row.body).name_in(locale) for row in rows}


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
