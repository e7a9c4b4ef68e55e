"""Which passwords are refused (NIST SP 800-63B-4 §3.1.1: length, blocklist with a reason, no composition rules)."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.passwords import LENGTH_MAX, is_repetition, password_faults


# From the most used in public breach lists (the longest of "10k most common", SecLists), plus plain variations.
@pytest.mark.parametrize(
    "password",
    [
        "Password1234567", "passwordpassword", "123456789012345", "qwertyuiopasdfghjkl", "iloveyouiloveyou",
        "1q2w3e4r5t6y7u8i9o0p" , "aaaaaaaaaaaaaaaaa", "abcdefghijklmnop", "letmeinletmein1", "P@ssw0rdP@ssw0rd",
        "adminadminadmin1", "correcthorsebattery", "woaini1314520520", "Summer2026Summer", "football2026football",
    ],
)  # fmt: skip
def test_what_everybody_tries_first_is_refused(password):
    assert password_faults(password)


@pytest.mark.parametrize(
    "password",
    [
        "violet anvil drifts north", "门前那棵老槐树每到春天都唱歌给我听", "zwölf Boxkämpfer jagen Viktor",
        "kX9#mQ2$vL7@pR4z",
        "trombone quiet lattice", "ninguém pede desculpas hoje",
    ],
)  # fmt: skip
def test_a_long_phrase_in_any_language_is_taken(password):
    assert password_faults(password, about=["wei@lender.test", "Wei"]) == []


def test_length_counts_code_points_and_at_least_64_are_allowed():
    assert "at least 15" in password_faults("字" * 3)[0]
    long = "violet anvil drifts north and copper lantern under snow while trains pass by"
    assert 64 < len(long) <= LENGTH_MAX
    assert password_faults(long) == []
    assert "at most 128" in password_faults(long * 2)[0]


def test_with_a_second_step_twelve_are_enough():
    assert password_faults("copper lante")
    assert password_faults("copper lante", minimum=12) == []


@pytest.mark.parametrize("password", ["wei.zhang@lender", "WeiZhang-2026-Lender", "lender.test lender.test"])
def test_the_owners_own_name_and_address_are_refused(password):
    assert password_faults(password, about=["wei.zhang@lender.test", "Wei Zhang"])


@given(st.text(alphabet="abcdefgh0123", min_size=1, max_size=6), st.integers(3, 20))
def test_a_short_piece_over_and_over_is_a_repetition(piece, times):
    assert is_repetition(piece * times)
    if len(piece * times) >= 15:
        assert password_faults(piece * times)


@given(st.text(min_size=0, max_size=200))
def test_any_text_gets_an_answer(password):
    faults = password_faults(password)
    assert faults == [] or all(isinstance(fault, str) and fault for fault in faults)
    if len(unicodedata.normalize("NFKC", password)) < 15:
        assert len(faults) == 1
