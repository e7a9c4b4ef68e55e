"""Who is named in a note."""

from __future__ import annotations

import pytest

from origination.domain.mentions import mentions_in

NAMES = ("Li Na", "Li", "王芳", "Erika Beispiel")


@pytest.mark.parametrize(
    ("text", "named", "unknown"),
    [
        ("@Li please look", ("Li",), ()),
        ("@Li Na, please look", ("Li Na",), ()),
        ("@li na and @ERIKA BEISPIEL", ("Li Na", "Erika Beispiel"), ()),
        ("请@王芳看一下", (), ()),  # inside a word, as in an address
        ("请 @王芳看一下", ("王芳",), ()),
        ("（@王芳）", ("王芳",), ()),
        ("@Lila is somebody else", (), ("Lila",)),
        ("write to li@example.com", (), ()),
        ("@Li @Li @Nobody, @Nobody", ("Li",), ("Nobody",)),
        ("@ nothing", (), ()),
    ],
)
def test_a_name_after_an_at_sign_counts(text: str, named: tuple[str, ...], unknown: tuple[str, ...]) -> None:
    found = mentions_in(text, NAMES)
    assert (found.named, found.unknown) == (named, unknown)
