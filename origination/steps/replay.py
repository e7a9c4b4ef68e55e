"""Past decisions made again from what was kept: answers, model, screened lists, policy text. Equal, or what differs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select

from core.db import Work
from core.domain.errors import LendingError
from core.domain.facts import facts_from_json, facts_to_json
from core.domain.money import Money
from core.tables import PolicyVersionRow
from origination.domain.assessment import Assessment, Case, assess
from origination.domain.decision import decide, decision_to_dict, fingerprint, refer_above_caps
from origination.domain.offer import Wish
from origination.domain.policy import OriginationPolicy
from origination.queries.rows import own_from_json, product_of, score_in
from origination.steps.score import facts_hash
from origination.tables.application import ApplicationRow
from origination.tables.decision import DecisionRow, FactSetRow, KycCheckRow
from origination.tables.screening import ScreeningListRow
from repayment.domain.caps import CapOutcome
from repayment.domain.schedule_request import Amortization

PAGE = 500
_MILLIONTH = Decimal("0.000001")


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
        self._scored: dict[UUID, list[str]] = {}
        self._lists: dict[tuple[str, str], bool] = {}
        self._checks: dict[UUID, list[KycCheckRow]] = {}
        self._held: list[Any] = []
        self._versions: dict[str, Any] = {}

    def read_ahead(self, decisions: Sequence[DecisionRow]) -> None:
        """Reads what many decisions rest on, each table once; the session finds it without asking again."""
        sets = select(FactSetRow).where(FactSetRow.id.in_({made.fact_set_id for made in decisions}))
        cases = {made.application_id for made in decisions}
        rows = select(ApplicationRow).where(ApplicationRow.id.in_(cases))
        self._held = [*self._r.session.scalars(sets), *self._r.session.scalars(rows)]
        self._checks = {case: [] for case in cases}
        for check in self._r.session.scalars(_newest_first(KycCheckRow.application_id.in_(cases))):
            self._checks[check.application_id].append(check)

    def _checks_of(self, application_id: UUID) -> list[KycCheckRow]:
        if application_id not in self._checks:
            query = _newest_first(KycCheckRow.application_id == application_id)
            self._checks[application_id] = list(self._r.session.scalars(query))
        return self._checks[application_id]

    def assess_again(self, made: Any, kept: FactSetRow, policy: OriginationPolicy) -> Assessment:
        """The loan of a decision assessed by a policy from the frozen answers; `made` is a DecisionRow or its columns
        application_id, kyc_outcome, amount_minor, currency, tenor_months and amortisation."""
        row = self._r.get(ApplicationRow, made.application_id)
        case = Case(
            base=facts_from_json(kept.base), product=product_of(self._r, row), own=own_from_json(kept.own),
            day=kept.frozen_on, kyc_outcome=made.kyc_outcome or None, score=score_in(kept),
        )  # fmt: skip
        wish = Wish(Money(made.amount_minor, made.currency), made.tenor_months, Amortization(made.amortisation))
        return assess(case, wish, policy)

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

    def score_again(self, kept: FactSetRow) -> list[str]:
        """What differs when the frozen facts are scored again by the version that scored them; each set once."""
        if kept.id not in self._scored:
            self._scored[kept.id] = list(_rescored(self._r, kept, self._versions)) if kept.score_version else []
        return self._scored[kept.id]

    def checks_again(self, made: DecisionRow) -> list[str]:
        """Whether the identity outcome it was decided on is that of its checks, and their list editions are kept."""
        checks = self._checks_of(made.application_id)
        before = (one for one in checks if one.assessment == made.assessment and one.checked_at <= made.decided_at)
        check = next(before, None)
        said = made.kyc_outcome or None
        if check is None:
            return [] if said is None else [f"identity: decided on {said}, but no check is kept"]
        found = [] if said == check.outcome else [f"identity: checked {check.outcome}, decided on {said}"]
        for name, sha256 in _editions(check.list_versions):
            if (name, sha256) not in self._lists:
                kept = select(ScreeningListRow.id).where(
                    ScreeningListRow.name == name, ScreeningListRow.sha256 == sha256
                )
                self._lists[name, sha256] = self._r.session.scalars(kept).first() is not None
            if not self._lists[name, sha256]:
                found.append(f"the edition {sha256[:12]} of the list {name} it was screened against is not kept")
        return found


def replay_decision(r: Work, made: DecisionRow, shelf: PolicyShelf | None = None) -> Replayed:
    """Makes one decision again and compares score, list editions, every figure worked out from the answers, every row,
    reason and limit; of a person's decision the part of the rules."""
    kept = r.get(FactSetRow, made.fact_set_id)
    differences: list[str] = []
    if facts_hash(kept.facts) != kept.sha256:
        differences.append("the frozen facts were changed")
    if fingerprint(made.record) != made.fingerprint:
        differences.append("the kept record was changed")
    shelf = shelf or PolicyShelf(r)
    differences += _score_differences(kept, made.record["facts"])
    differences += shelf.score_again(kept)
    differences += shelf.checks_again(made)
    policy = shelf.policy(made.policy_sha256)
    if policy is None:
        differences.append("the policy text is missing or was changed")
    else:
        facts = facts_from_json(made.record["facts"])
        caps = [CapOutcome.from_dict(raw) for raw in made.record.get("caps", ())]
        decided = refer_above_caps(decide(facts, policy.compiled, kept.frozen_on), caps)
        again = json.loads(json.dumps(decision_to_dict(decided, facts)))
        differences += list(_compare(made.record, again))
        differences += _worked_out(made, shelf.assess_again(made, kept, policy))
    return Replayed(made.id, made.application_id, made.outcome, tuple(differences))


def _newest_first(which: ColumnElement[bool]) -> Select[Any]:
    return select(KycCheckRow).where(which).order_by(KycCheckRow.checked_at.desc(), KycCheckRow.id.desc())


def _rescored(r: Work, kept: FactSetRow, versions: dict[str, Any]) -> Iterator[str]:
    from scoring.queries.scores import version_named  # heavy: only who replays needs the models

    name = str(kept.score_version)
    try:
        version = versions[name] if name in versions else versions.setdefault(name, version_named(r, name))
    except LendingError as error:
        yield f"model {kept.score_version}: {error.message}"
        return
    if version.sha256 != kept.score_sha256:
        yield f"model {kept.score_version}: was {str(kept.score_sha256)[:12]}, is {version.sha256[:12]}"
        return
    scored = version.card.score(facts_from_json(kept.facts))
    points = Decimal(scored.score).scaleb(-version.card.terms.scale.decimals)
    again = {
        "grade": scored.grade,
        "points": points,
        "pd": Decimal(str(scored.pd)).quantize(_MILLIONTH, rounding=ROUND_HALF_EVEN),
    }
    for name, value in again.items():
        was = getattr(kept, name)
        if not (str(was) == str(value) or _equal_number(was, value)):
            yield f"{name}: the model gave {was}, gives {value}"


def _editions(raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, edition in raw.items():
        sha256 = edition.get("sha256") if isinstance(edition, Mapping) else edition
        if isinstance(sha256, str):
            yield name, sha256


def _score_differences(kept: FactSetRow, facts: Mapping[str, Any]) -> Iterator[str]:
    for name, value in (("grade", kept.grade), ("pd", kept.pd), ("points", kept.points)):
        said = facts.get(name)
        same = said is None if value is None else str(value) == str(said) or _equal_number(value, said)
        if not same:
            yield f"{name}: scored {value}, decided on {said}"


def _worked_out(made: DecisionRow, found: Assessment) -> Iterator[str]:
    before, after = made.record["facts"], json.loads(json.dumps(facts_to_json(found.facts)))
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        if was != now and not _equal_number(was, now):
            yield f"{name}: worked out {now}, decided on {was}"
    price = [] if found.price is None else [(part.name, format(part.rate, "f")) for part in found.price.parts]
    if price != [(part["name"], part["rate"]) for part in made.price]:
        yield f"price: built up of {price}, was {made.price}"


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
        shelf.read_ahead(found)
        for made in found:
            yield replay_decision(r, made, shelf)
        if len(found) < PAGE:
            return
        after = found[-1].id
        r.session.expunge_all()
