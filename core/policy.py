"""Lender policy: TOML text turned into frozen values, known by the hash of its text.

Each stage ships `<stage>/policy.toml`; `instance/<stage>.policy.toml` replaces it. A policy class says which stage it
belongs to and how it is read: `class DunningPolicy: STAGE = "repayment"; from_toml(cls, data) -> DunningPolicy`.
A class with `PUBLISHED = True` is edited in the application: once a version was published there, that one counts in
every process from the next work on, and the files are only what the first version starts from.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db import Work
from core.domain.errors import PolicyInvalid
from core.settings import ROOT
from core.tables import PolicyEditionRow, PolicyVersionRow

PUBLISHED = "published"


class Policy(Protocol):
    """What a policy class offers."""

    STAGE: ClassVar[str]

    @classmethod
    def from_toml(cls, data: dict[str, Any]) -> Self: ...


class PublishedPolicy:
    """The newest published version of a policy, or the file's before the first. Read once per version and process."""

    def __init__(self, policy_class: type[Policy], from_file: Any, file_text: str) -> None:
        self.policy_class = policy_class
        self.from_file = from_file
        self.file_text = file_text
        self._read: tuple[UUID | None, Any] = (None, from_file)

    def in_force(self, session: Session) -> Any:
        """The policy that counts now. Raises PolicyInvalid when this program cannot read the published text."""
        newest = newest_published(session, self.policy_class.STAGE)
        if newest is None:
            return self.from_file
        if newest != self._read[0]:
            row = session.get_one(PolicyEditionRow, newest)
            self._read = (newest, read_policy(self.policy_class, row.text, f"published version {row.number}"))
        return self._read[1]


def newest_published(session: Session, stage: str) -> UUID | None:
    """The id of the version in force; None before anybody published one."""
    query = select(PolicyEditionRow.id).where(PolicyEditionRow.stage == stage, PolicyEditionRow.status == PUBLISHED)
    return session.scalars(query.order_by(PolicyEditionRow.number.desc()).limit(1)).first()


def policy_text(stage: str, instance: Path) -> str:
    """The file's text: the installation's own if there is one, else the shipped one."""
    own = instance / f"{stage}.policy.toml"
    return (own if own.exists() else ROOT / stage / "policy.toml").read_text(encoding="utf-8")


def text_hash(text: str) -> str:
    """SHA-256 of a policy text."""
    return hashlib.sha256(text.encode()).hexdigest()


def read_policy(policy_class: type[Policy], text: str, where: str) -> Any:
    """The value of a text. Raises PolicyInvalid naming the place, and key and reason."""
    try:
        return policy_class.from_toml(tomllib.loads(text))
    except PolicyInvalid:
        raise
    except (tomllib.TOMLDecodeError, KeyError, ValueError, TypeError) as error:
        raise PolicyInvalid(f"{where}: {error!r}") from error


def load_policies(classes: Iterable[type[Policy]], instance: Path) -> dict[type, Any]:
    """Every policy of the product, read and checked. Raises PolicyInvalid naming file, key and reason."""
    loaded: dict[type, Any] = {}
    for policy_class in classes:
        text = policy_text(policy_class.STAGE, instance)
        found = read_policy(policy_class, text, f"{policy_class.STAGE}/policy.toml")
        edited = getattr(policy_class, "PUBLISHED", False)
        loaded[policy_class] = PublishedPolicy(policy_class, found, text) if edited else found
    return loaded


def keep_text(w: Work, stage: str, text: str) -> str:
    """Keeps the text under its hash, so that a decision made by it replays years later; returns the hash."""
    sha256 = text_hash(text)
    if w.session.get(PolicyVersionRow, sha256) is None:  # two works may find that at once
        new = insert(PolicyVersionRow).values(sha256=sha256, stage=stage, text=text, first_used_at=w.now)
        w.session.execute(new.on_conflict_do_nothing())
    return sha256
