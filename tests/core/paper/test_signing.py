"""The lender's seal: made once, checked by pyHanko, broken by one byte, foreign to another lender."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from core.signing import SealKeys, seal_keys, seal_pdf, verify_pdf

AT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> SealKeys:
    return seal_keys(tmp_path_factory.mktemp("ours") / "keys", lender="A Lender", at=AT)


@pytest.fixture(scope="module")
def plain() -> bytes:
    made, out = pikepdf.new(), BytesIO()
    made.add_blank_page()
    made.save(out)
    return out.getvalue()


@pytest.fixture(scope="module")
def sealed(keys: SealKeys, plain: bytes) -> bytes:
    return seal_pdf(plain, keys, at=AT, reason="CTR-2026-000123")


def test_a_sealed_file_is_ours_and_says_when_and_why(keys: SealKeys, sealed: bytes) -> None:
    found = verify_pdf(sealed, keys, at=AT + timedelta(days=400))
    assert found.ours
    assert (found.problem, found.signer, found.reason, found.signed_at) == (
        None,
        "A Lender seal",
        "CTR-2026-000123",
        AT,
    )


def test_pyhanko_itself_finds_it_valid_pades_that_forbids_changes(keys: SealKeys, sealed: bytes) -> None:
    from pyhanko.keys import load_cert_from_pemder

    (seal,) = PdfFileReader(BytesIO(sealed)).embedded_signatures
    context = ValidationContext(trust_roots=[load_cert_from_pemder(str(keys.ca_cert))], moment=AT)
    status = validate_pdf_signature(seal, signer_validation_context=context)
    assert status.bottom_line
    assert seal.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    assert seal.docmdp_level.value == 1


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_one_changed_byte_is_noticed_wherever_it_is(keys: SealKeys, sealed: bytes, at: int, flip: int) -> None:
    changed = bytearray(sealed)
    at %= len(sealed)
    changed[at] ^= flip
    found = verify_pdf(bytes(changed), keys, at=AT)
    assert not found.ours
    assert found.problem


def test_something_appended_is_noticed(keys: SealKeys, sealed: bytes) -> None:
    found = verify_pdf(sealed + b"\n% one more line\n", keys, at=AT)
    assert (found.ours, found.intact, found.problem) == (False, True, "appended")


def test_an_incremental_change_is_noticed(keys: SealKeys, sealed: bytes) -> None:
    from pyhanko.pdf_utils.generic import NameObject, pdf_string
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(BytesIO(sealed))
    writer.root[NameObject("/Lang")] = pdf_string("en")
    writer.update_root()
    out = BytesIO()
    writer.write(out)
    assert not verify_pdf(out.getvalue(), keys, at=AT).ours


def test_the_seal_of_another_lender_of_the_same_name_is_foreign(keys: SealKeys, plain: bytes, tmp_path: Path) -> None:
    others = seal_keys(tmp_path / "keys", lender="A Lender", at=AT)
    found = verify_pdf(seal_pdf(plain, others, at=AT, reason="x"), keys, at=AT)
    assert (found.intact, found.valid, found.trusted, found.ours, found.problem) == (
        True,
        True,
        False,
        False,
        "foreign",
    )


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "not_pdf"),
        (b"MZ", "not_pdf"),
        (b"%PDF-1.7\ngarbage", "unreadable"),
        (b"%PDF-1.7\n" + b"[" * 5000, "unreadable"),
    ],
)
def test_a_bad_file_is_an_answer(keys: SealKeys, data: bytes, problem: str) -> None:
    assert verify_pdf(data, keys, at=AT).problem == problem


def test_an_unsealed_pdf_is_an_answer(keys: SealKeys, plain: bytes) -> None:
    assert verify_pdf(plain, keys, at=AT).problem == "no_seal"


def test_keys_are_made_once_and_only_for_their_owner(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: seal_keys(tmp_path / "keys", lender="A Lender", at=AT), range(4)))
    made = seal_keys(tmp_path / "keys", lender="Another name", at=AT)
    assert stat.S_IMODE(made.seal_key.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.folder.stat().st_mode) == 0o700
    certificate = x509.load_pem_x509_certificate(made.seal_cert.read_bytes())
    root = x509.load_pem_x509_certificate(made.ca_cert.read_bytes())
    certificate.verify_directly_issued_by(root)
    assert certificate.subject.rfc4514_string() == "CN=A Lender seal,O=A Lender"
    assert sorted(file.name for file in made.folder.iterdir()) == [
        ".lock",
        "ca_cert.pem",
        "seal_cert.pem",
        "seal_key.pem",
    ]


def test_a_long_chinese_name_fits_the_certificate(tmp_path: Path, plain: bytes) -> None:
    made = seal_keys(tmp_path / "keys", lender="某某某消费金融股份有限公司" * 6, at=AT)
    assert verify_pdf(seal_pdf(plain, made, at=AT, reason="合同"), made, at=AT).ours
