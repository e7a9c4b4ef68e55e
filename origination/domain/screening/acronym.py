"""Acronyms of company names: `IRISL` is the Islamic Republic of Iran Shipping Lines."""

from __future__ import annotations

from itertools import product

from origination.domain.screening.company_parts import EMPTY, Part
from origination.domain.screening.company_words import CompanyName, initial_parts

LETTERS_MIN, LETTERS_MAX = 3, 9
_SURE_LETTERS = 4
# Three letters are the first letters of many names.
SURE, LIKELY = 0.86, 0.82
_WORDS_MIN, _OPTIONAL_MAX = 3, 5


def acronym(name: CompanyName) -> str:
    """The letters of a name that is nothing but an acronym (and a legal form); empty for other names.

    Three letters must be written as capitals: `Arm` is a word.
    """
    words = [word for word in name.words if word.part is not Part.LINK]
    words = [word for word in words if word.text not in EMPTY] or words
    if len(words) != 1 or words[0].han or words[0].native:
        return ""
    text = words[0].text
    if not LETTERS_MIN <= len(text) <= LETTERS_MAX or not text.isalpha():
        return ""
    capitals = "".join(char for char in name.written if char.isalpha() and char.isascii())
    return text if len(text) >= _SURE_LETTERS or capitals.startswith(text.upper()) else ""


def initials(name: CompanyName) -> frozenset[str]:
    """All acronyms that the name may have: every word gives its first letter, links and legal forms may give theirs."""
    parts = initial_parts(name.written)
    needed = sum(not optional for _, optional in parts)
    if len(parts) < _WORDS_MIN or needed < 2:
        return frozenset()
    choices: list[tuple[str, ...]] = []
    free = 0
    for letter, optional in parts:
        if optional and free < _OPTIONAL_MAX:
            free += 1
            choices.append(("", letter))
        elif not optional:
            choices.append((letter,))
    found = {"".join(chosen) for chosen in product(*choices)}
    return frozenset(text for text in found if LETTERS_MIN <= len(text) <= LETTERS_MAX)


def likeness(one: CompanyName, other: CompanyName) -> float:
    """0, or how sure it is that one of the names is an acronym of the other."""
    for short, long in ((one, other), (other, one)):
        text = acronym(short)
        if text and text in initials(long):
            return SURE if len(text) >= _SURE_LETTERS else LIKELY
    return 0.0
