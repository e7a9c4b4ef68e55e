"""The product catalogue: one row per version, never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import HasId, Row


class ProductRow(HasId, Row):
    """One version of one product; `body` is what `product_to_dict` writes. Only the newest version is on sale."""

    __tablename__ = "product"
    code: Mapped[str] = mapped_column(String(40))
    version: Mapped[int]
    segment: Mapped[str] = mapped_column(String(20), index=True)
    currency: Mapped[str] = mapped_column(String(3))
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)
    on_sale: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(200))
    __table_args__ = (UniqueConstraint("code", "version"),)
