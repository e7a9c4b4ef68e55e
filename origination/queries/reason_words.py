"""The reasons of a decision as an applicant reads them, on a page or in a letter: one sentence each, plain figures."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from core.domain.errors import InvalidInput
from core.domain.fact import FactType, from_json
from core.domain.facts import CATALOGUE
from core.domain.money import Money
from core.i18n import current_locale, gettext, money, number, percent, translate
from origination.queries.tracker import ReasonView

# Ratios whose sentence counts times or years, not per cent.
_TIMES = frozenset({"leverage", "years_trading"})
_PLACE = re.compile(r"\{(\w+)\}")


def reason_text(reason: ReasonView) -> str:
    """What was found, and the limit it was held against."""
    built_in = reason.texts.get("msgid")
    template = gettext(built_in) if built_in else reason.template(current_locale())
    return _PLACE.sub(
        lambda place: figure_text(place[1], reason.params.get(place[1]), _digits(place[1], reason.params)), template
    )


def _digits(name: str, params: Mapping[str, Any]) -> int:
    """Decimals of a per cent: none, unless value and limit would then read the same although they differ."""
    plain = name.removesuffix("_limit")
    value, limit = params.get(plain), params.get(f"{plain}_limit")
    for digits in (0, 2, 4):
        if figure_text(plain, value, digits) != figure_text(plain, limit, digits):
            return digits
    return 0


def figure_text(name: str, raw: Any, digits: int = 0) -> str:
    """A stored value of a fact (or its limit, `<fact>_limit`) in the reader's words; a per cent with `digits`."""
    entry = CATALOGUE.get(name.removesuffix("_limit"))
    if entry is None or raw is None:
        return "–"
    try:
        value = from_json(entry, raw)
    except InvalidInput:
        return str(raw)
    if isinstance(value, Money):
        return money(value)
    if entry.type is FactType.RATIO and isinstance(value, Decimal):
        return number(value) if entry.name in _TIMES else percent(value, digits)
    return translate(entry.text_of(value)) if entry.choices else str(value)
