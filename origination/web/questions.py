"""Questions of the catalogue as form fields: which field, which words, which choices, and what to show again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from babel import Locale

from core.domain.fact import Fact, FactType, FactValue
from core.domain.facts import CATALOGUE
from core.domain.money import Money
from core.domain.texts import Text
from core.i18n import CHINESE, current_locale, show, translate
from origination.domain.application import Section
from origination.domain.identity.check import index_number
from origination.domain.papers import PAPERS
from origination.domain.product import Product

# Numbers that are never shown again once they are saved.
MASKED = frozenset({"id_number", "company_id_number", "bank_account"})
RADIOS_MAX = 6
AUTOCOMPLETE = {
    "full_name": "name", "representative_name": "name", "company_name": "organization", "email": "email",
    "phone": "tel", "address_line": "street-address", "city": "address-level2", "postal_code": "postal-code",
    "country": "country", "nationality": "country",
}  # fmt: skip
PER = {"month": Text("a month"), "year": Text("a year")}
FREQUENT_COUNTRIES = ("CN", "DE", "ES", "FR", "IT")

# Why a page asks what it asks; shown under its heading.
WHY: Mapping[str, Text] = {
    "loan": Text("What you ask for. You can change it until you send the application."),
    "identity": Text("The law asks us to know who borrows from us. We check the number and the name, nothing else."),
    "contact": Text("We send the decision and the contract to these addresses and pay out to this account."),
    "work": Text("A loan must fit your income. We look at what you earn and for how long."),
    "home": Text("What you spend already tells us which instalment you can carry without strain."),
    "means": Text("Savings and property are a cushion if something goes wrong."),
    "company": Text("The law asks us to know which company borrows. Take the words from the register."),
    "owners": Text("The law asks us to know the people behind a company: everybody who holds a share of it."),
    "results": Text("The yearly accounts show which instalment the company can carry. Put a minus before a loss."),
    "balance": Text("What the company owns and owes at the end of the last financial year."),
    "accounts": Text(
        "The accounts of the last two or three years show where the company is going. They replace nothing you entered "
        "before; they add to it."
    ),
    "plan": Text("What the loan makes possible counts, too."),
    "documents": Text("They prove what you told us. You can also send them after the application."),
    "consents": Text("We ask before we do it. Without these we cannot go on."),
}
PAPER_NAMES: Mapping[str, Text] = {kind: paper.name for kind, paper in PAPERS.items()}


@dataclass(frozen=True, slots=True)
class Question:
    """One field. `widget`: slider, money, number, date, radios, select, identity, email, tel, text."""

    name: str
    widget: str
    label: Text
    hint: str | None = None
    choices: tuple[tuple[str, str], ...] = ()
    per: str | None = None
    optional: bool = False
    autocomplete: str | None = None


def questions_of(section: Section, product: Product, answers: Mapping[str, FactValue]) -> tuple[Question, ...]:
    """The fields of a page in the order asked."""
    return tuple(_question(entry, product, answers) for entry in section.entries())


def _question(entry: Fact, product: Product, answers: Mapping[str, FactValue]) -> Question:
    choices = _choices(entry, product)
    hint = None if entry.hint is None else translate(entry.hint)
    if entry.name in MASKED and entry.name in answers:
        hint = translate(
            Text("Saved: {number}. Leave the field empty to keep it.", number=masked(str(answers[entry.name])))
        )
    return Question(
        name=entry.name,
        widget=_widget(entry, choices),
        label=entry.text,
        hint=hint,
        choices=choices,
        per=translate(PER[entry.unit]) if entry.unit in PER else None,
        optional=entry.optional and entry.name != "employed_since_on",  # needed of those who work
        autocomplete=AUTOCOMPLETE.get(entry.name),
    )


def _widget(entry: Fact, choices: tuple[tuple[str, str], ...]) -> str:
    if entry.name == "amount":
        return "slider"
    if entry.name in MASKED:
        return "identity"
    if entry.name in {"email", "phone"}:
        return "email" if entry.name == "email" else "tel"
    if choices:
        return "radios" if len(choices) <= RADIOS_MAX else "select"
    return {FactType.MONEY: "money", FactType.DATE: "date", FactType.INTEGER: "number"}.get(entry.type, "text")


def _choices(entry: Fact, product: Product) -> tuple[tuple[str, str], ...]:
    if entry.name == "tenor_months":
        return tuple((str(n), translate(Text("{n} months", n=n))) for n in product.tenors)
    if entry.unit == "ISO 3166":
        return countries(current_locale())
    offered = entry.choices_for(product.segment)
    if entry.name == "purpose" and product.purposes:
        offered = tuple(choice for choice in offered if choice.value in product.purposes)
    if entry.name == "amortisation":
        known = {kind.value for kind in product.kinds}
        offered = tuple(choice for choice in offered if choice.value in known)
    return tuple((str(choice.value), translate(choice.text)) for choice in offered)


@lru_cache
def countries(locale: str) -> tuple[tuple[str, str], ...]:
    """(ISO 3166 code, name in the language), the lender's markets first, then in the order of the language."""
    names = {
        code: name
        for code, name in Locale.parse(locale).territories.items()
        if len(code) == 2 and code.isalpha() and code not in {"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"}
    }
    key: Any = _pinyin if locale == CHINESE else str.casefold
    rest = sorted((code for code in names if code not in FREQUENT_COUNTRIES), key=lambda code: key(names[code]))
    return tuple((code, names[code]) for code in (*FREQUENT_COUNTRIES, *rest))


def _pinyin(name: str) -> list[str]:
    # Loaded when the first Chinese list of countries is asked for, not when a web worker starts.
    from pypinyin import lazy_pinyin

    return [str(part) for part in lazy_pinyin(name)]


def masked(number: str) -> str:
    """Recognisable to its owner, useless to anybody else: `•••• 1234`; of machine-readable lines the number in them."""
    plain = "".join((index_number("passport", number) if "<" in number else number).split())
    return "•••• " + plain[-4:] if len(plain) > 6 else "••••"


def field_values(section: Section, answers: Mapping[str, FactValue], typed: Mapping[str, Any]) -> dict[str, Any]:
    """What the fields show: what was typed and refused, else the answers as one would type them."""
    shown: dict[str, Any] = {
        name: typeable(answers[name]) for name in section.facts if name in answers and name not in MASKED
    }
    kept = {name: typeable(answers[name]) for name in MASKED & set(answers)}
    return shown | {name: value for name, value in typed.items() if name not in kept or value != kept[name]}


def typeable(value: FactValue) -> str:
    """An answer as it can be typed again: `12,000`, `1990-03-27`."""
    if isinstance(value, Money):
        text = f"{value.amount:,}"
        return text.removesuffix(".00") if text.endswith(".00") else text
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def spoken(entry: Fact, value: FactValue | None) -> str | None:
    """An answer in the reader's words, numbers of documents and accounts masked; None when there is none."""
    if value is None:
        return None
    if entry.name in MASKED:
        return masked(str(value))
    if entry.unit == "ISO 3166":
        return dict(countries(current_locale())).get(str(value), str(value))
    if entry.choices:
        return translate(entry.text_of(value))
    if entry.name == "tenor_months":
        return translate(Text("{n} months", n=value))
    return show(value)


def paper_name(kind: str) -> str:
    """What a document is called; an officer's own words stay as they are."""
    return translate(PAPER_NAMES[kind]) if kind in PAPER_NAMES else kind


def label_of(name: str) -> str:
    """The words of a question."""
    return translate(CATALOGUE[name].text) if name in CATALOGUE else name
