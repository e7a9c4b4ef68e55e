"""Money: a whole number of minor units with its currency (ISO 4217). A float never touches an amount."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal, InvalidOperation
from enum import StrEnum

from core.domain.errors import InvalidInput
from core.domain.texts import Text

# Minor-unit exponents of ISO 4217; every code not listed here has two decimals.
_EXPONENT_BY_CURRENCY = {
    "BHD": 3, "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "IQD": 3, "ISK": 0, "JOD": 3, "JPY": 0, "KMF": 0, "KRW": 0,
    "KWD": 3, "LYD": 3, "OMR": 3, "PYG": 0, "RWF": 0, "TND": 3, "UGX": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0,
    "XPF": 0,
}  # fmt: skip
_CURRENCY = re.compile(r"[A-Z]{3}")
MINOR_MAX = 10**15  # far beyond any loan, far inside BIGINT


class Rounding(StrEnum):
    """How a fraction of the smallest unit is settled. Always written out where it is used."""

    HALF_EVEN = "HALF_EVEN"
    HALF_UP = "HALF_UP"
    UP = "UP"
    DOWN = "DOWN"

    @property
    def decimal_mode(self) -> str:
        """The constant of the `decimal` module."""
        return {"HALF_EVEN": ROUND_HALF_EVEN, "HALF_UP": ROUND_HALF_UP, "UP": ROUND_UP, "DOWN": ROUND_DOWN}[self.value]


def exponent(currency: str) -> int:
    """Decimals of the currency: JPY 0, CNY 2, KWD 3 (ISO 4217)."""
    return _EXPONENT_BY_CURRENCY.get(currency, 2)


def round_minor(value: Decimal, rounding: Rounding) -> int:
    """A number of minor units, rounded once, by the named mode."""
    return int(value.quantize(Decimal(1), rounding=rounding.decimal_mode))


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in minor units (cents, fen, yen) of one currency.

    Raises TypeError for a float or bool, ValueError for a currency that is not three capital letters and when two
    currencies meet.
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"minor must be int, got {type(self.minor).__name__}")
        if not _CURRENCY.fullmatch(self.currency):
            raise ValueError(f"{self.currency!r} is not a currency code")

    @classmethod
    def of(cls, amount: Decimal | str | int, currency: str) -> Money:
        """From major units: `Money.of("12.34", "EUR")`. ValueError when it has more decimals than the currency."""
        scaled = Decimal(amount).scaleb(exponent(currency))
        if scaled != scaled.to_integral_value():
            raise ValueError(f"{amount} has more decimals than {currency} allows")
        return cls(int(scaled), currency)

    @classmethod
    def rounded(cls, minor: Decimal, currency: str, *, rounding: Rounding) -> Money:
        """From a fractional number of minor units, rounded by the named mode."""
        return cls(round_minor(minor, rounding), currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Nothing, in that currency."""
        return cls(0, currency)

    @property
    def amount(self) -> Decimal:
        """Major units as Decimal, with the currency's number of decimals."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def _same(self, other: Money) -> int:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")
        return other.minor

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __mul__(self, factor: int) -> Money:
        if type(factor) is not int:
            raise TypeError("Money is multiplied by int only; use Money.rounded for a rate")
        return Money(self.minor * factor, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        return self.minor > self._same(other)

    def __ge__(self, other: Money) -> bool:
        return self.minor >= self._same(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        """Plain digits without grouping, for machines: `1234.50`. People get `core.i18n.money`."""
        return format(self.amount, "f")


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum, zero for none."""
    return sum(amounts, Money.zero(currency))


_SPACES = str.maketrans("", "", " \u00a0\u202f_'’")
_DOLLARS = frozenset({"USD", "AUD", "CAD", "HKD", "NZD", "SGD", "TWD", "MXN", "BRL", "CLP", "COP", "ARS"})
_SIGNS = {"¥": {"CNY", "JPY"}, "元": {"CNY", "HKD", "TWD"}, "€": {"EUR"}, "£": {"GBP"}, "$": _DOLLARS}
_CODE = re.compile(r"^([A-Za-z]{3})(?=[\d.])|(?<=[\d.])([A-Za-z]{3})$")
_GROUPED = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?|\d+(\.\d*)?|\.\d+")
NOT_AN_AMOUNT = Text("Enter an amount in digits, like 12,000.00")
_SCALES = {"万": 10_000, "萬": 10_000, "亿": 100_000_000, "億": 100_000_000, "千": 1_000}


def _without_currency(plain: str, currency: str, field: str) -> str:
    """The digits without the sign or code of their currency. Raises InvalidInput for those of another one."""
    code = _CODE.search(plain)
    named = (code.group(1) or code.group(2)).upper() if code else currency
    other = named if named != currency else next((c for c in plain if currency not in _SIGNS.get(c, {currency})), None)
    if other is not None:
        raise InvalidInput(
            {field: Text("This amount is in {currency}, not in {other}", currency=currency, other=other)}
        )
    return "".join(c for c in _CODE.sub("", plain) if c not in _SIGNS)


def parse_amount(text: str, currency: str, field: str = "amount") -> Money:
    """What a person typed, as Money: `1,200,000`, `120万`, full-width digits, spaces and currency signs.

    Raises InvalidInput for anything else: a sign, an exponent, `NaN`, misplaced commas, too many decimals, too much.
    """
    if len(text) > 40:
        raise InvalidInput({field: NOT_AN_AMOUNT})
    plain = _without_currency(unicodedata.normalize("NFKC", text).translate(_SPACES), currency, field)
    scale = 1
    if plain and plain[-1] in _SCALES:
        scale, plain = _SCALES[plain[-1]], plain[:-1]
    if plain.startswith("-"):
        raise InvalidInput({field: Text("The amount must be more than zero")})
    if not _GROUPED.fullmatch(plain) or not plain.isascii():
        raise InvalidInput({field: NOT_AN_AMOUNT})
    try:
        minor = Decimal(plain.replace(",", "")).scaleb(exponent(currency)) * scale
    except InvalidOperation:
        raise InvalidInput({field: NOT_AN_AMOUNT}) from None
    if minor != minor.to_integral_value():
        raise InvalidInput(
            {field: Text("{currency} amounts have at most {n} decimals", currency=currency, n=exponent(currency))}
        )
    if minor > MINOR_MAX:
        raise InvalidInput({field: Text("The amount is too large")})
    return Money(int(minor), currency)
