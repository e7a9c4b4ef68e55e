"""Lender policy: TOML text turned into frozen values, known by the hash of its text.

Each stage ships `<stage>/policy.toml`; `instance/<stage>.policy.toml` replaces it. A policy class says which stage it
belongs to and how it is read: `class DunningPolicy: STAGE = "repayment"; from_toml(cls, data) -> DunningPolicy`.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

from core.db import Work
from core.domain.errors import PolicyInvalid
from core.settings import ROOT
from core.tables import PolicyVersionRow


class Policy(Protocol):
    """What a policy class offers."""

    STAGE: ClassVar[str]

    @classmethod
    def from_toml(cls, data: dict[str, Any]) -> Self: ...


def policy_text(stage: str, instance: Path) -> str:
    """The text in force: the installation's own if there is one, else the shipped one."""
    own = instance / f"{stage}.policy.toml"
    return (own if own.exists() else ROOT / stage / "policy.toml").read_text(encoding="utf-8")


def text_hash(text: str) -> str:
    """SHA-256 of a policy text."""
    return hashlib.sha256(text.encode()).hexdigest()


def load_policies(classes: Iterable[type[Policy]], instance: Path) -> dict[type, Any]:
    """Every policy of the product, read and checked. Raises PolicyInvalid naming file, key and reason."""
    loaded: dict[type, Any] = {}
    for policy_class in classes:
        text = policy_text(policy_class.STAGE, instance)
        try:
            loaded[policy_class] = policy_class.from_toml(tomllib.loads(text))
        except (tomllib.TOMLDecodeError, KeyError, ValueError, TypeError) as error:
            raise PolicyInvalid(f"{policy_class.STAGE}/policy.toml: {error!r}") from error
    return loaded


def keep_text(w: Work, stage: str, text: str) -> str:
    """Keeps the text under its hash, so that a decision made by it replays years later; returns the hash."""
    sha256 = text_hash(text)
    if w.session.get(PolicyVersionRow, sha256) is None:
        w.add(PolicyVersionRow(sha256=sha256, stage=stage, text=text, first_used_at=w.now))
    return sha256
