"""The word tables, read once."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent


@cache
def table(name: str) -> dict[str, object]:
    """One TOML table of this folder."""
    return tomllib.loads((_HERE / f"{name}.toml").read_text(encoding="utf-8"))


def _words(value: object) -> frozenset[str]:
    return frozenset(str(value).split())


@cache
def titles() -> frozenset[str]:
    """Forms of address, ranks and offices."""
    return _words(table("person_words")["titles"])


@cache
def suffixes() -> frozenset[str]:
    """Titles that stand behind a name: they are never a part of it."""
    return _words(table("person_words")["suffixes"]) | {"phd", "esq", "mba", "pasha", "bey", "effendi"}


@cache
def particles() -> frozenset[str]:
    """Articles and links inside names."""
    return _words(table("person_words")["particles"])


@cache
def name_groups() -> dict[str, int]:
    """Each known writing -> the number of its name."""
    lines = str(table("given_names")["groups"]).strip().splitlines()
    return {word: number for number, line in enumerate(lines) for word in line.split()}


@cache
def _writings() -> dict[tuple[int, str], tuple[str, ...]]:
    found: dict[tuple[int, str], list[str]] = {}
    for word, number in name_groups().items():
        found.setdefault((number, word[:1]), []).append(word)
    return {key: tuple(words) for key, words in found.items()}


def writings(group: int, letter: str) -> tuple[str, ...]:
    """The writings of a known name that begin with a letter."""
    return _writings().get((group, letter), ())


@cache
def women_of() -> dict[str, str]:
    """A man's name -> the woman's that differs in its ending alone (`martin` -> martina, `claudio` -> claudia)."""
    return {man: man.removesuffix("o") + "a" for man in str(table("given_names")["men"]).split()}


@cache
def commonest() -> frozenset[str]:
    """The given names that so many people share that two of them say little."""
    groups = name_groups()
    numbers = {groups[word] for word in str(table("given_names")["commonest"]).split()}
    return frozenset(word for word, number in groups.items() if number in numbers) | {"abd", "allah", "khan", "din"}


@cache
def nicknames() -> dict[str, frozenset[int]]:
    """Each long or short form -> the numbers of the families of forms it belongs to."""
    lines = str(table("given_names")["nicknames"]).strip().splitlines()
    found: dict[str, set[int]] = {}
    groups = name_groups()
    members: dict[int, list[str]] = {}
    for word, number in groups.items():
        members.setdefault(number, []).append(word)
    for number, line in enumerate(lines):
        long_form, *short = line.split()
        long_forms = members[groups[long_form]] if long_form in groups else [long_form]
        for word in (*long_forms, *short):
            found.setdefault(word, set()).add(number)
    return {word: frozenset(numbers) for word, numbers in found.items()}
