"""Languages at the edge: which one the reader wants, gettext, and the formats of money, dates and numbers.

Domain code speaks English through `core.domain.texts.Text`; pages, letters and messages pass it through `translate`.
Plain words in templates: `_("Hello %(name)s", name=...)`. Catalogues live in translations/ (see translations/build.py).
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import numbers
from babel.dates import format_date, format_datetime
from babel.support import NullTranslations, Translations
from flask import Flask, current_app, g, has_request_context, request
from flask_babel import Babel

from core.domain.errors import InvalidInput
from core.domain.money import Money, parse_amount
from core.domain.texts import Text

CATALOGUES = Path(__file__).resolve().parent.parent / "translations"
ENGLISH = "en"
CHINESE = "zh_Hans_CN"
# Locale -> (tag for HTML and cookies, name in the language itself).
LANGUAGES = {ENGLISH: ("en", "English"), CHINESE: ("zh-CN", "简体中文")}
COOKIE = "lang"
_ZONE = "LENDER_TIME_ZONE"
_DATE_PATTERNS = {
    ENGLISH: {"long": "d MMMM y", "medium": "d MMM y", "short": "yyyy-MM-dd", "month": "MMM y"},
    CHINESE: {"long": "y年M月d日", "medium": "y年M月d日", "short": "yyyy-MM-dd", "month": "y年M月"},
}
_spoken: ContextVar[str | None] = ContextVar("spoken", default=None)


def locale_of(tag: str | None) -> str | None:
    """The locale for a language tag in any spelling (`zh`, `zh-CN`, `zh_Hans_CN`, `en-GB`); None when not offered."""
    language = (tag or "").replace("_", "-").lower().split("-")[0]
    return {"en": ENGLISH, "zh": CHINESE}.get(language)


def current_locale() -> str:
    """The reader's locale: `speak`, else the cookie, the account, the browser's wish, English."""
    spoken = _spoken.get()
    if spoken is not None:
        return spoken
    if not has_request_context():
        return ENGLISH
    if "locale" not in g:
        g.locale = _wanted_locale()
    found: str = g.locale
    return found


def _wanted_locale() -> str:
    chosen = locale_of(request.cookies.get(COOKIE))
    if chosen is None and hasattr(current_app, "login_manager"):
        from flask_login import current_user

        chosen = locale_of(getattr(current_user, "locale", None))
    if chosen is None:
        chosen = locale_of(
            request.accept_languages.best_match([tag for tag, _ in LANGUAGES.values()] + ["zh", "en-GB"])
        )
    return chosen or ENGLISH


def page_language() -> str:
    """The tag for the `lang` attribute: `en` or `zh-CN`."""
    return LANGUAGES[current_locale()][0]


@contextmanager
def speak(locale: str) -> Iterator[None]:
    """Everything inside is said in that locale: letters and messages to people other than the one asking.

    Raises ValueError for a locale that is not offered.
    """
    known = locale_of(locale)
    if known is None:
        raise ValueError(f"{locale!r} is not one of {', '.join(LANGUAGES)}")
    token = _spoken.set(known)
    try:
        yield
    finally:
        _spoken.reset(token)


@lru_cache
def _catalogue(locale: str) -> NullTranslations:
    return Translations.load(CATALOGUES, [locale])


def gettext(message: str, /, **params: Any) -> str:
    """The message in the reader's language, `%(name)s` filled in."""
    said = _catalogue(current_locale()).ugettext(message) if message else ""
    return said % params if params else said


def ngettext(one: str, many: str, n: int, /, **params: Any) -> str:
    """Singular or plural by the rules of the reader's language; `%(num)d` is the number."""
    return _catalogue(current_locale()).ungettext(one, many, n) % {"num": n, **params}


def pgettext(context: str, message: str, /, **params: Any) -> str:
    """The message as meant in that context."""
    said: str = _catalogue(current_locale()).upgettext(context, message)
    return said % params if params else said


class _Filler(string.Formatter):
    """Fills `{name}` with values in the reader's formats."""

    def format_field(self, value: Any, format_spec: str) -> str:
        return str(format(value, format_spec)) if format_spec else show(value)


def translate(text: str) -> str:
    """A text of the domain in the reader's language, its money, dates and numbers in the reader's format."""
    if isinstance(text, Text):
        return _Filler().vformat(gettext(text.msgid), (), text.params) if text.params else gettext(text.msgid)
    return gettext(text) if isinstance(text, str) else show(text)


def show(value: object) -> str:
    """Any value of the domain as the reader writes it."""
    if isinstance(value, str):
        return translate(value) if isinstance(value, Text) else value
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, Money):
        return money(value)
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return day(value)
    if isinstance(value, int | Decimal | float):
        return number(value)
    return "" if value is None else str(value)


def money(value: Money | None) -> str:
    """`€1,234.50`, `CN¥1,234.50` in English; `¥1,234.50` in Chinese. Empty for None."""
    return "" if value is None else numbers.format_currency(value.amount, value.currency, locale=current_locale())


def amount(value: Money | None) -> str:
    """`1,234.50` without the currency, for table columns whose head names it."""
    if value is None:
        return ""
    decimals = max(0, -int(value.amount.as_tuple().exponent))
    return numbers.format_decimal(
        value.amount, format="#,##0." + "0" * decimals if decimals else "#,##0", locale=current_locale()
    )


def currency_sign(currency: str) -> str:
    """`€`, `CN¥` or `¥` as the reader knows it."""
    return numbers.get_currency_symbol(currency, locale=current_locale())


def number(value: Decimal | float | None, decimals: int | None = None) -> str:
    """Grouped digits; at most four decimals unless a number of decimals is asked for."""
    if value is None:
        return ""
    pattern = "#,##0.####" if decimals is None else "#,##0." + "0" * decimals if decimals else "#,##0"
    return numbers.format_decimal(value, format=pattern, locale=current_locale())


def percent(value: Decimal | float | None, decimals: int = 2) -> str:
    """A fraction of one as per cent: Decimal("0.0735") is `7.35%`."""
    if value is None:
        return ""
    return numbers.format_percent(
        value, format="#,##0." + "0" * decimals + "%" if decimals else "#,##0%", locale=current_locale()
    )


def compact(value: Decimal | float | None) -> str:
    """For axes and sliders: `20K`, `1.5M`; `2万`, `150万`."""
    if value is None:
        return ""
    return numbers.format_compact_decimal(value, locale=current_locale(), fraction_digits=1).replace(".0", "")


def wan(value: Money | Decimal | int | None) -> str:
    """Chinese readers count in 万 and 亿: `约 123.46 万元`. Empty in English, below ten thousand, and for None."""
    if value is None or current_locale() != CHINESE:
        return ""
    figure = value.amount if isinstance(value, Money) else Decimal(value)
    if abs(figure) < 10_000:
        return ""
    scale, unit = (100_000_000, "亿") if abs(figure) >= 100_000_000 else (10_000, "万")
    short = (figure / scale).quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)
    about = "" if short * scale == figure else "约 "
    yuan = "元" if isinstance(value, Money) and value.currency == "CNY" else ""
    return f"{about}{numbers.format_decimal(short, format='#,##0.##', locale=CHINESE)} {unit}{yuan}"


def wan_typed(text: object) -> str:
    """The 万 hint for what stands in a money field; empty when it is no amount."""
    try:
        return wan(parse_amount(str(text), "CNY").amount) if text else ""
    except InvalidInput:
        return ""


def day(value: date | None, style: str = "long") -> str:
    """`22 November 2026` and `2026年11月22日`; styles long, medium, month, and short (ISO in both, for tables)."""
    if value is None:
        return ""
    return format_date(value, _DATE_PATTERNS[current_locale()][style], locale=current_locale())


def instant(value: datetime | None, style: str = "medium") -> str:
    """A moment in the lender's zone: `22 Nov 2026, 14:05`; `2026年11月22日 14:05`."""
    if value is None:
        return ""
    zone = current_app.config.get(_ZONE) if current_app else None
    joint = ", " if current_locale() == ENGLISH and style != "short" else " "
    local = value.astimezone(zone or ZoneInfo("Asia/Shanghai"))
    return (
        day(local.date(), style) + joint + format_datetime(local, "HH:mm", tzinfo=local.tzinfo, locale=current_locale())
    )


def date_order() -> Sequence[str]:
    """Which of day, month and year a reader writes first."""
    return ("year", "month", "day") if current_locale() == CHINESE else ("day", "month", "year")


FILTERS: Mapping[str, Any] = {
    "translate": translate, "show": show, "money": money, "amount": amount, "currency_sign": currency_sign,
    "number": number, "percent": percent, "compact": compact, "wan": wan, "wan_typed": wan_typed,
    "date": day, "instant": instant,
}  # fmt: skip


def add_to(environment: Any) -> None:
    """Filters and gettext for a Jinja environment, the app's or the one that makes documents."""
    environment.add_extension("jinja2.ext.i18n")
    environment.install_gettext_callables(
        gettext=gettext,
        ngettext=lambda one, many, n: _catalogue(current_locale()).ungettext(one, many, n),
        pgettext=pgettext,
        newstyle=True,
    )
    environment.filters.update(FILTERS)
    environment.globals.update(date_order=date_order, page_language=page_language)


def install(app: Flask, zone: ZoneInfo | None = None) -> None:
    """Wires the app: Flask-Babel for the sign-in library's own texts, everything else through this module."""
    app.config[_ZONE] = zone
    app.config.setdefault("BABEL_TRANSLATION_DIRECTORIES", str(CATALOGUES))
    Babel(app, locale_selector=current_locale, configure_jinja=False)
    add_to(app.jinja_env)

    @app.context_processor
    def language() -> dict[str, Any]:
        return {"page_language": page_language(), "languages": list(LANGUAGES.values())}
