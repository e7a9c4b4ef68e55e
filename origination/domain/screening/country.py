"""Countries as lists write them (names) and as we keep them (codes), made comparable."""

from __future__ import annotations

import unicodedata
from enum import StrEnum
from functools import cache

from origination.domain.screening import lexicon


class CountryMatch(StrEnum):
    """A country tells little: people move, and lists name addresses, birthplaces and nationalities alike."""

    SAME = "same"
    OTHER = "other"
    UNKNOWN = "unknown"


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(char for char in plain if char.isalnum())


@cache
def _codes() -> dict[str, str]:
    return {
        _fold(name): code
        for code, names in lexicon.table("countries").items()
        for name in (code, *str(names).split("|"))
    }  # fmt: skip


def country_code(text: str) -> str:
    """`CN`, `China` and `People's Republic of China` -> `CN`; what no table knows comes back folded."""
    folded = _fold(text)
    return _codes().get(folded, folded)


def compare_countries(own: tuple[str, ...], listed: tuple[str, ...]) -> CountryMatch:
    """Whether any country of the one side is one of the other (symmetric)."""
    first, second = ({country_code(one) for one in side if one.strip()} for side in (own, listed))
    if not first or not second:
        return CountryMatch.UNKNOWN
    return CountryMatch.SAME if first & second else CountryMatch.OTHER
