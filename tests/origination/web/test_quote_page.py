"""The quote: figures against the textbook formula, every kind of input, and no trace."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, getcontext

import pytest
from sqlalchemy import text

ADDRESS = "/quote?product=consumer-cny&amount=50000&tenor_months=24"


def annuity(amount: str, rate: str, months: int) -> Decimal:
    """A = P r / (1 - (1 + r)^-n), in any textbook of finance; rounded to the cent, half up."""
    getcontext().prec = 40
    r = Decimal(rate) / 12
    level = Decimal(amount) * r / (1 - (1 + r) ** -months)
    return level.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def test_the_page_shows_the_textbook_instalment(house, client):
    page = client.get(ADDRESS + "&amortisation=annuity").text
    assert f"CN¥{annuity('50000', '0.1140', 24):,}" in page
    assert "no effect on your credit score" in page
    for rate in ("7.20%", "18.00%"):
        assert rate in page


def test_equal_principal_repays_the_same_principal_every_month(house, client):
    rows = client.get("/api/v1/quote" + ADDRESS[6:]).json["quotes"][1]["rows"]
    # 50,000 / 24 = 2,083.33; the first month's interest is 50,000 x 0.114 / 12 = 475.00.
    assert {row["principal_minor"] for row in rows[:-1]} == {208333}
    assert rows[0]["interest_minor"] == 47500
    assert rows[-1]["balance_minor"] == 0


def test_totals_of_the_json_are_the_sums_of_its_rows(house, client):
    answer = client.get("/api/v1/quote?product=consumer-eur&amount=10000&tenor_months=12")
    for quote in answer.json["quotes"]:
        assert sum(row["principal_minor"] for row in quote["rows"]) == quote["amount_minor"] == 1_000_000
        assert sum(row["interest_minor"] for row in quote["rows"]) == quote["interest_minor"]
        paid = sum(row["payment_minor"] for row in quote["rows"])
        assert paid + quote["fees_at_start_minor"] == quote["total_minor"]
        assert quote["paid_out_minor"] == 1_000_000 - 10_000  # 1 % withheld


@pytest.mark.parametrize("typed", ["50,000", "5万", "５００００", "¥ 50 000", "50000.00"])
def test_amounts_are_taken_as_people_type_them(house, client, typed):
    answer = client.get(
        "/api/v1/quote", query_string={"product": "consumer-cny", "amount": typed, "tenor_months": "24"}
    )
    assert answer.status_code == 200
    assert answer.json["quotes"][0]["amount_minor"] == 5_000_000


@pytest.mark.parametrize("typed", ["-1", "NaN", "1e308", "12,00", "Infinity", "0", "9" * 60, "<b>1</b>", ""])
def test_impossible_amounts_are_refused_at_the_field(house, client, typed):
    query = {"product": "consumer-cny", "amount": typed, "tenor_months": "24"}
    answer = client.get("/api/v1/quote", query_string=query)
    assert answer.status_code == 422
    assert answer.json["error"]["code"] == "invalid_input"
    assert answer.json["error"]["fields"]["amount"]
    if typed:
        page = client.get("/quote", query_string=query)
        assert page.status_code == 422
        assert "There is a problem" in page.text
        assert "<title>Error:" in page.text


def test_everything_wrong_is_told_at_once(house, client):
    query = {"product": "consumer-cny", "amount": "x", "tenor_months": "13.5", "amortisation": "bullet"}
    fields = client.get("/api/v1/quote", query_string=query).json["error"]["fields"]
    assert set(fields) == {"amount", "tenor_months", "amortisation"}


def test_a_tenor_that_is_not_sold_says_which_are(house, client):
    answer = client.get("/api/v1/quote?product=consumer-cny&amount=50000&tenor_months=13")
    assert "6, 12, 18, 24, 36" in answer.json["error"]["fields"]["tenor_months"][0]


def test_an_unknown_product_is_not_found(house, client):
    assert client.get("/quote?product=nothing").status_code == 404
    assert client.get("/api/v1/quote?product=nothing&amount=1&tenor_months=1").status_code == 404


def test_a_quote_leaves_no_trace(house, client):
    def count() -> int:
        with house.read() as r:
            tables = ("application", "audit_event", "offer", "party")
            return sum(r.session.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in tables)

    before = count()
    answer = client.get(ADDRESS + "&income_monthly=9000")
    assert "26%" in answer.text  # 2,339.69 / 9,000
    assert count() == before


def test_without_products_the_page_says_so(database, client):
    assert "Nothing is on sale" in client.get("/quote").text
