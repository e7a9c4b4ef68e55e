"""The contract on paper: its words, its hash, its fonts, in both languages and for every product."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from pypdf import PdfReader

from core import documents
from origination.domain.contract import ContractParty, PartyRole
from origination.steps.contract_page import content_sha256, contract_html, contract_pdf, printed_html
from tests.core.paper.test_documents import EXPECTED_FONTS, families
from tests.origination.contract.samples import EN, PERSON, ROOT, ZH, sample, signed

AT = datetime(2026, 11, 22, 10, 16, tzinfo=UTC)
PRODUCTS = ("consumer-cny", "consumer-eur", "sme-working-cny", "sme-equipment-eur")


@pytest.fixture(scope="module")
def chinese() -> tuple[str, bytes]:
    """(hash, PDF) of a signed consumer contract in Chinese."""
    data = sample()
    html = contract_html(data)
    sha256 = content_sha256(html)
    return sha256, contract_pdf(data, html, at=AT, evidence=signed(data, sha256), verify_url="http://localhost/verify")


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


def test_the_chinese_contract_says_what_the_rules_ask_for(chinese: tuple[str, bytes]) -> None:
    """All-in financing cost table of 1 August 2026: items, who charges, how, annualised, contingent apart, no more."""
    sha256, pdf = chinese
    text = text_of(pdf)
    for words in (
        "个人借款合同", "CTR-2026-000123", "张小莉", "••••••••••••••1234", "人民币捌万元整",
        "个人贷款综合融资成本明示表", "收取主体", "收取方式与标准", "年化", "9.00%", "9.38%", "或有成本",
        "除本表所列项目外，不再收取任何其他息费", "13.50%", "3,654.78", "87,714.70", "舍入差额在最后一期结清",
        "费用、罚息、利息、本金", "138****5678", "203.0.113.7", "本人已阅读并收到可留存的合同", "2026年11月22日",
    ):  # fmt: skip
        assert words in text, words
    assert "310101199003071234" not in text
    assert text.replace("\n", "").count(sha256) >= 2  # evidence and every footer


def test_every_page_carries_its_number_and_the_hash(chinese: tuple[str, bytes]) -> None:
    sha256, pdf = chinese
    pages = PdfReader(BytesIO(pdf)).pages
    for number, page in enumerate(pages, start=1):
        text = page.extract_text()
        assert f"第 {number} 页，共 {len(pages)} 页" in text
        assert sha256 in text.replace("\n", "")
        assert "consumer-1.0" in text


def test_only_expected_fonts_are_embedded(chinese: tuple[str, bytes]) -> None:
    assert families(chinese[1]) <= EXPECTED_FONTS


def test_it_is_a_tagged_archive_file(chinese: tuple[str, bytes]) -> None:
    catalogue = PdfReader(BytesIO(chinese[1])).trailer["/Root"]
    assert catalogue["/Lang"] == "zh-CN"
    assert catalogue["/MarkInfo"]["/Marked"]
    metadata = catalogue["/Metadata"].get_data().decode()
    assert 'pdfaid:part="3"' in metadata or "<pdfaid:part>3<" in metadata


@pytest.mark.parametrize("locale", [EN, ZH])
@pytest.mark.parametrize("code", PRODUCTS)
@pytest.mark.parametrize("kind", ["annuity", "equal_principal"])
def test_each_contract_reads_the_same_twice_and_shows_every_row(code: str, locale: str, kind: str) -> None:
    data = sample(code, locale, kind=kind, tenor=36)
    html = contract_html(data)
    assert html == contract_html(data)
    for row in data.rows:
        assert f"<td>{row.number}</td>" in html
        assert row.due_on.isoformat() in html
    assert documents.grouped(data.payment_total) in html
    assert documents.percent_text(data.rate_effective) in html
    assert not re.search(r"\bNone\b|Undefined|\{\{|\{%", html)
    other = "还款" if locale == EN else "instalment"
    assert other not in re.sub(r"<(style|title).*?</\1>|<[^>]+>", "", html, flags=re.DOTALL)


def test_another_figure_or_name_is_another_hash() -> None:
    data = sample()
    hashes = {
        content_sha256(contract_html(one))
        for one in (
            data,
            replace(data, reference="CTR-2026-000124"),
            replace(data, borrower=replace(PERSON, name="张小丽")),
            sample(rate="0.0901"),
            sample(locale=EN),
        )
    }
    assert len(hashes) == 5


def test_markup_in_a_name_is_printed_as_it_is() -> None:
    name = "{{7*7}} <b>x</b> <!--evidence--> <img src=file:///etc/passwd>"
    data = sample("sme-equipment-eur", EN, borrower=replace(PERSON, name=name, is_company=True))
    html = contract_html(data)
    assert "<b>x" not in html
    assert "<img" not in html
    text = text_of(contract_pdf(data, html, at=AT))
    assert "{{7*7}} <b>x</b> <!--evidence-->" in text.replace("\n", " ")
    assert "Not signed yet" in text


def test_guarantors_are_parties_and_have_a_clause() -> None:
    guarantor = ContractParty(PartyRole.GUARANTOR, False, "Zoë Müller-Łukasik", "Passport", "•••••1234")
    data = sample("sme-equipment-eur", EN, guarantors=(guarantor,))
    html = contract_html(data)
    assert html.count("Zoë Müller-Łukasik") == 3  # as representative, as party, in the clause
    assert "<h3>Guarantee</h3>" in html
    assert "<h3>Guarantee</h3>" not in contract_html(sample("sme-equipment-eur", EN))


def test_the_signature_page_is_not_part_of_what_is_signed() -> None:
    data = sample()
    html = contract_html(data)
    printed = printed_html(data, html, evidence=signed(data, content_sha256(html)))
    assert "203.0.113.7" in printed
    assert "203.0.113.7" not in html
    assert content_sha256(html) in printed


def test_latin_names_beyond_western_europe_are_drawn_by_their_own_glyphs() -> None:
    """Two subsets of one family once shared a glyph table in the PDF and printed other letters."""
    text = text_of(contract_pdf(sample("sme-equipment-eur", EN), contract_html(sample("sme-equipment-eur", EN)), at=AT))
    assert "Łódź Żagle & Söhne GmbH" in text


def test_bold_chinese_has_a_glyph_for_every_character_of_the_templates() -> None:
    font = TTFont(ROOT / "static" / "vendor" / "paper-fonts" / "han-strong.woff2")
    held = set(font.getBestCmap())
    used = set("零壹贰叁肆伍陆柒捌玖拾佰仟万亿元角分整人民币")
    for folder in ("contract", "message"):
        for file in Path(ROOT / "templates" / folder).rglob("*"):
            if file.name.endswith((".html", ".letter.txt")):
                used |= {char for char in file.read_text() if ord(char) > 0x2E00}
    missing = "".join(sorted(char for char in used if ord(char) not in held))
    assert missing == "", f"run frontend/paper_fonts.py: {missing}"
