"""The product catalogue: what the lender sells, version by version. A loan keeps the version it was made with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from core.domain.dates import DayCount
from core.domain.errors import InvalidInput, PolicyInvalid
from core.domain.money import Money, Rounding
from core.domain.texts import Text
from repayment.domain.rounding import Residual, RoundingRule
from repayment.domain.schedule_request import Amortization, Fee, FeeKind

SEGMENTS = ("consumer", "sme")
KINDS = (Amortization.ANNUITY, Amortization.EQUAL_PRINCIPAL)


@dataclass(frozen=True, slots=True)
class LateTerms:
    """What being late costs: days without consequence, one fee per late instalment, and penalty interest.

    Penalty interest runs on overdue principal at the contract rate times one plus `penalty_uplift`, or at
    `penalty_rate` where the law names one.
    """

    grace_days: int
    late_fee: Money | None = None
    penalty_uplift: Decimal | None = None
    penalty_rate: Decimal | None = None

    def penalty_rate_annual(self, rate_annual: Decimal) -> Decimal:
        """The yearly penalty rate of a loan at that contract rate; zero when nothing is agreed."""
        if self.penalty_rate is not None:
            return self.penalty_rate
        return rate_annual * (1 + self.penalty_uplift) if self.penalty_uplift is not None else Decimal(0)


@dataclass(frozen=True, slots=True)
class Product:
    """One version of one product. Rates are yearly fractions of one by risk grade; A is the best grade."""

    code: str
    version: int
    names: Mapping[str, str]
    segment: str
    jurisdiction: str
    currency: str
    amount_min: Money
    amount_max: Money
    amount_step: Money
    tenors: tuple[int, ...]
    rates: Mapping[str, Decimal]
    kinds: tuple[Amortization, ...]
    day_count: DayCount
    rounding: RoundingRule
    late: LateTerms
    fees: tuple[Fee, ...] = ()
    fee_names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    contract_template: str = "loan"
    dunning_policy: str = "standard"
    withdrawal_days: int = 0
    prepayment_fee_rate: Decimal = Decimal(0)
    prepayment_fee_rate_short: Decimal = Decimal(0)  # when a year or less is left
    documents: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    lender_type: str = ""  # whose ceilings of cost bind it; empty: those of the lender's own type

    def __post_init__(self) -> None:
        self._check()

    def _check(self) -> None:
        where = f"Product {self.code} version {self.version}"
        faults = {
            "the segment is unknown": self.segment not in SEGMENTS,
            "the smallest amount is above the largest, or nothing": not 0
            < self.amount_min.minor
            <= self.amount_max.minor,
            "the step of the amount must be more than zero": self.amount_step.minor <= 0,
            "amounts and fees must be in its currency": any(
                sum_.currency != self.currency for sum_ in (self.amount_min, self.amount_max, self.amount_step)
            ),
            "tenors must rise and lie from 1 to 360 months": not self.tenors
            or list(self.tenors) != sorted(set(self.tenors))
            or not 1 <= self.tenors[0] <= self.tenors[-1] <= 360,
            "every rate must be from 0 to 1": not self.rates or any(not 0 <= r <= 1 for r in self.rates.values()),
            "only annuity and equal principal are offered": not self.kinds or any(k not in KINDS for k in self.kinds),
            "a name in English and Chinese is needed": not {"en", "zh"} <= set(self.names),
        }
        wrong = [fault for fault, present in faults.items() if present]
        if wrong:
            raise PolicyInvalid(f"{where}: {'; '.join(wrong)}")

    def name_in(self, locale: str) -> str:
        """The name in the reader's language."""
        return self.names["zh" if locale.lower().startswith("zh") else "en"]

    def fee_name_in(self, fee: str, locale: str) -> str:
        """What a fee is called in the reader's language."""
        return self.fee_names.get(fee, {}).get("zh" if locale.lower().startswith("zh") else "en", fee)

    @property
    def rate_reference(self) -> Decimal:
        """The rate of the middle grade: for quotes and facts before the grade is known."""
        ordered = sorted(self.rates)
        return self.rates[ordered[len(ordered) // 2]]

    @property
    def rate_range(self) -> tuple[Decimal, Decimal]:
        """Lowest and highest rate."""
        return min(self.rates.values()), max(self.rates.values())

    def check_wish(self, amount: Money, tenor_months: int, kind: Amortization | None = None) -> None:
        """Raises InvalidInput with all that this product does not offer, and what it does."""
        wrong: dict[str, str | list[str]] = {}
        if amount.currency != self.currency:
            wrong["amount"] = Text("This product is in {currency}", currency=self.currency)
        elif not self.amount_min <= amount <= self.amount_max:
            wrong["amount"] = Text(
                "Enter an amount from {low} to {high} {currency}",
                low=self.amount_min.amount.to_integral_value(),
                high=self.amount_max.amount.to_integral_value(),
                currency=self.currency,
            )
        if tenor_months not in self.tenors:
            wrong["tenor_months"] = Text(
                "Choose one of these numbers of months: {list}", list=", ".join(map(str, self.tenors))
            )
        if kind is not None and kind not in self.kinds:
            wrong["amortisation"] = Text("This way of repaying is not offered for this product")
        if wrong:
            raise InvalidInput(wrong)


def read_products(data: Mapping[str, Any]) -> tuple[Product, ...]:
    """The `[[product]]` entries of a catalogue. Raises PolicyInvalid naming product and key."""
    products = tuple(read_product(raw) for raw in data.get("product", ()))
    known = [(product.code, product.version) for product in products]
    if len(set(known)) != len(known):
        raise PolicyInvalid("The product catalogue holds one version of a product twice")
    return products


def read_product(raw: Mapping[str, Any]) -> Product:
    """One entry, from TOML or from the JSON `product_to_dict` writes; amounts and rates are text."""
    code, currency = str(raw.get("code", "?")), str(raw.get("currency", "?"))
    try:
        return Product(
            code=code,
            version=int(raw["version"]),
            names=dict(raw["names"]),
            segment=str(raw["segment"]),
            jurisdiction=str(raw["jurisdiction"]),
            currency=currency,
            amount_min=Money.of(raw["amount_min"], currency),
            amount_max=Money.of(raw["amount_max"], currency),
            amount_step=Money.of(raw["amount_step"], currency),
            tenors=tuple(int(months) for months in raw["tenors"]),
            rates={grade: Decimal(rate) for grade, rate in raw["rates"].items()},
            kinds=tuple(Amortization(kind) for kind in raw["kinds"]),
            day_count=DayCount(raw["day_count"]),
            rounding=RoundingRule(mode=Rounding(raw["rounding"]), residual=Residual(raw.get("residual", "last"))),
            late=_read_late(raw["late"], currency),
            fees=tuple(_read_fee(fee, currency) for fee in raw.get("fees", ())),
            fee_names={str(fee["name"]): dict(fee["names"]) for fee in raw.get("fees", ())},
            contract_template=str(raw.get("contract_template", "loan")),
            dunning_policy=str(raw.get("dunning_policy", "standard")),
            withdrawal_days=int(raw.get("withdrawal_days", 0)),
            prepayment_fee_rate=Decimal(raw.get("prepayment_fee_rate", "0")),
            prepayment_fee_rate_short=Decimal(raw.get("prepayment_fee_rate_short", "0")),
            documents=tuple(raw.get("documents", ())),
            purposes=tuple(raw.get("purposes", ())),
            lender_type=str(raw.get("lender_type", "")),
        )
    except (KeyError, ValueError, TypeError, InvalidOperation, InvalidInput) as error:
        raise PolicyInvalid(f"Product {code}: {error!r}") from None


def _read_late(raw: Mapping[str, Any], currency: str) -> LateTerms:
    def rate(name: str) -> Decimal | None:
        """A rate of one a year; None where it is not given."""
        return Decimal(raw[name]) if name in raw else None

    fee = Money.of(raw["late_fee"], currency) if "late_fee" in raw else None
    return LateTerms(int(raw["grace_days"]), fee, rate("penalty_uplift"), rate("penalty_rate"))


def _read_fee(raw: Mapping[str, Any], currency: str) -> Fee:
    return Fee(
        name=str(raw["name"]),
        kind=FeeKind(raw["kind"]),
        amount=Money.of(raw["amount"], currency) if "amount" in raw else None,
        rate=Decimal(raw["rate"]) if "rate" in raw else None,
        payee=str(raw.get("payee", "lender")),
        withheld=bool(raw.get("withheld", False)),
    )


def product_to_dict(product: Product) -> dict[str, Any]:
    """JSON-ready form that `read_product` reads back equal."""
    late: dict[str, Any] = {"grace_days": product.late.grace_days}
    if product.late.late_fee is not None:
        late["late_fee"] = str(product.late.late_fee)
    for name in ("penalty_uplift", "penalty_rate"):
        value = getattr(product.late, name)
        if value is not None:
            late[name] = format(value, "f")
    return {
        "code": product.code,
        "version": product.version,
        "names": dict(product.names),
        "segment": product.segment,
        "jurisdiction": product.jurisdiction,
        "currency": product.currency,
        "amount_min": str(product.amount_min),
        "amount_max": str(product.amount_max),
        "amount_step": str(product.amount_step),
        "tenors": list(product.tenors),
        "rates": {grade: format(rate, "f") for grade, rate in product.rates.items()},
        "kinds": [kind.value for kind in product.kinds],
        "day_count": product.day_count.value,
        "rounding": product.rounding.mode.value,
        "residual": product.rounding.residual.value,
        "late": late,
        "fees": [_fee_to_dict(fee, product.fee_names.get(fee.name, {})) for fee in product.fees],
        "contract_template": product.contract_template,
        "dunning_policy": product.dunning_policy,
        "withdrawal_days": product.withdrawal_days,
        "prepayment_fee_rate": format(product.prepayment_fee_rate, "f"),
        "prepayment_fee_rate_short": format(product.prepayment_fee_rate_short, "f"),
        "documents": list(product.documents),
        "purposes": list(product.purposes),
        "lender_type": product.lender_type,
    }


def _fee_to_dict(fee: Fee, names: Mapping[str, str]) -> dict[str, Any]:
    raw: dict[str, Any] = {
        "name": fee.name,
        "names": dict(names),
        "kind": fee.kind.value,
        "payee": fee.payee,
        "withheld": fee.withheld,
    }
    if fee.amount is not None:
        raw["amount"] = str(fee.amount)
    if fee.rate is not None:
        raw["rate"] = format(fee.rate, "f")
    return raw
