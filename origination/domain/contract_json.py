"""A contract as JSON and back: what is stored is enough to print it again, exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from core.domain.money import Money
from origination.domain.contract import (
    Charge,
    ChargeKind,
    ContractData,
    ContractParty,
    ContractRow,
    ContractTerms,
    PartyRole,
)
from origination.domain.esign import SignatureEvidence


def contract_to_dict(data: ContractData) -> dict[str, Any]:
    """JSON-ready form: minor units, decimal text, ISO dates; rows of the schedule as lists."""
    plain = {field.name: getattr(data, field.name) for field in fields(data)}
    minor = [
        (
            r.number,
            r.due_on.isoformat(),
            r.payment.minor,
            r.principal.minor,
            r.interest.minor,
            r.fees.minor,
            r.balance.minor,
        )
        for r in data.rows
    ]
    plain |= {
        "made_on": data.made_on.isoformat(),
        "disbursed_on": data.disbursed_on.isoformat(),
        "lender": asdict(data.lender),
        "borrower": asdict(data.borrower),
        "guarantors": [asdict(one) for one in data.guarantors],
        "principal": [data.principal.minor, data.currency],
        "withheld": data.withheld.minor,
        "rate_annual": format(data.rate_annual, "f"),
        "rate_effective": format(data.rate_effective, "f"),
        "rate_nominal": format(data.rate_nominal, "f"),
        "rows": minor,
        "charges": [_charge_to_dict(charge) for charge in data.charges],
        "terms": {field.name: _plain(getattr(data.terms, field.name)) for field in fields(data.terms)},
    }
    return plain


def contract_from_dict(raw: Mapping[str, Any]) -> ContractData:
    """What `contract_to_dict` wrote. ValueError when the figures contradict each other."""
    minor, currency = raw["principal"]

    def money(value: int) -> Money:
        """Minor units of the contract's currency."""
        return Money(value, currency)

    return ContractData(
        **{
            **raw,
            "made_on": date.fromisoformat(raw["made_on"]),
            "disbursed_on": date.fromisoformat(raw["disbursed_on"]),
            "lender": _party(raw["lender"]),
            "borrower": _party(raw["borrower"]),
            "guarantors": tuple(_party(one) for one in raw["guarantors"]),
            "principal": money(minor),
            "withheld": money(raw["withheld"]),
            "rate_annual": Decimal(raw["rate_annual"]),
            "rate_effective": Decimal(raw["rate_effective"]),
            "rate_nominal": Decimal(raw["rate_nominal"]),
            "rows": tuple(
                ContractRow(number, date.fromisoformat(due), *map(money, sums)) for number, due, *sums in raw["rows"]
            ),
            "charges": tuple(_charge(charge, currency) for charge in raw["charges"]),
            "terms": _terms(raw["terms"], currency),
        }
    )


def evidence_to_dict(evidence: SignatureEvidence) -> dict[str, Any]:
    """JSON-ready form of the evidence, instants with their zone."""
    return {
        **asdict(evidence),
        "code_sent_at": evidence.code_sent_at.isoformat(),
        "signed_at": evidence.signed_at.isoformat(),
    }


def evidence_from_dict(raw: Mapping[str, Any]) -> SignatureEvidence:
    """What `evidence_to_dict` wrote."""
    instants = {name: datetime.fromisoformat(raw[name]) for name in ("code_sent_at", "signed_at")}
    return SignatureEvidence(**{**raw, **instants})


def _plain(value: Any) -> Any:
    if isinstance(value, Money):
        return value.minor
    if isinstance(value, Decimal):
        return format(value, "f")
    return list(value) if isinstance(value, tuple) else value


def _party(raw: Mapping[str, Any]) -> ContractParty:
    return ContractParty(**{**raw, "role": PartyRole(raw["role"])})


def _charge_to_dict(charge: Charge) -> dict[str, Any]:
    return {field.name: _plain(getattr(charge, field.name)) for field in fields(charge)}


def _charge(raw: Mapping[str, Any], currency: str) -> Charge:
    return Charge(
        **{
            **raw,
            "kind": ChargeKind(raw["kind"]),
            "rate": _decimal(raw["rate"]),
            "annualised": _decimal(raw["annualised"]),
            "amount": None if raw["amount"] is None else Money(raw["amount"], currency),
        }
    )


def _terms(raw: Mapping[str, Any], currency: str) -> ContractTerms:
    rates = ("penalty_rate_annual", "charges_cap_rate", "prepayment_fee_rate", "prepayment_fee_rate_short")
    return ContractTerms(
        **{
            **raw,
            **{name: _decimal(raw[name]) for name in rates},
            "late_fee": None if raw["late_fee"] is None else Money(raw["late_fee"], currency),
            "waterfall": tuple(raw["waterfall"]),
        }
    )


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
