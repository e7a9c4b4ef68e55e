"""Numbers of companies: registers, legal entity identifiers, employer numbers."""

from __future__ import annotations

import re
from datetime import date
from types import ModuleType

from core.domain.texts import Text
from origination.domain.identity.result import IdCheck, accept, refuse
from origination.domain.identity.rule import WRONG_DIGIT, Rule, by_stdnum, wrong_form, wrong_length

_USCC_FORM = Text("a unified social credit code has 18 characters, digits and capital letters without I, O, S, V, Z")
# GB 32100-2015 table 1: registering department; the second character is the kind of organisation there.
_USCC_DEPARTMENTS = frozenset("123456789AGNY")


def _uscc(number: str, _today: date | None) -> IdCheck:
    """GB 32100-2015; python-stdnum would refuse the letters A, G, N and Y of the newer registering departments."""
    from stdnum import exceptions
    from stdnum.cn import uscc

    number = uscc.compact(number)
    if len(number) != 18:
        return wrong_length(_USCC_FORM)
    if not re.fullmatch(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}", number):
        return wrong_form(_USCC_FORM)
    try:
        check = uscc.calc_check_digit(number)
    except exceptions.ValidationError:
        return wrong_form(_USCC_FORM)
    if check != number[-1]:
        return refuse(WRONG_DIGIT)
    if number[0] not in _USCC_DEPARTMENTS:
        return refuse(Text("The first character names no registering department"))
    return accept(number)


_LEI_FORM = Text("a LEI has 20 characters: 18 letters and digits, then two check digits")


def _lei(number: str, _today: date | None) -> IdCheck:
    """ISO 17442: ISO 7064 MOD 97-10 over 20 characters (python-stdnum does not look at the length)."""
    from stdnum import exceptions, lei

    number = lei.compact(number)
    if len(number) != 20:
        return wrong_length(_LEI_FORM)
    if not re.fullmatch(r"[0-9A-Z]{18}[0-9]{2}", number):
        return wrong_form(_LEI_FORM)
    try:
        return accept(lei.validate(number))
    except exceptions.ValidationError:
        return refuse(WRONG_DIGIT)


_UK_FORM = Text("a UK company number has eight digits, or two letters such as SC, NI or OC and six digits")
# Companies House, "Company number prefixes" (URI customer guide): England and Wales have none.
_UK_PREFIXES = frozenset(
    [
        "AC",
        "BR",
        "CE",
        "CS",
        "ES",
        "FC",
        "FE",
        "GE",
        "GN",
        "GS",
        "IC",
        "IP",
        "LP",
        "NA",
        "NC",
        "NF",
        "NI",
        "NL",
        "NO",
        "NP",
        "NR",
        "NV",
        "NZ",
        "OC",
        "OE",
        "PC",
        "R0",
        "RC",
        "RS",
        "SA",
        "SC",
        "SE",
        "SF",
        "SG",
        "SI",
        "SL",
        "SO",
        "SP",
        "SR",
        "SZ",
        "ZC",
    ]
)


def _uk_company_number(number: str, _today: date | None) -> IdCheck:
    number = re.sub(r"[\s.\-/]", "", number).upper()
    if re.fullmatch(r"[0-9]{1,8}", number):
        number = number.zfill(8)
        return wrong_form(_UK_FORM) if number == "00000000" else accept(number)
    prefixed = re.fullmatch(r"([A-Z][A-Z0])([0-9]{1,6}|[0-9]{4}RS|[0-9]{5}[A-Z])", number)
    if not prefixed:
        return wrong_length(_UK_FORM) if len(number) > 8 or len(number) < 3 else wrong_form(_UK_FORM)
    prefix, rest = prefixed.groups()
    if prefix not in _UK_PREFIXES:
        return refuse(Text("The register uses no numbers that begin with {prefix}", prefix=prefix))
    if not rest.isdigit() and prefix not in {"IP", "SP", "NP", "RS"}:
        return wrong_form(_UK_FORM)
    if len(rest) < 6 and len(number) < 7:
        return wrong_length(_UK_FORM)
    rest = rest.zfill(6)
    return wrong_form(_UK_FORM) if rest == "000000" else accept(prefix + rest)


def _ein() -> ModuleType:
    from stdnum.us import ein

    return ein


def _gstin() -> ModuleType:
    from stdnum.in_ import gstin

    return gstin


def _siren() -> ModuleType:
    from stdnum.fr import siren

    return siren


def _siret() -> ModuleType:
    from stdnum.fr import siret

    return siret


def _cif() -> ModuleType:
    from stdnum.es import cif

    return cif


def _hrb(number: str, _today: date | None) -> IdCheck:
    """As printed on letterheads, with or without the word for the court: Amtsgericht Aachen, HRB 11223."""
    from stdnum.de import handelsregisternummer

    plain = re.sub(
        r"\b(Amtsgericht|Registergericht|Handelsregister|AG)\b[\s:,]*(?:des\b|der\b)?", " ", number, flags=re.IGNORECASE
    )
    plain = re.sub(
        r"\b(hra|hrb|gnr|vr|pr)\b", lambda found: found[0].upper().replace("GNR", "GnR"), plain, flags=re.IGNORECASE
    )
    unknown = Text("The court or the register named is not known")
    return by_stdnum(lambda: handelsregisternummer, _HRB_FORM, unknown)(" ".join(plain.split()), None)


_EIN_FORM = Text("an EIN has nine digits, like 91-1144442")
_GSTIN_FORM = Text("a GSTIN has 15 characters: state (2 digits), PAN (10), entity, Z, check character")
_SIREN_FORM = Text("a SIREN has nine digits")
_SIRET_FORM = Text("a SIRET has 14 digits")
_CIF_FORM = Text("a CIF has a letter, seven digits and a check digit or letter")
_HRB_FORM = Text("a register number names the court, the register (HRA, HRB) and a number: Aachen HRB 11223")

RULES = (
    Rule("cn_uscc", Text("Chinese unified social credit code"), _USCC_FORM, _uscc),
    Rule("lei", Text("Legal entity identifier"), _LEI_FORM, _lei),
    Rule("uk_company_number", Text("UK company number"), _UK_FORM, _uk_company_number),
    Rule(
        "us_ein",
        Text("US employer number"),
        _EIN_FORM,
        by_stdnum(_ein, _EIN_FORM, Text("No office of the tax administration issues this prefix")),
    ),
    Rule(
        "in_gstin",
        Text("Indian GST number"),
        _GSTIN_FORM,
        by_stdnum(_gstin, _GSTIN_FORM, Text("The state code, the PAN inside or the letter Z is wrong")),
    ),
    Rule("fr_siren", Text("French SIREN"), _SIREN_FORM, by_stdnum(_siren, _SIREN_FORM, _SIREN_FORM)),
    Rule("fr_siret", Text("French SIRET"), _SIRET_FORM, by_stdnum(_siret, _SIRET_FORM, _SIRET_FORM)),
    Rule("es_cif", Text("Spanish CIF"), _CIF_FORM, by_stdnum(_cif, _CIF_FORM, _CIF_FORM)),
    Rule(
        "de_hrb",
        Text("German commercial register number"),
        _HRB_FORM,
        _hrb,
    ),
)
