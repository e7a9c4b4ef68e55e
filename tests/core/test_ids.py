"""Identities: their layout is RFC 9562's, and their order is that of their making."""

from __future__ import annotations

from time import time

from core.domain.ids import reference, uuid7


def test_an_id_has_the_layout_of_rfc_9562() -> None:
    before = int(time() * 1000)
    made = uuid7()
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert before <= made.int >> 80 <= int(time() * 1000)


def test_ids_of_one_process_sort_in_the_order_they_were_made() -> None:
    made = [uuid7() for _ in range(2000)]
    assert len(set(made)) == 2000
    coarse = [(one.int >> 80, one.int >> 64 & 0xFFF) for one in made]
    assert coarse == sorted(coarse)


def test_a_reference_names_its_kind_and_year() -> None:
    assert reference("APP", 2026, 123) == "APP-2026-000123"
