"""The life of a version: who may move it where."""

from __future__ import annotations

from enum import StrEnum

from core.domain.errors import IllegalTransition


class VersionStatus(StrEnum):
    """Stored by value."""

    DRAFT = "draft"
    VALIDATED = "validated"
    APPROVED = "approved"
    CHAMPION = "champion"
    CHALLENGER = "challenger"
    SHADOW = "shadow"
    RETIRED = "retired"


_S = VersionStatus
MOVES: dict[VersionStatus, frozenset[VersionStatus]] = {
    _S.DRAFT: frozenset({_S.VALIDATED, _S.RETIRED}),
    _S.VALIDATED: frozenset({_S.APPROVED, _S.RETIRED}),
    _S.APPROVED: frozenset({_S.CHAMPION, _S.CHALLENGER, _S.SHADOW, _S.RETIRED}),
    _S.CHALLENGER: frozenset({_S.CHAMPION, _S.SHADOW, _S.APPROVED, _S.RETIRED}),
    _S.SHADOW: frozenset({_S.CHAMPION, _S.CHALLENGER, _S.APPROVED, _S.RETIRED}),
    _S.CHAMPION: frozenset({_S.APPROVED, _S.RETIRED}),
    _S.RETIRED: frozenset(),
}
LIVE = frozenset({_S.CHAMPION, _S.CHALLENGER, _S.SHADOW})


def check_move(now: str, wanted: VersionStatus) -> None:
    """Raises IllegalTransition when the life of a version has no such move."""
    if wanted not in MOVES[VersionStatus(now)]:
        raise IllegalTransition("The version", now, wanted.value)
