"""Colleagues named in a note: `@` at the beginning of a word, then the name as colleagues know it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_CALL = re.compile(r"(?:^|(?<=[\s(\[,;:、，。；：（「]))@(?=\S)")
_WORD = re.compile(r"[^\s,;:、，。；：)）]+")


@dataclass(frozen=True, slots=True)
class Mentions:
    """`named`: the colleagues, each once, in the order named. `unknown`: words after an `@` that nobody is called."""

    named: tuple[str, ...]
    unknown: tuple[str, ...]


def mentions_in(text: str, names: Iterable[str]) -> Mentions:
    """Who is named in a text. Case does not matter; of two names that fit, the longer one counts. An `@` inside a word,
    as in an e-mail address, names nobody."""
    longest_first = sorted(names, key=len, reverse=True)
    named: dict[str, None] = {}
    unknown: dict[str, None] = {}
    for call in _CALL.finditer(text):
        rest = text[call.end() :]
        found = next((name for name in longest_first if _begins(rest, name)), None)
        if found is not None:
            named[found] = None
        elif (word := _WORD.match(rest)) is not None:
            unknown[word[0]] = None
    return Mentions(tuple(named), tuple(unknown))


def _begins(rest: str, name: str) -> bool:
    if rest[: len(name)].casefold() != name.casefold():
        return False
    after = rest[len(name) : len(name) + 1]
    # Chinese is written without spaces: after a name of characters anything may follow.
    return not after or not after.isalnum() or not name[-1].isascii()
