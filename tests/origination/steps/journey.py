"""The steps of an application, run one after the other as the people of the journey do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from core.db import Database, Work
from core.domain.actor import Actor, Role
from core.domain.ids import uuid7
from core.tables import UserRow
from core.users import actor_for
from origination.domain.application import SECTIONS, ConsentKind
from origination.providers.bureau import BureauReport, BureauSubject, ConsentEvidence, require_consent
from origination.steps.draft import give_consents, save_owners, save_section, start_application
from origination.steps.submit import Submitted, submit

# Check digits are right, the people are not: region 110101, born 17 May 1990, invented serial.
CN_ID = "11010119900517001X"
# The example of the Italian revenue agency's own format description.
CONSUMER = {
    "loan": {"amount": "20,000", "tenor_months": "24", "purpose": "furniture", "amortisation": "annuity"},
    "identity": {
        "full_name": "王小明",
        "birth_on-year": "1990",
        "birth_on-month": "5",
        "birth_on-day": "17",
        "nationality": "CN",
        "id_kind": "cn_resident_id",
        "id_number": "",
    },
    "contact": {
        "email": "xiaoming@example.com",
        "phone": "13812345678",
        "address_line": "幸福路 1 号",
        "postal_code": "100000",
        "city": "北京",
        "country": "CN",
        "bank_account": "6222020200112233440",
    },
    "work": {
        "employment_status": "employed",
        "employed_since_on": "2019-03-01",
        "occupation": "3",
        "income_monthly": "1.5万",
    },
    "home": {
        "housing": "rent",
        "housing_cost_monthly": "3,000",
        "obligations_monthly": "1000",
        "other_debtors": "none",
    },
    "means": {"current_account": "4", "savings": "３０，０００", "property": "2"},
}
SME = {
    "loan": {"amount": "80000", "tenor_months": "36", "purpose": "equipment", "amortisation": "annuity"},
    "company": {
        "company_name": "Beispiel Maschinenbau GmbH",
        "company_id_kind": "lei",
        "company_id_number": "",
        "founded_on": "2012-06-01",
        "country": "DE",
        "sector": "33",
        "location": "urban",
        "employees": "24",
        "franchise": "no",
    },
    "contact": {
        "representative_name": "Erika Beispiel",
        "email": "office@example.com",
        "phone": "+49 30 1234567",
        "address_line": "Hauptstr. 1",
        "postal_code": "10115",
        "city": "Berlin",
        "bank_account": "DE89 3704 0044 0532 0130 00",
    },
    "results": {
        "revenue_annual": "2,400,000",
        "revenue_prior": "2200000",
        "ebitda_annual": "260000",
        "profit_annual": "150000",
        "debt_service_annual": "60000",
    },
    "balance": {
        "total_assets": "1300000",
        "total_liabilities": "700000",
        "equity": "600000",
        "collateral_value": "120000",
    },
    "plan": {"jobs_created": "2", "jobs_retained": "20"},
}
OWNERS = [
    {"name": "Erika Beispiel", "kind": "person", "share": "60", "birth_on": "1975-04-01", "country": "DE"},
    {"name": "Max Beispiel", "kind": "person", "share": "40", "birth_on": "1972-08-12", "country": "DE"},
]


class KnownBureau:
    """A bureau whose answer the test chooses: a provider like any other."""

    name = "test"

    def __init__(self, **changes: Any) -> None:
        self.facts: dict[str, Any] = {
            "bureau_delinquencies_24m": 0,
            "bureau_inquiries_6m": 1,
            "bureau_worst_dpd_24m": 0,
        }
        self.changes = changes
        self.asked = 0

    def query(self, subject: BureauSubject, consent: ConsentEvidence | None) -> BureauReport:
        require_consent(consent)
        self.asked += 1
        more = {"credit_history": 4, "other_plans": "none"} if subject.segment == "consumer" else {}
        facts = self.facts | more | self.changes
        return BureauReport(self.name, is_demo=False, reference="T-1", found=True, facts=facts, raw="{}")


def resident_id(birth: str = "19900517", serial: str = "001") -> str:
    """A resident identity number with the right check digit (GB 11643-1999: weights 2^(17-i) mod 11)."""
    body = f"110101{birth}{serial}"
    rest = sum(int(digit) * pow(2, 17 - at, 11) for at, digit in enumerate(body)) % 11
    return body + "10X98765432"[rest]


def lei(body: str = "529900TESTEXAMPLE0") -> str:
    """A legal entity identifier with the right check digits (ISO 17442, ISO 7064 MOD 97-10)."""
    digits = "".join(str(int(c, 36)) for c in body[:18]) + "00"
    return body[:18] + f"{98 - int(digits) % 97:02d}"


def luhn(body: str) -> str:
    """The number with its check digit (ISO/IEC 7812-1)."""
    total = sum(sum(divmod(int(d) * 2, 10)) if at % 2 == 0 else int(d) for at, d in enumerate(reversed(body)))
    return body + str(-total % 10)


def person(database: Database, role: Role, name: str) -> Actor:
    """A user of that role."""
    with database.work() as w:
        row = w.add(
            UserRow(
                id=uuid7(), email=f"{name}@example.com", name=name, roles_held=[role.value], active=True,
                fs_uniquifier=uuid7().hex, created_at=w.now,
            )
        )  # fmt: skip
        w.session.flush()
        return actor_for(row)


def answers_for(segment: str, **changes: str) -> dict[str, dict[str, str]]:
    """The pages of a good application, with some answers changed."""
    pages = {name: dict(page) for name, page in (CONSUMER if segment == "consumer" else SME).items()}
    if segment == "consumer":
        pages["identity"]["id_number"] = resident_id()
        pages["contact"]["bank_account"] = luhn("622202020011223344")
    else:
        pages["company"]["company_id_number"] = lei()
    for name, value in changes.items():
        for page in pages.values():
            if name in page:
                page[name] = value
    return pages


def fill(
    w: Work, product: str, pages: Mapping[str, Mapping[str, str]], owners: list[dict[str, str]] | None = None
) -> UUID:
    """A draft with all its pages; every page must be right."""
    row = start_application(w, product, locale="en")
    for name, page in pages.items():
        saved = save_section(w, row.id, name, page)
        assert not saved.errors, (name, saved.errors)
    if row.segment == "sme":
        saved = save_owners(w, row.id, owners or OWNERS)
        assert not saved.errors
    give_consents(w, row.id, list(ConsentKind))
    return row.id


def send(database: Database, actor: Actor, product: str = "consumer-cny", **changes: str) -> Submitted:
    """A submitted application of that actor."""
    segment = "sme" if product.startswith("sme") else "consumer"
    with database.work(actor) as w:
        application_id = fill(w, product, answers_for(segment, **changes))
        return submit(w, application_id)


assert [section.name for section in SECTIONS["consumer"] if section.facts] == list(CONSUMER)
