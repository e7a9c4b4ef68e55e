"""One-time codes: right once, for ten minutes, five tries, for one text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import InvalidInput
from origination.domain import esign
from origination.domain.esign import SignatureEvidence, SigningCode, consent_text, masked_address, new_code

AT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
CONTENT, OTHER = "a" * 64, "b" * 64
KEY = bytes(range(32))


def made() -> SigningCode:
    return SigningCode.made("042137", CONTENT, AT, KEY)


def refusal(record: SigningCode, typed: str, at: datetime = AT) -> str:
    with pytest.raises(InvalidInput) as refused:
        record.tried(typed, CONTENT, at, KEY)
    return refused.value.fields["code"][0]


@pytest.mark.parametrize("typed", ["042137", " 042 137 ", "０４２１３７", "042\u00a0137"])
def test_the_right_code_signs_however_it_is_typed(typed: str) -> None:
    right, after = made().tried(typed, CONTENT, AT, KEY)
    assert right
    assert after.used
    assert refusal(after, "042137") == esign.CODE_USED


def test_five_wrong_tries_end_it_even_for_the_right_code() -> None:
    record, said = made(), []
    for _ in range(5):
        right, record = record.tried("000000", CONTENT, AT, KEY)
        assert not right
        said.append(str(record.refusal))
    assert said[0] == "That code is not right. Tries left: 4"
    assert said[-1] == esign.CODE_EXHAUSTED
    assert refusal(record, "042137") == esign.CODE_EXHAUSTED


def test_it_dies_after_ten_minutes() -> None:
    last = AT + timedelta(minutes=10) - timedelta(microseconds=1)
    assert made().tried("042137", CONTENT, last, KEY)[0]
    assert refusal(made(), "042137", AT + timedelta(minutes=10)) == esign.CODE_EXPIRED


def test_it_signs_no_other_text() -> None:
    assert not made().tried("042137", OTHER, AT, KEY)[0]


@pytest.mark.parametrize("typed", ["", "42137", "0421370", "abcdef", "04213x", "-42137", "四二一三七零", "٠٤٢١٣٧x"])
def test_what_is_no_code_is_not_counted(typed: str) -> None:
    assert refusal(made(), typed) == esign.NOT_A_CODE


@given(st.integers(0, 999_999))
def test_only_the_code_itself_is_right(number: int) -> None:
    typed = f"{number:06d}"
    assert made().tried(typed, CONTENT, AT, KEY)[0] == (typed == "042137")


def test_codes_are_six_digits_and_spread() -> None:
    codes = {new_code() for _ in range(2000)}
    assert all(len(code) == 6 and code.isdigit() for code in codes)
    assert len(codes) > 1900
    assert {code[0] for code in codes} == set("0123456789")


def test_the_code_is_not_in_the_record() -> None:
    assert "042137" not in repr(made())
    assert b"042137" not in made().digest
    assert not made().tried("042137", CONTENT, AT, b"another installation")[0]


def test_evidence_must_make_sense() -> None:
    whole = {"signer": "a", "content_sha256": CONTENT, "consent": "c", "sent_to": "s", "address": "::1"}
    with pytest.raises(ValueError, match="before"):
        SignatureEvidence(**whole, code_sent_at=AT, signed_at=AT - timedelta(seconds=1))
    with pytest.raises(ValueError, match="aware"):
        SignatureEvidence(**whole, code_sent_at=AT, signed_at=AT.replace(tzinfo=None))


def test_declarations_and_masks() -> None:
    assert "CTR-1" in consent_text("CTR-1", "en")
    assert "CTR-1" in consent_text("CTR-1", "zh_Hans_CN")
    assert masked_address("xiaoli@example.org") == "x•••@example.org"
    assert masked_address("+8613812345678") == "+86****5678"
    assert masked_address("12345") == "****45"
