"""Numbers of accounts and payments: IBAN, BIC, creditor reference."""

from __future__ import annotations

from datetime import date
from types import ModuleType

from core.domain.texts import Text
from origination.domain.identity.result import IdCheck, accept, refuse
from origination.domain.identity.rule import WRONG_DIGIT, Rule, by_stdnum, wrong_form, wrong_length


def _iban(number: str, _today: date | None) -> IdCheck:
    """ISO 13616: form of the country and ISO 7064 MOD 97-10, check digits 02 to 98. A bank nobody knows is a note: the
    registry's own example of Belgium names one."""
    from stdnum import exceptions, iban

    try:
        compact = iban.validate(number, check_country=False)
    except exceptions.InvalidLength:
        return wrong_length(_IBAN_FORM)
    except exceptions.InvalidChecksum:
        return refuse(WRONG_DIGIT)
    except exceptions.InvalidComponent:
        return refuse(Text("The country has no IBAN, or a part is wrong"))
    except exceptions.ValidationError:
        return wrong_form(_IBAN_FORM)
    if compact[2:4] in {"00", "01", "99"}:
        return refuse(WRONG_DIGIT)
    try:
        iban.validate(number)
    except exceptions.InvalidComponent:
        return accept(compact, notes=(Text("The bank named in the account number is not known"),))
    except exceptions.ValidationError:
        return refuse(Text("The account number inside the IBAN has a wrong check digit"))
    return accept(compact)


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
        _iban,
    ),
    Rule("bic", Text("BIC"), _BIC_FORM, by_stdnum(_bic, _BIC_FORM, Text("Letters 5 and 6 are not a country"))),
    Rule(
        "creditor_reference",
        Text("Creditor reference (ISO 11649)"),
        _RF_FORM,
        by_stdnum(_creditor_reference, _RF_FORM, _RF_FORM),
    ),
)
