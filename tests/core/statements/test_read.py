"""Statement files: the standards' own examples add up, and files that do not are refused with the reason."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import InvalidInput
from core.domain.money import Money, total
from core.domain.statements.read import decode, read_statements
from core.domain.statements.statement import join_statements
from tests.core.statements.samples import CSV_DE, CSV_ZH, GERMAN, ISO_EXAMPLE, SWIFT_EXAMPLE, camt

SUMMARY = "<TxsSummry><TtlNtries><NbOfNtries>4</NbOfNtries></TtlNtries></TxsSummry>"


def read(text: str, currency: str | None = None):
    return read_statements(text.encode(), currency=currency)


def test_the_example_of_iso_20022():
    (found,) = read(ISO_EXAMPLE)
    assert (found.account, found.currency) == ("50000000054910000003", "SEK")
    assert [str(entry.amount) for entry in found.entries] == ["105678.50", "-200000.00", "30000.00"]
    assert found.closing == Money.of("435678.50", "SEK")
    first = found.entries[0]
    assert (first.counterparty, first.reference, first.code) == ("MUELLER", "MUELL/FINP/RA12345", "PMNT/RCDT/BOOK")


def test_the_example_of_swift():
    (found,) = read(SWIFT_EXAMPLE)
    assert (found.account, found.currency, len(found.entries)) == ("123-304958", "EUR", 9)
    assert found.closing == Money.of("3709865.13", "EUR")
    assert found.entries[3].text == "FAVOUR K. DESMID"
    assert found.entries[0].code == "FCHG"
    assert all(entry.booked_on == date(2009, 5, 28) for entry in found.entries)


def test_german_field_86_and_a_booking_day_across_the_year():
    (found,) = read(GERMAN)
    salary, paid, back = found.entries
    assert (salary.counterparty, salary.counterparty_account) == ("Muster Maschinenbau AG", "DE44500105175407324931")
    assert (salary.text, salary.reference) == ("Gehalt Januar", "LOHN-2026-01")
    assert (paid.booked_on, paid.value_on) == (date(2026, 1, 2), date(2025, 12, 31))
    assert back.amount == Money.of("49.90", "EUR")
    assert back.is_return


def test_tables_in_chinese_and_german():
    (chinese,) = read(CSV_ZH)
    assert (chinese.account, chinese.currency, chinese.opening) == ("6222020200112233440", "CNY", Money.of(3000, "CNY"))
    assert [str(entry.amount) for entry in chinese.entries] == ["15000.00", "-1200.50", "-3000.00"]
    (german,) = read_statements(CSV_DE.encode("cp1252"))
    assert [entry.counterparty for entry in german.entries] == ["Muster AG", "Vermieter"]  # oldest first
    assert (german.opening, german.closing) == (Money.of(500, "EUR"), Money.of(2100, "EUR"))
    assert read_statements(CSV_ZH.encode("gb18030")) == (chinese,)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        (ISO_EXAMPLE.replace("435678.50", "435678.51"), "do not add up"),
        (SWIFT_EXAMPLE.replace("3709865,13", "3709865,14"), "do not add up"),
        (GERMAN.replace("3500,00", "3500,01"), "EUR 3500.01"),
        (CSV_ZH.replace("16,799.50", "16,799.00"), "Line 4: the balance should be 16799.50, but it is 16799.00"),
        (ISO_EXAMPLE.replace("OPBD", "XXXX"), "no opening or closing balance"),
        (ISO_EXAMPLE.replace("</Stmt>", "</Stm>"), "damaged"),
        (ISO_EXAMPLE.replace("BkToCstmrStmt", "CstmrCdtTrfInitn"), "not a bank statement (camt.053) but"),
        (ISO_EXAMPLE.replace("<Stmt>", f"<Stmt>{SUMMARY}"), "has 4 entries, but 3"),
        ('<!DOCTYPE a [<!ENTITY b "c">]>' + ISO_EXAMPLE.split("\n", 1)[1], "document type definition"),
        (SWIFT_EXAMPLE.replace(":25:123-304958\n", ""), "Field 25 is missing"),
        (SWIFT_EXAMPLE.replace(":62F:C090528EUR3709865,13\n", ""), "Field 62F is missing"),
        (SWIFT_EXAMPLE.replace("D250,NCHK", "D250NCHK"), "Field 61 cannot be read"),
        ("Date,Amount,Currency\n2026-01-01,12.x,EUR\n", "Line 2: '12.x' is not an amount"),
        ("Date,Amount,Currency\n2026-13-41,12,EUR\n", "is not a date"),
        ("Date,Amount,Currency\n2026-01-01,12,EUR\n2026-01-02,12,USD\n", "mixes currencies"),
        ("Date,Amount\n2026-01-01,12\n", "does not say in which currency"),
        ("Date,Amount,Currency\n03/04/2026,12,EUR\n02/05/2026,13,EUR\n04/03/2026,1,EUR\n", "day/month or month/day"),
        ("just some words\n", "not a table"),
        ("a;b;c\n1;2;3\n", "No head line"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_with_the_reason(text, says):
    with pytest.raises(InvalidInput) as refused:
        read(text)
    assert says in " ".join(refused.value.fields["file"] if isinstance(refused.value.fields["file"], list)
                            else [refused.value.fields["file"]])  # fmt: skip


def test_a_picture_is_no_statement():
    with pytest.raises(InvalidInput, match="not a text file"):
        read_statements(b"\x89PNG\r\n\x1a\n\x00\x00")


def test_parts_are_joined_and_a_missing_part_is_named():
    january = camt([(date(2026, 1, 5), "100.00", "A", "")], "0.00", period=("2026-01-01", "2026-01-31"))
    february = camt([(date(2026, 2, 5), "-30.00", "B", "")], "100.00", period=("2026-02-01", "2026-02-28"))
    march = camt([(date(2026, 3, 5), "5.00", "C", "")], "71.00", period=("2026-03-01", "2026-03-31"))
    (whole,) = join_statements([*read(february), *read(january), *read(january)])
    assert (whole.opened_on, whole.closed_on) == (date(2026, 1, 1), date(2026, 2, 28))
    assert (whole.opening, whole.closing) == (Money.zero("EUR"), Money.of(70, "EUR"))
    with pytest.raises(InvalidInput, match="A part is missing"):
        join_statements([*read(january), *read(february), *read(march)])


def test_a_collective_entry_becomes_its_payments():
    text = camt([(date(2026, 1, 5), "100.00", "A", "")], "0.00")
    one = text[text.index("<TxDtls>") : text.index("</TxDtls>") + 9]
    two = one.replace("<TxDtls>", '<TxDtls><Amt Ccy="EUR">60.00</Amt>') + one.replace(
        "<TxDtls>", '<TxDtls><Amt Ccy="EUR">40.00</Amt>'
    )
    (found,) = read(text.replace(one, two))
    assert [str(entry.amount) for entry in found.entries] == ["60.00", "40.00"]


MONEY = st.decimals("-99999.99", "99999.99", places=2)


@given(st.lists(st.tuples(st.dates(date(2025, 1, 1), date(2026, 6, 30)), MONEY), min_size=1, max_size=20), MONEY)
def test_what_is_written_is_read_and_one_cent_is_seen(lines, opening):
    given_lines = [(day, f"{amount:f}", "X", "y") for day, amount in sorted(lines)]
    (found,) = read(camt(given_lines, f"{opening:f}"))
    assert [entry.amount.amount for entry in found.entries] == [Decimal(amount) for _, amount, *_ in given_lines]
    assert found.opening + total((entry.amount for entry in found.entries), "EUR") == found.closing
    off = opening + sum(amount for _, amount in lines) + Decimal("0.01")
    with pytest.raises(InvalidInput, match="do not add up"):
        read(camt(given_lines, f"{opening:f}", closing=f"{off:f}"))


def add_up_or_say_why(data: bytes) -> None:
    """What is read adds up to its own closing balance; what is refused is refused at the file, with one reason."""
    found, reasons = (), {}
    try:
        found = read_statements(data)
    except InvalidInput as refused:
        reasons = refused.fields
    assert bool(found) != bool(reasons)
    assert all(name == "file" and len(texts) == 1 for name, texts in reasons.items())
    for one in found:
        if one.opening is not None and one.closing is not None:
            assert one.opening + total((entry.amount for entry in one.entries), one.currency) == one.closing


@given(st.binary(max_size=400))
def test_any_bytes_give_a_statement_or_a_reason(data):
    add_up_or_say_why(data)


@given(st.text(max_size=300))
def test_any_text_gives_a_statement_or_a_reason(text):
    for wrapped in (
        text,
        f":20:1\n:25:1\n:60F:{text}",
        f"Date,Amount,Currency\n{text}",
        f"<Document>{text}</Document>",
    ):
        add_up_or_say_why(wrapped.encode("utf-8", "replace"))


def test_letters_are_worked_out():
    assert decode("余额".encode("gb18030")) == "余额"
    assert decode("Rückgabe".encode("cp1252")) == "Rückgabe"


@pytest.mark.parametrize(
    ("table", "currency", "amounts"),
    [
        ("Date;Libellé;Débit;Crédit\n05/01/2026;LOYER;-800,00;\n26/01/2026;SALAIRE;;2 000,00\n", "EUR", "-800 2000"),
        ("Data contabile;Descrizione;Addebiti;Accrediti;Saldo\n31/01/2026;affitto;800,00;;200,00\n", "EUR", "-800"),
        ("Datum;Omschrijving;Af Bij;Bedrag (EUR)\n20260105;X;Bij;1500,00\n20260106;X;Af;100,00\n", None, "1500 -100"),
        ("Date,Description,Paid out,Paid in,Balance\n05 Jan 2026,RENT,£800.00,,£200.00\n", None, "-800"),
        ("Transaction Date,Debit Amount,Credit Amount,Balance\n26/01/2026,,100.00,300.00\n", "GBP", "100"),
        (
            "交易号,交易创建时间,交易对方,商品名称,金额（元）,收/支\n1,2026-01-05 10:00:00,某店,书,35.00,支出\n",
            "CNY",
            "-35",
        ),
        ("交易日期,收入,支出,余额\n20260105,12000.00,,15000.00\n20260108,,300.50,14699.50\n", "CNY", "12000 -300.5"),
    ],
)
def test_tables_of_many_banks(table, currency, amounts):
    (found,) = read(table, currency)
    assert [entry.amount.amount for entry in found.entries] == [Decimal(amount) for amount in amounts.split()]


def test_camt_in_utf_16_and_of_every_version():
    for version in ("02", "04", "06", "08", "13"):
        text = ISO_EXAMPLE.replace("camt.053.001.02", f"camt.053.001.{version}")
        assert len(read(text)[0].entries) == 3
    wide = ISO_EXAMPLE.replace("UTF-8", "UTF-16")
    assert read_statements(wide.encode("utf-16"))[0].closing == Money.of("435678.50", "SEK")


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ('Date,Amount,Balance\n2026-01-05,"10,100\n2026-01-06,5,105\n', "quotation mark"),
        ("Date,Amount\n2026-01-05,1e5\n", "not an amount"),
        ("Date,Amount\n2026-01-05,NaN\n", "not an amount"),
    ],
)
def test_cells_that_are_no_figures_are_refused(table, says):
    with pytest.raises(InvalidInput, match=says):
        read(table, "EUR")
