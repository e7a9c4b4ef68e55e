"""Facts written by hand or by another program: plain figures with a currency beside them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from core.domain.errors import InvalidInput
from core.domain.fact import FactType, FactValue
from core.domain.facts import CATALOGUE, from_json
from core.domain.money import Money
from core.domain.texts import Text
from origination.domain.evidence import with_counts


def read_facts(item: Any) -> dict[str, FactValue]:
    """`{"facts": {"currency": "CNY", "amount": "20000", "dti": "0.4"}}`; money as text in the case's currency or as
    {"minor", "currency"}. Counts of what was found are 0 when not given. Raises InvalidInput with every unknown
    name and unreadable value."""
    raw = item.get("facts") if isinstance(item, Mapping) else None
    if not isinstance(raw, Mapping):
        raise InvalidInput({"facts": Text("Give the facts as an object under the key facts")})
    currency = str(raw.get("currency", ""))
    facts: dict[str, FactValue] = with_counts({})
    wrong: dict[str, str | list[str]] = {}
    for name, value in raw.items():
        entry = CATALOGUE.get(str(name))
        if entry is None:
            wrong[str(name)] = Text("There is no fact called {name}", name=name)
            continue
        try:
            plain = entry.type is FactType.MONEY and isinstance(value, str | int) and not isinstance(value, bool)
            facts[entry.name] = Money.of(Decimal(value), currency) if plain else from_json(entry, value)
        except InvalidInput as refused:
            wrong |= refused.fields
        except (ValueError, InvalidOperation):
            wrong[entry.name] = Text("{value} is not a {type}", value=repr(value)[:40], type=entry.type.value)
    if wrong:
        raise InvalidInput(wrong)
    return facts
