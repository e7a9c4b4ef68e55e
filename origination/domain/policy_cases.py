"""Test cases kept with a policy: facts, the outcome wanted and perhaps a reason; they decide nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.domain.errors import InvalidInput
from core.domain.fact import FactType
from core.domain.facts import CATALOGUE
from core.domain.texts import Text
from origination.domain.decision import CompiledPolicy, decide
from origination.domain.facts_input import read_facts
from origination.domain.rules import Outcome


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One test case and what came of it. `problem` says why it could not be read at all."""

    name: str
    wanted: str
    wanted_reason: str
    outcome: str | None
    reasons: tuple[str, ...]
    problem: str | None = None

    @property
    def passed(self) -> bool:
        """True when the outcome is the one wanted, and the reason (if one is named) among those found."""
        return self.outcome == self.wanted and (not self.wanted_reason or self.wanted_reason in self.reasons)


def run_cases(policy: CompiledPolicy, cases: Iterable[Mapping[str, Any]], day: date) -> tuple[CaseResult, ...]:
    """Every test case decided by the policy on that day."""
    return tuple(_run(policy, case, day) for case in cases)


def _run(policy: CompiledPolicy, case: Mapping[str, Any], day: date) -> CaseResult:
    name, wanted, reason = str(case.get("name", "")), str(case.get("outcome", "")), str(case.get("reason", ""))
    try:
        facts = read_facts(case)
    except InvalidInput as error:
        return CaseResult(name, wanted, reason, None, (), "; ".join(str(t[0]) for t in error.fields.values()))
    made = decide(facts, policy, day)
    return CaseResult(name, wanted, reason, made.outcome.value, made.reason_ids)


def read_case(name: str, lines: str, outcome: str, reason: str = "") -> dict[str, Any]:
    """A test case from what was typed: facts one a line as `dti = 0.40`. Raises InvalidInput."""
    wrong: dict[str, str | list[str]] = {}
    if not name.strip():
        wrong["name"] = Text("Give the test case a name")
    if outcome not in {one.value for one in Outcome}:
        wrong["outcome"] = Text("Choose the outcome you expect")
    raw: dict[str, Any] = {}
    for number, line in enumerate(lines.splitlines(), start=1):
        if not line.strip():
            continue
        key, mark, value = (part.strip() for part in line.partition("="))
        if not mark or not value:
            wrong["facts"] = Text("Line {n}: write a fact as dti = 0.40", n=number)
            break
        raw[key] = _typed(key, value)
    if raw and "facts" not in wrong:
        try:
            read_facts({"facts": raw})
        except InvalidInput as error:
            wrong["facts"] = [texts[0] for texts in error.fields.values()]
    elif not raw and "facts" not in wrong:
        wrong["facts"] = Text("Write the facts, one a line")
    if wrong:
        raise InvalidInput(wrong)
    case = {"name": name.strip(), "outcome": outcome, "facts": raw}
    return case | ({"reason": reason.strip()} if reason.strip() else {})


def _typed(name: str, value: str) -> Any:
    plain = value.strip("\"'")
    entry = CATALOGUE.get(name)
    whole = entry is not None and entry.type in {FactType.INTEGER, FactType.ORDINAL}
    return int(plain) if whole and plain.lstrip("-").isdigit() else plain


def case_lines(case: Mapping[str, Any]) -> str:
    """The facts of a test case as they are typed."""
    return "\n".join(f"{name} = {value}" for name, value in case.get("facts", {}).items())
