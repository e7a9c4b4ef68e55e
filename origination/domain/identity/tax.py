"""Tax numbers that are not also register numbers: VAT in the EU and the UK, UK UTR."""

from __future__ import annotations

from types import ModuleType

from core.domain.texts import Text
from origination.domain.identity.rule import Rule, by_stdnum


def _eu_vat() -> ModuleType:
    from stdnum.eu import vat

    return vat


def _gb_vat() -> ModuleType:
    from stdnum.gb import vat

    return vat


def _gb_utr() -> ModuleType:
    from stdnum.gb import utr

    return utr


_EU_FORM = Text(
    "an EU VAT number begins with the letters of the member state (EL for Greece) and has that state's form"
)
_GB_FORM = Text("a UK VAT number has nine digits, or twelve with the branch")
_UTR_FORM = Text("a UTR has ten digits")

RULES = (
    Rule(
        "eu_vat",
        Text("EU VAT number"),
        _EU_FORM,
        by_stdnum(
            _eu_vat, _EU_FORM, Text("It does not begin with a member state's letters, or a part is not assigned")
        ),
    ),
    Rule("gb_vat", Text("UK VAT number"), _GB_FORM, by_stdnum(_gb_vat, _GB_FORM, _GB_FORM)),
    Rule("gb_utr", Text("UK unique taxpayer reference"), _UTR_FORM, by_stdnum(_gb_utr, _UTR_FORM, _UTR_FORM)),
)
