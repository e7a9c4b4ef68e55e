"""The portfolio page agrees with the ledger and exports safely; a changed product is a new version."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date
from io import StringIO

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from core.web.table_file import csv_text, safe_cell
from origination.queries.products import product_versions
from origination.steps.catalogue import seed_products
from tests.core.sign_in import token_of
from tests.repayment.house import House
from tests.repayment.web.conftest import app, browser, house

__all__ = ["app", "browser", "house"]
Browser = Callable[[str], FlaskClient]


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠", " ="])
def test_words_a_spreadsheet_would_run_are_disarmed(begin: str) -> None:
    assert safe_cell(f"{begin}1+1").startswith("'")


def test_figures_stay_figures_and_the_filter_is_named() -> None:
    rows = list(csv.reader(StringIO(csv_text([("Filter", "late, =x")], ["a", "b"], [(-5, "ok"), (None, '"q",')]))))
    assert rows == [["Filter", "late, =x"], [], ["a", "b"], ["-5", "ok"], ["", '"q",']]


def test_the_page_equals_the_ledger(house: House, browser: Browser) -> None:
    first, _ = house.loan(), house.loan()
    house.close_through(date(2025, 3, 5), daily=False)
    house.pay(first, "1000.00", house.today)  # the instalment with its late charges
    house.close_through(date(2025, 4, 5), daily=False)
    client = browser("risk")
    page = client.get("/portfolio/").text
    query = """SELECT sum(CASE WHEN debit = 'principal' THEN minor ELSE -minor END) FROM ledger_entry
               WHERE 'principal' IN (debit, credit)"""
    with house.database.read() as r:
        booked = int(r.session.execute(text(query)).scalar_one())
    assert f"{booked / 100:,.2f}" in page
    assert "Reconciled with the ledger" in page
    assert "Portfolio at the end of 5 April 2025" in page
    assert "Portfolio at the end of 1 March 2025" in client.get("/portfolio/?as_of=2025-03-01").text
    late = client.get("/portfolio/loans?currency=CNY&dpd=31").text
    assert "1 loan" in late
    assert "at least 31 days late" in late


def test_the_loans_of_a_number_as_a_file(house: House, browser: Browser) -> None:
    house.loan()
    with house.work() as w:
        w.session.execute(text("UPDATE party SET name = '=HYPERLINK(1)'"))
    house.close_through(date(2025, 3, 5), daily=False)
    answer = browser("auditor").get("/portfolio/loans.csv?currency=CNY&dpd=1")
    rows = list(csv.reader(StringIO(answer.text.removeprefix("\ufeff"))))
    assert ["Filter", "at least 1 days late"] in rows
    assert rows[-1][1] == "'=HYPERLINK(1)"
    assert browser("collector").get("/portfolio/loans.csv?currency=CNY").status_code == 403
    assert browser("risk").get("/portfolio/nothing.csv?currency=CNY").status_code == 404


@pytest.fixture
def shop(house: House) -> House:
    with house.work() as w:
        seed_products(w)
    return house


def change(client: FlaskClient, **fields: str):
    page = "/products/consumer-cny/new-version"
    return client.post(
        page, data={"csrf_token": token_of(client.get(page).text), "base": "1", "action": "save", **fields}
    )


def test_a_changed_product_is_a_new_version(shop: House, browser: Browser) -> None:
    client = browser("admin")
    sample = client.get(
        "/products/consumer-cny/new-version?sample_amount=10000&sample_tenor=12&rate_C=12&rate_D=14.4"
    ).text
    assert "CN¥888.49" in sample  # 10 000 at 1 % a month over 12: 888.4879
    assert "Within the limit" in sample
    dear = client.get(
        "/products/consumer-cny/new-version?sample_amount=10000&sample_tenor=12&rate_C=25&rate_D=30&rate_E=30"
    )
    assert "25.00%, at most 24.00%" in dear.text
    assert "Above the limit" in dear.text
    assert change(client, rate_A="6.5", tenors="6，12、24").status_code == 303
    with shop.database.read() as r:
        newest, first = product_versions(r, "consumer-cny")
    assert (newest.product.version, newest.on_sale, first.on_sale) == (2, True, False)
    assert (str(newest.product.rates["A"]), newest.product.tenors) == ("0.065", (6, 12, 24))
    assert str(first.product.rates["A"]) == "0.0720"
    assert "before: 7.2" in client.get("/products/consumer-cny").text
    assert change(client, rate_A="6").status_code == 422  # the form was made for version 1


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("rate_A", "30", "would pay less than grade A"),
        ("amount_min", "300000", "The largest amount is below the smallest"),
        ("tenors", "six", "List numbers of months"),
        ("grace_days", "-1", "Enter a whole number"),
        ("name_zh", "", "Enter the Chinese name"),
    ],
)
def test_what_makes_no_product_is_refused(shop: House, browser: Browser, field: str, value: str, said: str) -> None:
    answer = change(browser("risk"), **{field: value})
    assert answer.status_code == 422
    assert said in answer.text
    with shop.database.read() as r:
        assert len(product_versions(r, "consumer-cny")) == 1


def test_the_catalogue_is_read_by_auditors_only(shop: House, browser: Browser) -> None:
    client = browser("auditor")
    assert "Consumer instalment loan" in client.get("/products/").text
    assert client.get("/products/consumer-cny/new-version").status_code == 403
    assert client.get("/products/nothing").status_code == 404
