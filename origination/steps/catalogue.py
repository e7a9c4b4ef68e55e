"""The product catalogue: seeded, published version by version, taken off sale."""

from __future__ import annotations

import tomllib
from pathlib import Path

from sqlalchemy import select

from core import audit
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import Conflict, NotFound
from core.domain.ids import uuid7
from core.domain.texts import Text
from origination.domain.product import Product, product_to_dict, read_products
from origination.queries.rows import kept_product
from origination.tables.product import ProductRow

SEED = Path(__file__).parents[1] / "reference" / "products.toml"


def seed_products(w: Work) -> int:
    """Adds the shipped products that are not there yet; returns how many were added."""
    known = {(code, version) for code, version in w.session.execute(select(ProductRow.code, ProductRow.version))}
    added = 0
    for product in read_products(tomllib.loads(SEED.read_text(encoding="utf-8"))):
        if (product.code, product.version) not in known:
            _add(w, product)
            added += 1
    return added


def publish_product(w: Work, product: Product) -> Product:
    """Puts a new version on sale; the versions before go off sale, loans and applications made with them keep them.

    Raises NotAllowed, Conflict when the version is not the one after the newest.
    """
    w.actor.require(Role.ADMIN, Role.RISK_MANAGER, Role.SYSTEM)
    rows = w.session.scalars(select(ProductRow).where(ProductRow.code == product.code).with_for_update()).all()
    newest = max((row.version for row in rows), default=0)
    if product.version != newest + 1:
        raise Conflict(Text("The next version of this product is {n}. Look at the newest one first.", n=newest + 1))
    for row in rows:
        row.on_sale = False
    w.session.flush()
    _add(w, product)
    return product


def _add(w: Work, product: Product) -> None:
    w.add(
        ProductRow(
            id=uuid7(), code=product.code, version=product.version, segment=product.segment,
            currency=product.currency, body=product_to_dict(product), on_sale=True, created_at=w.now,
            created_by=w.actor.name,
        )
    )  # fmt: skip
    w.session.flush()
    audit.record(w, "product.published", "product", product.code, version=product.version)


def withdraw_product(w: Work, code: str) -> None:
    """Takes a product off sale. Raises NotFound."""
    w.actor.require(Role.ADMIN, Role.RISK_MANAGER)
    rows = w.session.scalars(select(ProductRow).where(ProductRow.code == code, ProductRow.on_sale).with_for_update())
    found = list(rows)
    if not found:
        raise NotFound(Text("This product is not on sale"))
    for row in found:
        row.on_sale = False
    audit.record(w, "product.withdrawn", "product", code)


def product_on_sale(w: Work, code: str) -> Product:
    """The version on sale. Raises NotFound."""
    query = select(ProductRow).where(ProductRow.code == code, ProductRow.on_sale)
    row = w.session.scalars(query.order_by(ProductRow.version.desc()).limit(1)).first()
    if row is None:
        raise NotFound(Text("This product is not on sale"))
    return kept_product(w, row)
