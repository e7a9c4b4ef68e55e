"""What every page that shows the effect of a booking needs to name it."""

from __future__ import annotations

from typing import Any

from core.domain.money import Money
from core.i18n import current_locale
from repayment.domain.entry_names import ENTRY_NAMES
from repayment.web.words import LINE_LOOKS, STAGE_NAMES, STATUS_LOOKS


def effect_words(chart: Any) -> dict[str, Any]:
    """Names of rows, entries, stages and accounts in the reader's language."""
    return {
        "line_looks": LINE_LOOKS, "entry_names": ENTRY_NAMES, "stage_names": STAGE_NAMES, "status_looks": STATUS_LOOKS,
        "account_text": lambda name: f"{chart[name].number} {chart[name].name_in(current_locale())}",
        "money_of": Money,
    }  # fmt: skip
