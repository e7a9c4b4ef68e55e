"""The same number under another name is a warning, not the same person; machine-readable lines show their number."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from origination.domain.traces import LinkedApplication, TraceKind, is_renamed
from origination.web.questions import masked


def linked(name: str, *, same: bool) -> LinkedApplication:
    sent = datetime(2026, 3, 2, tzinfo=UTC)
    kinds = frozenset({TraceKind.IDENTITY})
    return LinkedApplication(UUID(int=1), "APP-1", name, "OFFERED", sent, kinds, same_person=same)


@pytest.mark.parametrize(
    ("name", "same", "renamed"),
    [("钱二妹", True, True), ("Anna ALBA", True, False), ("alba, Anna", True, False), ("钱二妹", False, False)],
)
def test_another_name_on_the_same_number(name, same, renamed):
    assert is_renamed("Anna Alba", linked(name, same=same)) is renamed


def test_the_number_in_the_specimen_of_doc_9303_is_what_is_shown():
    zone = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
    assert masked(zone) == "•••• 02C3", "L898902C3 is the document number (ICAO Doc 9303-4, appendix B)"
    assert masked("11010119900517001X") == "•••• 001X"
