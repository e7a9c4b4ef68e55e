"""The catalogue of facts that forms, rules and scorecards share: name, type, unit, source, protection and texts.

One name means one thing from the applicant's form to the scorecard and the letter of refusal. Applicants' answers and
bureau data mirror public credit data where a reference scorecard is trained on it: the South German Credit data
(U. Groemping 2019) for consumers, the US SBA national file (Li, Mickel and Taylor 2018) for companies.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.domain.errors import InvalidInput
from core.domain.fact import (
    BOTH,
    CONSUMER,
    SME,
    Choice,
    Fact,
    Facts,
    FactType,
    FactValue,
    Source,
    encode,
    from_json,
    to_json,
)
from core.domain.fact_parts import bureau, company, evidence, loan, person, verdicts
from core.domain.texts import Text

__all__ = [
    "BOTH",
    "CATALOGUE",
    "CONSUMER",
    "SME",
    "Choice",
    "Fact",
    "FactType",
    "FactValue",
    "Facts",
    "Source",
    "encode",
    "fact",
    "facts_from_json",
    "facts_to_json",
    "from_json",
    "to_json",
]


def _index(*parts: tuple[Fact, ...]) -> dict[str, Fact]:
    index: dict[str, Fact] = {}
    for part in parts:
        for entry in part:
            if entry.name in index:
                raise ValueError(f"{entry.name} is in the catalogue twice")
            index[entry.name] = entry
    return index


CATALOGUE: Mapping[str, Fact] = _index(
    loan.FACTS, person.FACTS, company.FACTS, bureau.FACTS, evidence.FACTS, verdicts.FACTS
)


def fact(name: str) -> Fact:
    """The catalogue's entry. KeyError when there is none: a name in code is a programmer's mistake."""
    return CATALOGUE[name]


def facts_to_json(facts: Facts) -> dict[str, Any]:
    """All facts as JSON-ready data, sorted by name, so that equal facts give equal text and hash."""
    return {name: to_json(facts[name]) for name in sorted(facts)}


def facts_from_json(raw: Mapping[str, Any]) -> dict[str, FactValue]:
    """The typed facts. Raises InvalidInput with every unknown name and every unreadable value at once."""
    values: dict[str, FactValue] = {}
    wrong: dict[str, str | list[str]] = {}
    for name, value in raw.items():
        if name not in CATALOGUE:
            wrong[name] = Text("There is no fact called {name}", name=name)
            continue
        try:
            values[name] = from_json(CATALOGUE[name], value)
        except InvalidInput as refused:
            wrong.update(refused.fields)
    if wrong:
        raise InvalidInput(wrong)
    return values
