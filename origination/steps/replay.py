"""Past decisions made again from what was kept: facts, policy text, score. Equal, or the difference is named."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core.db import Work
from core.domain.facts import facts_from_json
from core.tables import PolicyVersionRow
from origination.domain.decision import decide, decision_to_dict, fingerprint
from origination.domain.policy import OriginationPolicy
from origination.steps.score import facts_hash
from origination.tables.decision import DecisionRow, FactSetRow

PAGE = 500


@dataclass(frozen=True, slots=True)
class Replayed:
    """One decision made again. `differences` is empty when everything is equal."""

    decision_id: UUID
    application_id: UUID
    outcome: str
    differences: tuple[str, ...]

    @property
    def is_equal(self) -> bool:
        """True when the same facts and the same policy give the same decision, row by row."""
        return not self.differences


class PolicyShelf:
    """Policies read from their kept texts, each once."""

    def __init__(self, r: Work) -> None:
        self._r = r
        self._read: dict[str, OriginationPolicy] = {}

    def policy(self, sha256: str) -> OriginationPolicy | None:
        """The policy of that hash; None when its text is missing or is not the text of that hash."""
        if sha256 not in self._read:
            kept = self._r.session.get(PolicyVersionRow, sha256)
            if kept is None:
                return None
            found = OriginationPolicy.from_text(kept.text)
            if found.sha256 != sha256:
                return None
            self._read[sha256] = found
        return self._read[sha256]


def replay_decision(r: Work, made: DecisionRow, shelf: PolicyShelf | None = None) -> Replayed:
    """Makes one decision again and compares every row, reason and limit; of a person's one the part of the rules."""
    policy = (shelf or PolicyShelf(r)).policy(made.policy_sha256)
    kept = r.get(FactSetRow, made.fact_set_id)
    differences: list[str] = []
    if facts_hash(kept.facts) != kept.sha256:
        differences.append("the frozen facts were changed")
    if fingerprint(made.record) != made.fingerprint:
        differences.append("the kept record was changed")
    differences += _score_differences(kept, made.record["facts"])
    if policy is None:
        differences.append("the policy text is missing or was changed")
    else:
        facts = facts_from_json(made.record["facts"])
        again = json.loads(json.dumps(decision_to_dict(decide(facts, policy.compiled, kept.frozen_on), facts)))
        differences += list(_compare(made.record, again))
    return Replayed(made.id, made.application_id, made.outcome, tuple(differences))


def _score_differences(kept: FactSetRow, facts: Mapping[str, Any]) -> Iterator[str]:
    for name, value in (("grade", kept.grade), ("pd", kept.pd), ("points", kept.points)):
        said = facts.get(name)
        same = said is None if value is None else str(value) == str(said) or _equal_number(value, said)
        if not same:
            yield f"{name}: scored {value}, decided on {said}"


def _equal_number(value: Any, said: Any) -> bool:
    try:
        return Decimal(str(value)) == Decimal(str(said))
    except InvalidOperation:
        return False


def _compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for key in ("outcome", "amount_max_minor", "tenor_max"):
        if before[key] != after[key]:
            yield f"{key}: was {before[key]}, is {after[key]}"
    was, now = [one["id"] for one in before["reasons"]], [one["id"] for one in after["reasons"]]
    if was != now:
        yield f"reasons: were {', '.join(was) or 'none'}, are {', '.join(now) or 'none'}"
    rows_before = {(row["table"], row["row"]): row for row in before["rows"]}
    rows_after = {(row["table"], row["row"]): row for row in after["rows"]}
    for place in sorted(rows_before.keys() | rows_after.keys()):
        if rows_before.get(place) != rows_after.get(place):
            yield f"row {place[0]}/{place[1]} differs"


def replay_all(r: Work, *, application_id: UUID | None = None) -> Iterator[Replayed]:
    """Every decision, oldest first, of one application if named."""
    shelf, after = PolicyShelf(r), None
    while True:
        query = select(DecisionRow).order_by(DecisionRow.id).limit(PAGE)
        if application_id is not None:
            query = query.where(DecisionRow.application_id == application_id)
        if after is not None:
            query = query.where(DecisionRow.id > after)
        found = r.session.scalars(query).all()
        for made in found:
            yield replay_decision(r, made, shelf)
        if len(found) < PAGE:
            return
        after = found[-1].id
        r.session.expunge_all()
