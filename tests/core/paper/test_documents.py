"""Paper: nothing is fetched, nothing is interpreted, fonts are the expected ones, bytes are kept encrypted."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
from pypdf import PdfReader

from core import crypto, documents, letters
from core.db import Database
from core.domain.errors import NotFound
from core.domain.money import Money
from core.settings import Settings
from core.tables import DocumentRow

EXPECTED_FONTS = {"Inter", "Inter-Extended", "Droid-Sans-Fallback", "Han-Strong"}


def families(pdf: bytes) -> set[str]:
    """Font families embedded in the PDF, without subset tags and weights."""
    found = set()
    for page in PdfReader(BytesIO(pdf)).pages:
        for font in page["/Resources"].get("/Font", {}).values():
            name = str(font.get_object()["/BaseFont"]).lstrip("/").partition("+")[2]
            found.add(re.sub(r"-(Bold|Semi-Bold|Medium|Light)$", "", name))
    return found


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """An address on loopback and the list of paths asked for there."""
    asked: list[str] = []

    class Note(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Silence."""

    server = HTTPServer(("127.0.0.1", 0), Note)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def test_nothing_outside_the_package_is_fetched(
    listener: tuple[str, list[str]], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    address, asked = listener
    secret = tmp_path / "secret.txt"
    secret.write_text("TOP SECRET CONTENT")
    pdf = documents.render_pdf(f"""<!doctype html><html lang="en"><head><title>t</title>
        <link rel="stylesheet" href="{address}/a.css"><link rel="attachment" href="file://{secret}">
        <link rel="attachment" href="{address}/attached"><style>@import url({address}/b.css);
        @font-face {{ font-family: X; src: url({address}/font.woff2) }}
        body {{ font-family: X; background: url(file://{secret}) }}
        </style></head><body><img src="{address}/pixel.png"><img src="file://{secret}"><img src="asset:../wsgi.py">
        <object data="{address}/object"></object><embed src="file:///etc/passwd">
        <svg viewBox="0 0 9 9"><image href="{address}/svg.png"/><use href="file://{secret}#x"/></svg>
        <a href="{address}/link">words</a></body></html>""")
    reader = PdfReader(BytesIO(pdf))
    assert asked == []
    assert dict(reader.attachments) == {}
    assert b"TOP SECRET" not in pdf
    assert "words" in reader.pages[0].extract_text()


def test_markup_in_a_name_is_printed_as_it_is() -> None:
    name = '{{7*7}} <b>bold</b> <img src=x onerror=1> "quotes" & ampersand'
    letter = letters.Letter("en", name, "1 Road\nTown", name, f"Dear {name},\n\nwords", date(2026, 11, 22))
    html = letters.letter_html(letter, letters.Letterhead("A Lender"))
    assert "<b>bold" not in html
    text = PdfReader(BytesIO(documents.render_pdf(html))).pages[0].extract_text()
    assert text.replace("\n", " ").count("{{7*7}} <b>bold</b>") == 3
    assert "49" not in text


def test_a_letter_in_chinese_uses_only_the_expected_fonts() -> None:
    letter = letters.Letter(
        "zh_Hans_CN",
        "张小莉",
        "上海市示例路 5 号",
        "还款催告函：逾期30天",
        "您好！\n\nŁódź 与 ¥3,654.78。",
        date(2026, 11, 22),
    )
    pdf = documents.render_pdf(letters.letter_html(letter, letters.Letterhead("示例贷款")))
    assert families(pdf) <= EXPECTED_FONTS
    text = PdfReader(BytesIO(pdf)).pages[0].extract_text()
    for words in ("张小莉", "还款催告函", "Łódź", "2026年11月22日", "第 1 页"):
        assert words in text


@pytest.mark.skipif(shutil.which("pdffonts") is None, reason="poppler-utils is not installed")
def test_poppler_sees_every_font_embedded(tmp_path: Path) -> None:
    letter = letters.Letter("en", "Ada", "", "Subject 催告", "words 您好", date(2026, 11, 22))
    file = tmp_path / "letter.pdf"
    file.write_bytes(documents.render_pdf(letters.letter_html(letter, letters.Letterhead("A Lender"))))
    listed = subprocess.run(["pdffonts", file], capture_output=True, text=True, check=True).stdout.splitlines()[2:]
    assert listed
    assert all(line.split()[-5:-2] == ["yes", "yes", "yes"] for line in listed), listed  # embedded, subset, unicode


def test_statements_follow_from_their_lines() -> None:
    def money(minor: int) -> Money:
        return Money(minor, "EUR")

    letter = letters.Letter("en", "Ada", "", "Statement", "Dear Ada,", date(2026, 11, 22))
    head = letters.Letterhead("A Lender")
    line = letters.StatementLine(date(2026, 10, 1), "Interest", money(500), None, money(10_500))
    html = letters.statement_html(letter, head, opening=money(10_000), lines=[line])
    assert "105.00" in html
    with pytest.raises(ValueError, match="2026-10-01"):
        letters.statement_html(letter, head, opening=money(9_000), lines=[line])


def test_stored_bytes_are_unreadable_on_disk_and_come_back_whole(app: object, tmp_path: Path) -> None:
    key = documents.store_bytes(tmp_path, b"TOP SECRET CONTENT")
    (file,) = (path for path in tmp_path.rglob("*") if path.is_file())
    assert b"SECRET" not in file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600
    assert documents.read_bytes(tmp_path, key) == b"TOP SECRET CONTENT"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(crypto.CiphertextInvalid):
        documents.read_bytes(tmp_path, key)


def test_a_stored_file_does_not_open_under_another_name(app: object, tmp_path: Path) -> None:
    one, two = documents.store_bytes(tmp_path, b"one"), documents.store_bytes(tmp_path, b"two")
    (tmp_path / one[:2] / one).replace(tmp_path / two[:2] / two)
    with pytest.raises(crypto.CiphertextInvalid):
        documents.read_bytes(tmp_path, two)
    for name in (one, "../../etc/passwd", "", "a" * 32):
        with pytest.raises(NotFound):
            documents.read_bytes(tmp_path, name)


def test_a_document_and_its_row_live_and_die_together(app: object, database: Database, settings: Settings) -> None:
    subject = uuid4()

    def stored() -> int:
        return sum(path.is_file() for path in (settings.instance / "documents").rglob("*"))

    before = stored()
    with database.work() as w:
        kept = documents.keep(
            w,
            b"%PDF",
            kind="test",
            filename="a.pdf",
            media_type="application/pdf",
            subject_type="x",
            subject_id=subject,
        )
    with database.read() as r:
        row, data = documents.read(r, kept.id)
        assert (data, row.size_bytes, row.sha256) == (b"%PDF", 4, documents.sha256(b"%PDF"))
    with pytest.raises(ZeroDivisionError), database.work() as w:
        documents.keep(
            w,
            b"gone",
            kind="test",
            filename="b.pdf",
            media_type="application/pdf",
            subject_type="x",
            subject_id=subject,
        )
        raise ZeroDivisionError
    assert stored() == before + 1
    with database.work() as w:
        w.get(DocumentRow, kept.id).sha256 = documents.sha256(b"other")
    with database.read() as r, pytest.raises(crypto.CiphertextInvalid):
        documents.read(r, kept.id)


# Examples of the People's Bank of China's rules for filling in bills (支付结算办法, annex 1, numbers 4.1-4.4 and 5).
@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("1409.50", "人民币壹仟肆佰零玖元伍角整"),
        ("6007.14", "人民币陆仟零柒元壹角肆分"),
        ("1680.32", "人民币壹仟陆佰捌拾元叁角贰分"),
        ("107000.53", "人民币壹拾万零柒仟元伍角叁分"),
        ("16409.02", "人民币壹万陆仟肆佰零玖元零贰分"),
        ("325.04", "人民币叁佰贰拾伍元零肆分"),
        ("80000", "人民币捌万元整"),
        ("100000000", "人民币壹亿元整"),
        ("0.05", "人民币伍分"),
        ("0", "人民币零元整"),
    ],
)
def test_sums_in_capitals(amount: str, words: str) -> None:
    assert documents.capital_text(Money.of(amount, "CNY")) == words


def test_figures_and_days_as_printed() -> None:
    assert documents.grouped(Money(123456789, "CNY")) == "1,234,567.89"
    assert documents.grouped(Money(1234567, "JPY")) == "1,234,567"
    assert documents.money_text(Money(-500, "EUR"), "en") == "EUR\u00a0-5.00"
    assert documents.money_text(Money(500, "CNY"), "zh_Hans_CN") == "人民币5.00元"
    assert [documents.percent_text(Decimal(r)) for r in ("0.12", "0.0435", "0.123456", "1", "0")] == [
        "12.00%",
        "4.35%",
        "12.3456%",
        "100.00%",
        "0.00%",
    ]
    assert documents.day_text(date(2026, 2, 3), "en") == "3 February 2026"
    at = datetime(2026, 11, 22, 18, 15, tzinfo=timezone(timedelta(hours=8)))
    assert documents.instant_text(at) == "2026-11-22 18:15:00 (UTC+08:00)"
    assert documents.instant_text(at.astimezone(UTC)) == "2026-11-22 10:15:00 (UTC+00:00)"
    with pytest.raises(ValueError, match="aware"):
        documents.instant_text(datetime(2026, 1, 1))
