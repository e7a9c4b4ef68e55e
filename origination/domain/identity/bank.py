"""Numbers of accounts and payments: IBAN, BIC, creditor reference."""

from __future__ import annotations

from types import ModuleType

from core.domain.texts import Text
from origination.domain.identity.rule import Rule, by_stdnum


def _iban() -> ModuleType:
    from stdnum import iban

    return iban


def _bic() -> ModuleType:
    from stdnum import bic

    return bic


def _creditor_reference() -> ModuleType:
    from stdnum import iso11649

    return iso11649


_IBAN_FORM = Text("an IBAN has two country letters, two check digits and that country's account form")
_BIC_FORM = Text("a BIC has 8 or 11 characters: bank (4 letters), country (2), place (2), branch (3)")
_RF_FORM = Text("a creditor reference begins with RF, two check digits, then up to 21 letters and digits")

RULES = (
    Rule(
        "iban",
        Text("IBAN"),
        _IBAN_FORM,
        by_stdnum(_iban, _IBAN_FORM, Text("The country has no IBAN, or a part is wrong")),
    ),
    Rule("bic", Text("BIC"), _BIC_FORM, by_stdnum(_bic, _BIC_FORM, Text("Letters 5 and 6 are not a country"))),
    Rule(
        "creditor_reference",
        Text("Creditor reference (ISO 11649)"),
        _RF_FORM,
        by_stdnum(_creditor_reference, _RF_FORM, _RF_FORM),
    ),
)
