"""Formats in both languages, the choice of language, and texts of the domain said at the edge.

Expected formats: Unicode CLDR for currencies and grouping; day formats are the house's own (README, translations).
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from core import i18n
from core.domain.money import Money
from core.domain.texts import Text
from core.i18n import CHINESE, ENGLISH, speak


@pytest.mark.parametrize(
    ("value", "english", "chinese"),
    [
        (Money.of("1234567.89", "CNY"), "CN¥1,234,567.89", "¥1,234,567.89"),
        (Money.of("1234.50", "EUR"), "€1,234.50", "€1,234.50"),
        (Money.of("-5", "EUR"), "-€5.00", "-€5.00"),
        (Money.of("1200", "JPY"), "¥1,200", "JP¥1,200"),
    ],
)
def test_money_is_written_as_cldr_says(value: Money, english: str, chinese: str) -> None:
    with speak(ENGLISH):
        assert i18n.money(value) == english
    with speak(CHINESE):
        assert i18n.money(value) == chinese


@given(st.integers(-(10**15), 10**15))
def test_no_digit_is_lost_in_any_language(minor: int) -> None:
    for locale in i18n.LANGUAGES:
        with speak(locale):
            shown = i18n.money(Money(minor, "EUR")).replace(",", "").replace("€", "")
        assert Decimal(shown) == Decimal(minor).scaleb(-2)


def test_days_and_moments() -> None:
    moment = datetime(2026, 11, 21, 18, 5, tzinfo=UTC)
    with speak(ENGLISH):
        assert i18n.day(date(2026, 11, 22)) == "22 November 2026"
        assert i18n.day(date(2026, 11, 22), "short") == "2026-11-22"
        assert i18n.instant(moment) == "22 Nov 2026, 02:05"
    with speak(CHINESE):
        assert i18n.day(date(2026, 11, 22)) == "2026年11月22日"
        assert i18n.day(date(2026, 11, 22), "short") == "2026-11-22"
        assert i18n.instant(moment) == "2026年11月22日 02:05"


@pytest.mark.parametrize(
    ("amount", "hint"),
    [
        ("9999.99", ""),
        ("12345.67", "约 1.23 万元"),
        ("120000", "12 万元"),
        ("1200000", "120 万元"),
        ("350000000", "3.5 亿元"),
    ],
)
def test_large_sums_are_told_in_wan_to_chinese_readers(amount: str, hint: str) -> None:
    with speak(CHINESE):
        assert i18n.wan(Money.of(amount, "CNY")) == hint
    with speak(ENGLISH):
        assert i18n.wan(Money.of(amount, "CNY")) == ""


def test_typed_amounts_get_the_hint_and_nonsense_gets_none() -> None:
    with speak(CHINESE):
        assert i18n.wan_typed("120万") == "120 万"
        assert i18n.wan_typed("１２０，０００") == "12 万"
        assert i18n.wan_typed("-1") == i18n.wan_typed("NaN") == i18n.wan_typed("1e308") == i18n.wan_typed(None) == ""


def test_axes_are_compact_in_the_readers_units() -> None:
    with speak(ENGLISH):
        assert [i18n.compact(n) for n in (500, 20_000, 1_500_000)] == ["500", "20K", "1.5M"]
    with speak(CHINESE):
        assert [i18n.compact(n) for n in (500, 20_000, 1_500_000)] == ["500", "2万", "150万"]


def test_a_text_of_the_domain_keeps_its_values_in_the_readers_format() -> None:
    text = Text("The amount must be {low} or more", low=Money.of(20_000, "CNY"))
    with speak(ENGLISH):
        assert i18n.translate(text) == "The amount must be CN¥20,000.00 or more"
    with speak(CHINESE):
        assert i18n.translate(text) == "金额不能少于 ¥20,000.00"


def test_plain_formats_in_a_text_are_obeyed() -> None:
    assert i18n.translate(Text("{share:.1%} of income", share=Decimal("0.625"))) == "62.5% of income"
    assert i18n.translate("") == ""


@pytest.mark.parametrize(
    ("cookie", "header", "tag"),
    [
        (None, "", "en"),
        (None, "zh-TW,zh;q=0.9,en;q=0.8", "zh-CN"),
        (None, "de-DE,de;q=0.9", "en"),
        ("en", "zh-CN", "en"),
        ("zh-CN", "en-GB", "zh-CN"),
        ("xx", "zh-CN", "zh-CN"),
    ],
)
def test_the_cookie_outranks_the_browser(cookie: str | None, header: str, tag: str) -> None:
    app = Flask(__name__)
    i18n.install(app)
    app.add_url_rule("/", view_func=i18n.page_language)
    client = app.test_client()
    if cookie:
        client.set_cookie("lang", cookie)
    assert client.get("/", headers={"Accept-Language": header}).text == tag


def test_speaking_ends_where_it_began_and_knows_its_languages() -> None:
    with speak("zh-CN"), speak("en"):
        assert i18n.current_locale() == ENGLISH
    assert i18n.current_locale() == ENGLISH
    with pytest.raises(ValueError, match="tlh"), speak("tlh"):
        pass


def test_readers_of_chinese_write_the_year_first() -> None:
    with speak(CHINESE):
        assert i18n.date_order() == ("year", "month", "day")
