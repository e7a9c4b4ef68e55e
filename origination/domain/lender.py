"""The lender as it appears in contracts and letters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from core.domain.errors import PolicyInvalid

_KEYS = frozenset({"name", "type", "identity", "email", "phone", "address", "complaints"})


@dataclass(frozen=True, slots=True)
class LenderProfile:
    """`[lender]` of the policy. An empty `name` means the name of the installation (LENDER_NAME).

    `type` is the kind of lender the law sees, as `[[caps]]` of the loans' policy names it. `address` and `complaints`
    are given by language.
    """

    STAGE: ClassVar[str] = "origination"
    name: str = ""
    type: str = ""
    identity: str = ""
    email: str = ""
    phone: str = ""
    address: Mapping[str, str] = field(default_factory=dict)
    complaints: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_toml(cls, data: Mapping[str, Any]) -> Self:
        """Reads `[lender]`; raises PolicyInvalid for a key it does not know or a language that is missing."""
        raw = dict(data.get("lender", {}))
        unknown = sorted(raw.keys() - _KEYS)
        if unknown:
            raise PolicyInvalid(f"[lender]: unknown keys {', '.join(unknown)}")
        for name in ("address", "complaints"):
            texts = raw.get(name, {})
            if texts and not {"en", "zh"} <= set(texts):
                raise PolicyInvalid(f"[lender] {name}: needs both languages, en and zh")
        return cls(**raw)

    def text(self, name: str, locale: str) -> str:
        """`address` or `complaints` in that language."""
        texts: Mapping[str, str] = getattr(self, name)
        return texts.get("zh" if locale.startswith("zh") else "en", "")


POLICIES = [LenderProfile]
