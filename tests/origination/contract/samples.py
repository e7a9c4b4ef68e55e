"""Contracts to look at and to test: the four seed products, in both languages. Persons and firms are made up."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from core.domain.money import Money
from origination.domain.contract import ContractData, ContractParty, PartyRole, masked
from origination.domain.contract_terms import contract_data
from origination.domain.esign import SignatureEvidence, consent_text, masked_address
from origination.domain.product import Product, read_products
from repayment.domain.policies import ServicingPolicy
from repayment.domain.schedule import Amortization, ScheduleRequest, build_schedule

ROOT = Path(__file__).resolve().parents[3]
CATALOGUE = ROOT / "origination" / "reference" / "products.toml"
DAY = date(2026, 11, 22)
EN, ZH = "en", "zh_Hans_CN"


def product(code: str) -> Product:
    """A product of the seed catalogue."""
    return next(p for p in read_products(tomllib.loads(CATALOGUE.read_text())) if p.code == code)


def servicing() -> ServicingPolicy:
    """The shipped servicing policy."""
    return ServicingPolicy.from_toml(tomllib.loads((ROOT / "repayment" / "policy.toml").read_text()))


LENDER = ContractParty(PartyRole.LENDER, True, "Promissory Demo Lending", address="1 Example Square, 200000 Shanghai")
PERSON = ContractParty(
    PartyRole.BORROWER,
    False,
    "张小莉",
    "居民身份证",
    masked("310101199003071234"),
    "上海市示例路 100 弄 5 号 301 室",
    "xiaoli@example.org",
    masked_address("13812345678"),
    masked("6222020200112233445"),
)
FIRM = ContractParty(
    PartyRole.BORROWER,
    True,
    "Łódź Żagle & Söhne GmbH",
    "Commercial register",
    masked("HRB 123456"),
    "Beispielweg 7, 10115 Berlin, Germany",
    "office@example.org",
    "+49****4567",
    masked("DE89370400440532013000"),
    "Dr. Zoë Müller-Łukasik",
)


def sample(
    code: str = "consumer-cny",
    locale: str = ZH,
    *,
    amount: int = 80_000,
    tenor: int = 24,
    kind: str = "annuity",
    rate: str = "0.0900",
    borrower: ContractParty | None = None,
    guarantors: tuple[ContractParty, ...] = (),
) -> ContractData:
    """A contract over that product."""
    wanted = product(code)
    request = ScheduleRequest(
        principal=Money(amount * 100, wanted.currency),
        amortization=Amortization(kind),
        disbursed_on=DAY,
        rate_annual=Decimal(rate),
        instalments=tenor,
        day_count=wanted.day_count,
        rounding=wanted.rounding,
        fees=wanted.fees,
    )
    return contract_data(
        reference="CTR-2026-000123",
        application_reference="APP-2026-000123",
        locale=locale,
        product=wanted,
        schedule=build_schedule(request),
        lender=LENDER,
        borrower=borrower or (PERSON if wanted.segment == "consumer" else FIRM),
        guarantors=guarantors,
        purpose="装修" if locale == ZH else "Repairs and renovation",
        terms=servicing().terms_for(
            wanted.jurisdiction,
            grace_days=wanted.late.grace_days,
            late_fee=wanted.late.late_fee,
            penalty_rate_annual=wanted.late.penalty_rate_annual(Decimal(rate)),
            prepayment_fee_rate=wanted.prepayment_fee_rate or None,
            withdrawal_days=wanted.withdrawal_days or None,
        ),
        made_on=DAY,
    )


def signed(data: ContractData, content_hash: str) -> SignatureEvidence:
    """Evidence of a signature on that content."""
    return SignatureEvidence(
        signer=data.borrower.representative or data.borrower.name,
        content_sha256=content_hash,
        consent=consent_text(data.reference, data.locale),
        sent_to="138****5678",
        code_sent_at=datetime(2026, 11, 22, 10, 14, 2, tzinfo=UTC),
        signed_at=datetime(2026, 11, 22, 10, 15, 40, tzinfo=UTC),
        address="203.0.113.7",
    )
