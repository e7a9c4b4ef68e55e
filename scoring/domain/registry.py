"""The life of a version: who may move it where."""

from __future__ import annotations

from collections.abc import Container, Iterable
from enum import StrEnum

from core.domain.errors import IllegalTransition, ModelUnavailable
from core.domain.fact import BOTH
from core.domain.facts import CATALOGUE
from core.domain.texts import Text


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


def facts_wanting(features: Iterable[str], segment: str, given: Container[str] = ()) -> tuple[str, ...]:
    """Features no application of the segment can give: protected facts, and what is neither a fact of it nor `given`.

    Read as "unknown" they would all earn the same points, and everybody the same score.
    """
    wanting = []
    for name in features:
        entry = CATALOGUE.get(name)
        foreign = entry is None or (segment in BOTH and segment not in entry.segments)
        if (entry is not None and (entry.protected or entry.sensitive)) or (foreign and name not in given):
            wanting.append(name)
    return tuple(wanting)


def check_facts(version: str, features: Iterable[str], segment: str, given: Container[str]) -> None:
    """Raises ModelUnavailable when the version looks at what applications do not tell or must not be judged by."""
    wanting = facts_wanting(features, segment, given)
    if wanting:
        raise ModelUnavailable(
            Text("{version} needs what an application does not give to a score: {names}",
                 version=version, names=", ".join(wanting))
        )  # fmt: skip
