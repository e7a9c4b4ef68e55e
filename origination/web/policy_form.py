"""Sections of a policy as forms: sheets with buttons that work without JavaScript, and plain fields."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from core.domain.errors import InvalidInput
from core.domain.facts import CATALOGUE
from core.domain.texts import Text
from core.i18n import translate
from core.web.forms import Form
from origination.domain.policy_cells import operators_of, read_amounts, read_day, read_words, show_amounts
from origination.domain.policy_sheet import FACT, SPECS, Column, Sheet, fact_column, moved, read_sheet, table_columns
from origination.domain.rules import HitPolicy, Stage

ROWS_MAX = 200
STAGE_NAMES = {
    Stage.PREQUALIFICATION: Text("Pre-qualification"),
    Stage.KNOCK_OUT: Text("Knock-out"),
    Stage.AFFORDABILITY: Text("Affordability"),
    Stage.LIMIT: Text("Grade and limit"),
    Stage.REFERRAL: Text("Referral"),
    Stage.CAP: Text("Caps"),
}
HIT_NAMES = {
    HitPolicy.FIRST: Text("The first row that fires"),
    HitPolicy.UNIQUE: Text("At most one row may fire"),
    HitPolicy.COLLECT: Text("Every row that fires"),
}
SECTION_NAMES = {
    "exchange": Text("Exchange rates"),
    "stress": Text("Stress"),
    "pricing": Text("Prices"),
    "offers": Text("Offers"),
    "review": Text("Days"),
    "clock": Text("Deadlines by law"),
    "reason": Text("Reasons a person finds"),
    "override_reason": Text("Reasons for an override"),
    "condition": Text("Conditions of an approval"),
    "authority": Text("Authority"),
}
FIELD_NAMES = {
    "stress.rate": Text("Rate goes up by"),
    "stress.income": Text("Income falls by"),
    "pricing.cost_of_funds": Text("Cost of funds by currency"),
    "pricing.loss_given_default.consumer": Text("Loss given default, consumers"),
    "pricing.loss_given_default.sme": Text("Loss given default, companies"),
    "pricing.operating_cost.consumer": Text("Operating cost, consumers"),
    "pricing.operating_cost.sme": Text("Operating cost, companies"),
    "pricing.capital_share": Text("Own capital held against a loan"),
    "pricing.return_on_capital": Text("Return wanted on own capital"),
    "pricing.margin_min": Text("Least margin"),
    "pricing.rate_step": Text("Rates are rounded up to steps of"),
    "offers.valid_days": Text("Days an offer binds"),
    "offers.count_max": Text("Offers at most"),
    "offers.solve": Text("Look for a smaller or longer loan when the wish does not pass"),
    "review.draft_days": Text("Days a draft is kept"),
    "review.referral_days": Text("Days for a person to decide"),
    "review.look_again_days": Text("Days to look again"),
    "review.missing_papers_days": Text("Days until missing documents are asked for again"),
    "review.exchange_days": Text("Days after which exchange rates are old"),
}
TABLE_FIELDS = ("segments", "jurisdictions")


def sheet_from(form: Mapping[str, str], base: Mapping[str, Any] | None, section: str | None = None) -> Sheet:
    """The sheet as typed; `base` is the decision table it belongs to, `section` a list of another kind."""
    if section is not None:
        columns: tuple[Column, ...] = SPECS[section]
    else:
        fixed = table_columns(base or {}, gives=form.get("gives") == "yes" if "gives" in form else None)
        facts = [one for one in form.get("columns", "").split(",") if one.startswith(FACT)]
        said = [column for column in fixed if column.kind != "cell"]
        columns = (said[0], *(fact_column(one.removeprefix(FACT)) for one in facts), *said[1:])
    count = min(int(form["rows"]) if str(form.get("rows", "")).isdigit() else 0, ROWS_MAX)
    names = [name for column in columns for name in (column.key, f"{column.key}-op")]
    rows = tuple({name: form[key] for name in names if (key := f"r{at}-{name}") in form} for at in range(count))
    return Sheet(columns, rows)


def acted(sheet: Sheet, form: Mapping[str, str]) -> Sheet | None:
    """The sheet after the button that was pressed; None when it was the one that saves."""
    action = form.get("action", "save")
    if action == "save":
        return None
    if action == "column":
        action = f"column:{form.get('new_column', '')}"
    return moved(sheet, action)


def read_table_head(form: Mapping[str, str], errors: dict[str, Any]) -> dict[str, Any]:
    """Stage, hit policy, whom and when a table is for; what is wrong goes to `errors` by field."""
    head: dict[str, Any] = {"stage": form.get("stage", ""), "hit_policy": form.get("hit_policy", "")}
    if head["stage"] not in {one.value for one in Stage}:
        errors["stage"] = Text("Choose a stage")
    if head["hit_policy"] not in {one.value for one in HitPolicy}:
        errors["hit_policy"] = Text("Choose what several rows mean")
    for name in TABLE_FIELDS:
        if words := read_words(form.get(name, "")):
            head[name] = words
    for name in ("valid_from", "valid_to"):
        if form.get(name, "").strip():
            try:
                head[name] = read_day(form[name]).isoformat()
            except InvalidInput as error:
                errors[name] = error.fields["cell"][0]
    if form.get("table_note", "").strip():
        head["note"] = form["table_note"].strip()
    return head


def read_table_form(
    form: Mapping[str, str], base: Mapping[str, Any], sheet: Sheet
) -> tuple[dict[str, Any], Sheet, dict[str, Any]]:
    """(raw table, sheet with its errors, errors of the head)."""
    wrong: dict[str, Any] = {}
    head = read_table_head(form, wrong)
    rows, read = read_sheet(sheet, stage=head["stage"] if "stage" not in wrong else "referral")
    raw = {"name": base["name"], **head, "row": rows}
    order = [name for name in base if name in raw] + [name for name in raw if name not in base]
    return {name: raw[name] for name in order}, read, wrong


def fields_of(section: str, raw: Mapping[str, Any]) -> dict[str, str]:
    """A section of single values as fields: amounts by currency are one field, other maps one for each entry."""
    shown: dict[str, str] = {}
    for name, value in raw.items():
        key = f"{section}.{name}"
        if isinstance(value, Mapping) and key not in FIELD_NAMES:
            shown |= {f"{key}.{part}": str(one) for part, one in value.items()}
        elif isinstance(value, bool):
            shown[key] = "yes" if value else ""
        else:
            shown[key] = show_amounts(value)
    return shown


def read_fields(section: str, raw: Mapping[str, Any], form: Form) -> dict[str, Any]:
    """The section as typed, in the shape of `raw`; what is wrong is kept at its field."""
    found: dict[str, Any] = {}
    for name, value in raw.items():
        key = f"{section}.{name}"
        typed = str(form.values.get(key, "")).strip()
        if isinstance(value, Mapping) and key not in FIELD_NAMES:
            found[name] = {part: _figure(form, f"{key}.{part}") for part in value}
        elif isinstance(value, Mapping):
            try:
                found[name] = read_amounts(typed)
            except InvalidInput as error:
                form.add(key, error.fields["cell"][0])
        elif isinstance(value, bool):
            found[name] = bool(typed)
        elif isinstance(value, int):
            if not typed.isdigit() or len(typed) > 5:
                form.add(key, Text("Enter a whole number, like 24"))
            else:
                found[name] = int(typed)
        else:
            found[name] = _figure(form, key)
    return found


def _figure(form: Form, key: str) -> str:
    typed = str(form.values.get(key, "")).strip()
    plain = typed.removesuffix("%").strip()
    try:
        value = Decimal(plain) / (100 if typed.endswith("%") else 1)
        if not 0 <= value <= 1:
            raise InvalidOperation
    except InvalidOperation:
        form.add(key, Text("Enter a share from 0 to 1, like 0.05 or 5%"))
        return typed
    return format(value, "f") if typed.endswith("%") else plain


def fact_choices(sheet: Sheet, segment: str | None = None) -> list[tuple[str, str]]:
    """Facts that may become a column, by their words."""
    used = {column.name for column in sheet.columns if column.kind == "cell"}
    offered = [
        (entry.name, f"{translate(entry.text)} ({entry.name})")
        for entry in CATALOGUE.values()
        if entry.name not in used and entry.type.value != "text" and (segment is None or segment in entry.segments)
    ]
    return sorted(offered, key=lambda one: one[1])


def operators(column: Column) -> list[str]:
    """What a cell of the column may compare by; all for a fact nobody knows."""
    entry = CATALOGUE.get(column.name)
    return [] if entry is None else [op.value for op in operators_of(entry)]
