"""Anybody can check a contract's file; nothing is kept, and nothing breaks the page."""

from __future__ import annotations

from io import BytesIO

import pikepdf
import pytest
from flask.testing import FlaskClient

from core.clock import FixedClock
from core.settings import Settings
from core.signing import seal_keys, seal_pdf
from core.tables import DocumentRow
from origination.web import verify

URL = "/check-contract"


def plain() -> bytes:
    made, out = pikepdf.new(), BytesIO()
    made.add_blank_page()
    made.save(out)
    return out.getvalue()


def ask(client: FlaskClient, data: bytes, name: str = "contract.pdf", language: str = "en") -> tuple[int, str]:
    client.set_cookie("lang", language)
    token = client.get(URL).text.partition('name="csrf_token" value="')[2].partition('"')[0]
    with client.post(URL, data={"file": (BytesIO(data), name), "csrf_token": token}) as response:
        return response.status_code, response.text


@pytest.fixture
def sealed(settings: Settings, clock: FixedClock) -> bytes:
    keys = seal_keys(settings.instance / "keys", lender=settings.lender_name, at=clock.now())
    return seal_pdf(plain(), keys, at=clock.now(), reason="CTR-2026-000123")


def test_ours_is_said_to_be_ours(client: FlaskClient, sealed: bytes) -> None:
    status, page = ask(client, sealed)
    assert status == 200
    assert "This file is genuine" in page
    assert "CTR-2026-000123" in page


def test_it_speaks_chinese(client: FlaskClient, sealed: bytes) -> None:
    assert "文件真实有效" in ask(client, sealed, language="zh-CN")[1]


def test_changed_foreign_and_unsealed_files_are_told_apart(
    client: FlaskClient, sealed: bytes, clock: FixedClock, tmp_path
) -> None:
    foreign = seal_pdf(plain(), seal_keys(tmp_path, lender="Another", at=clock.now()), at=clock.now(), reason="CTR-9")
    changed = bytearray(sealed)
    changed[sealed.index(b"/Reason (CTR") + 10] ^= 1  # a letter of the reason
    for data, words in (
        (bytes(changed), "was changed after it was sealed"),
        (sealed + b"%", "Something was added"),
        (foreign, "but not ours"),
        (plain(), "carries no seal"),
        (b"<script>alert(1)</script>", "not a PDF file"),
    ):
        status, page = ask(client, data)
        assert (status, words in page) == (200, True), words
        assert "CTR-9" not in page
        assert "genuine" not in page


def test_no_file_and_too_much_of_one_are_refused(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(client, b"", name="")[0] == 422
    monkeypatch.setattr(verify, "BYTES_MAX", 1000)
    status, page = ask(client, b"%PDF-" + b"0" * 996)
    assert status == 422
    assert "larger than 10 MB" in page


def test_nothing_is_kept(client: FlaskClient, sealed: bytes, database) -> None:
    ask(client, sealed)
    with database.read() as r:
        assert r.session.query(DocumentRow).count() == 0
