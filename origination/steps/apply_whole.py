"""A whole application in one request: for a lender's own front end, a broker, a marketplace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.db import Work
from core.domain.errors import InvalidInput
from core.domain.texts import Text
from core.i18n import LANGUAGES
from origination.domain.accounts import LINES, YEARS_MAX
from origination.domain.application import SECTIONS, ConsentKind
from origination.steps.declare_accounts import PREFIX, declare_year
from origination.steps.draft import give_consents, save_owners, save_section, start_application
from origination.steps.submit import Submitted, submit
from origination.tables.application import ApplicationRow

OWNER_LINES_MAX = 50


@dataclass(frozen=True, slots=True)
class WholeApplication:
    """Everything an application says: answers by the names of the catalogue of facts, owners and yearly accounts of a
    company, consents. A year is `ends_on`, `audited` and the lines of domain/accounts.py, amounts as text."""

    product: str
    locale: str
    answers: Mapping[str, Any]
    owners: Sequence[Mapping[str, Any]]
    consents: tuple[ConsentKind, ...]
    accounts: Sequence[Mapping[str, Any]] = ()


def read_whole(body: Mapping[str, Any]) -> WholeApplication:
    """The request's JSON. Raises InvalidInput for a wrong shape, an unknown key, language or consent."""
    wrong: dict[str, str | list[str]] = {
        name: Text("There is no such field; there are: {names}", names=", ".join(SHAPE))
        for name in set(body) - set(SHAPE)
    }
    for name, kind in SHAPE.items():
        if name in body and not isinstance(body[name], kind):
            wrong[name] = Text("Send this as a {kind}", kind=SHAPE_NAMES[kind])
    owners, consents = body.get("owners", []), body.get("consents", [])
    if "owners" not in wrong and (len(owners) > OWNER_LINES_MAX or not all(isinstance(one, dict) for one in owners)):
        wrong["owners"] = Text("Send a list of at most {n} objects", n=OWNER_LINES_MAX)
    accounts = body.get("accounts", [])
    if "accounts" not in wrong:
        if len(accounts) > YEARS_MAX or not all(isinstance(one, dict) for one in accounts):
            wrong["accounts"] = Text("Send a list of at most {n} objects", n=YEARS_MAX)
        else:
            wrong |= _wrong_years(accounts)
    known = [kind.value for kind in ConsentKind]
    if "consents" not in wrong and not all(one in known for one in consents):
        wrong["consents"] = Text("Choose among {names}", names=", ".join(known))
    if body.get("locale", "en") not in LANGUAGES and "locale" not in wrong:
        wrong["locale"] = Text("Choose among {names}", names=", ".join(LANGUAGES))
    if "product" not in body:
        wrong["product"] = Text("Answer this question")
    if wrong:
        raise InvalidInput(wrong)
    return WholeApplication(
        body["product"], body.get("locale", "en"), body.get("answers", {}), owners,
        tuple(ConsentKind(one) for one in consents), accounts,
    )  # fmt: skip


def _wrong_years(accounts: Sequence[Mapping[str, Any]]) -> dict[str, Text]:
    """What is not in the shape of a year, by `accounts-<n>-<line>`."""
    wrong: dict[str, Text] = {}
    for number, year in enumerate(accounts):
        for name, value in year.items():
            at = f"{PREFIX}{number}-{name}"
            if name == "audited":
                if not isinstance(value, bool):
                    wrong[at] = Text("Send true or false")
            elif name != "ends_on" and name not in LINES:
                wrong[at] = Text(
                    "There is no such field; there are: {names}", names=", ".join(("ends_on", "audited", *LINES))
                )
            elif not isinstance(value, str):
                wrong[at] = Text("Enter the amount as text") if name in LINES else Text("Send this as a text")
        if year.get("ends_on") in [other.get("ends_on") for other in accounts[:number]]:
            wrong.setdefault(f"{PREFIX}{number}-ends_on", Text("Another year ends on this day"))
    return wrong


SHAPE_NAMES: dict[type, str] = {dict: "object", list: "list", str: "text"}
SHAPE: dict[str, type] = {
    "product": str, "locale": str, "answers": dict, "owners": list, "accounts": list, "consents": list,
}  # fmt: skip


def apply_whole(w: Work, whole: WholeApplication) -> Submitted:
    """Starts, fills in and sends an application in one transaction.

    Raises InvalidInput with everything wrong or missing at once, by fact, `owners-<n>-<field>`, `accounts-<n>-<line>`
    or `consent_<kind>`; NotFound for a product that is not on sale; NotAllowed. Nothing is kept when it is refused.
    """
    row = start_application(w, whole.product, locale=whole.locale)
    wrong: dict[str, str | list[str]] = {}
    sections = [section for section in SECTIONS[row.segment] if section.facts]
    asked = {name for section in sections for name in section.facts}
    for name in sorted(set(whole.answers) - asked):
        wrong[name] = Text("This product does not ask that")
    for section in sections:
        given = {name: value for name, value in whole.answers.items() if name in section.facts}
        wrong |= {name: list(texts) for name, texts in save_section(w, row.id, section.name, given).errors.items()}
    if row.segment == "sme":
        wrong |= {name: list(texts) for name, texts in save_owners(w, row.id, list(whole.owners)).errors.items()}
        wrong |= _save_years(w, row, whole.accounts)
    else:
        of_companies = (("owners", whole.owners), ("accounts", whole.accounts))
        wrong |= {name: Text("This product does not ask that") for name, lines in of_companies if lines}
    give_consents(w, row.id, whole.consents)
    return _send(w, row, wrong)


def _save_years(w: Work, row: ApplicationRow, accounts: Sequence[Mapping[str, Any]]) -> dict[str, str | list[str]]:
    wrong: dict[str, str | list[str]] = {}
    for number, year in enumerate(accounts):
        errors = declare_year(w, row.id, {PREFIX + name: value for name, value in year.items()}).errors
        wrong |= {f"{PREFIX}{number}-{name.removeprefix(PREFIX)}": list(texts) for name, texts in errors.items()}
    return wrong


def _send(w: Work, row: ApplicationRow, wrong: dict[str, str | list[str]]) -> Submitted:
    try:
        sent = submit(w, row.id)
    except InvalidInput as refused:
        raise InvalidInput(dict(refused.fields) | wrong) from None
    if wrong:
        raise InvalidInput(wrong)
    return sent
