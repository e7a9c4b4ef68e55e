"""Policies as people edit them: versions, drafts, what is wrong with one, and how it differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core import audit
from core.db import Work
from core.domain.errors import NotFound
from core.domain.facts import CATALOGUE
from core.domain.texts import Text
from core.policy import PUBLISHED, newest_published
from core.tables import PolicyEditionRow
from origination.domain.decision_table import Vocabulary
from origination.domain.policy import OriginationPolicy
from origination.domain.policy_cases import CaseResult, run_cases
from origination.domain.policy_diff import Change, diff_policies
from origination.domain.policy_text import own_text, read_text
from origination.domain.table_check import check_table, currencies_of

STAGE = OriginationPolicy.STAGE
SUBJECT = "policy"
CHANGING = frozenset({"policy.started", "policy.changed", "policy.rolled_back"})


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding of a table: `what` is overlap, gap, dead or unchecked; `example` the facts of one such case."""

    table: str
    currency: str
    what: str
    rows: tuple[str, ...]
    example: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Edition:
    """One version or draft with its text, tests, findings and differences to the one in force."""

    row: PolicyEditionRow
    data: Mapping[str, Any]
    policy: OriginationPolicy
    problems: tuple[Problem, ...]
    cases: tuple[CaseResult, ...]
    changes: tuple[Change, ...]
    editors: frozenset[UUID]
    in_force: int

    @property
    def is_stale(self) -> bool:
        """True for a draft that was begun from another version than the one in force."""
        return self.row.status in {"draft", "waiting"} and self.row.based_on != self.in_force

    @property
    def failed(self) -> tuple[CaseResult, ...]:
        """The test cases that came out otherwise than wanted."""
        return tuple(one for one in self.cases if not one.passed)


def number_in_force(r: Work) -> int:
    """The number of the version in force; 0 while it is the file."""
    newest = newest_published(r.session, STAGE)
    return 0 if newest is None else int(r.get(PolicyEditionRow, newest).number or 0)


def text_in_force(r: Work, number: int | None = None) -> str:
    """The text of the version in force, or of that number (0: the file). Raises NotFound."""
    newest = newest_published(r.session, STAGE) if number is None else None
    if newest is not None:
        return r.get(PolicyEditionRow, newest).text
    if not number:
        return own_text(r.policy_source(OriginationPolicy).file_text)
    query = select(PolicyEditionRow).where(PolicyEditionRow.stage == STAGE, PolicyEditionRow.number == number)
    row = r.session.scalars(query).first()
    if row is None:
        raise NotFound(Text("There is no such version"))
    return row.text


def file_differs(r: Work) -> bool:
    """True when a version was published and the policy file says something else: the file counts no more."""
    source = r.policy_source(OriginationPolicy)
    return number_in_force(r) > 0 and source.from_file.sha256 != r.policy(OriginationPolicy).sha256


def editions(r: Work) -> tuple[PolicyEditionRow, ...]:
    """Drafts first, then published versions, the newest first."""
    query = select(PolicyEditionRow).where(PolicyEditionRow.stage == STAGE, PolicyEditionRow.status != "discarded")
    rows = r.session.scalars(query.order_by(PolicyEditionRow.number.desc().nulls_first(), PolicyEditionRow.id.desc()))
    return tuple(rows)


def edition(r: Work, edition_id: UUID) -> Edition:
    """One of them, looked through. Raises NotFound."""
    row = r.get(PolicyEditionRow, edition_id)
    if row.stage != STAGE:
        raise NotFound(Text("There is no such version"))
    data = read_text(row.text)
    policy = OriginationPolicy.from_toml(data)
    current = number_in_force(r)
    before = row.number - 1 if row.status == PUBLISHED and row.number else current
    changes = diff_policies(read_text(text_in_force(r, before)), data)
    return Edition(
        row=row,
        data=data,
        policy=policy,
        problems=problems_of(policy),
        cases=run_cases(policy.compiled, data.get("case", ()), r.today),
        changes=changes,
        editors=editors_of(r, row.id),
        in_force=current,
    )


def editors_of(r: Work, edition_id: UUID) -> frozenset[UUID]:
    """Everybody who wrote on it: none of them may publish it."""
    history = audit.history(r, (SUBJECT, edition_id))
    said = (event.data.get("editor") for event in history if event.action in CHANGING)
    return frozenset(UUID(one) for one in said if one)


def problems_of(policy: OriginationPolicy) -> tuple[Problem, ...]:
    """Overlaps, gaps and rows that can never count, of every table."""
    found = []
    for table in policy.tables:
        vocabulary = Vocabulary([table])
        for currency in currencies_of(table):
            report = check_table(table, currency)
            for one in report.findings:
                example = tuple((name, _spoken(name, code, currency, vocabulary)) for name, code in one.example)
                found.append(Problem(table.name, currency, one.what, one.rows, example))
            if not report.complete:
                found.append(Problem(table.name, currency, "unchecked", ()))
    return tuple(found)


def _spoken(name: str, code: int, currency: str, vocabulary: Vocabulary) -> str:
    """A whole-number code of a fact as people write the value."""
    entry = CATALOGUE[name]
    match entry.type.value:
        case "money":
            return f"{currency} {code / 100:,.2f}"
        case "ratio" | "number":
            return f"{code / 1_000_000:g}"
        case "choice":
            return str(entry.choices[code].value) if 0 <= code < len(entry.choices) else "?"
        case "code":
            return next((word for word, at in vocabulary.codes.items() if at == code), str(Text("another")))
        case "date":
            return date.fromordinal(code).isoformat() if code > 0 else "?"
    return str(code)


@dataclass(frozen=True, slots=True)
class RatesAge:
    """How old the newest exchange rates are, and how old they may be."""

    as_of: date
    days: int
    days_max: int

    @property
    def is_old(self) -> bool:
        """True when somebody should set newer ones."""
        return self.days > self.days_max


def rates_age(policy: OriginationPolicy, today: date) -> RatesAge:
    """The age of the rates in use today."""
    as_of = policy.exchange_on(today).as_of
    return RatesAge(as_of, (today - as_of).days, policy.review.exchange_days)


def history_of(r: Work, edition_id: UUID) -> tuple[Any, ...]:
    """The trail of one edition, oldest first."""
    return tuple(audit.history(r, (SUBJECT, edition_id)))
