"""What a single word of a company's name is: the name itself, a trade word, a place, a number or a link."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache

from origination.domain.screening import lexicon
from origination.domain.screening.fold import Spelling, spell
from origination.domain.screening.words import latin_words
from origination.domain.screening.writing import Script, script_of


class Part(StrEnum):
    """What a word does in a company's name."""

    CORE = "core"
    GENERIC = "generic"
    PLACE = "place"
    NUMBER = "number"
    LINK = "link"


WEIGHTS = {Part.CORE: 1.0, Part.GENERIC: 0.35, Part.PLACE: 0.6, Part.NUMBER: 0.8, Part.LINK: 0.0}


@dataclass(frozen=True, slots=True)
class CompanyWord:
    """One word; `group` is the number of its translation group, `han` its characters, `native` its Arabic letters."""

    written: str
    spelling: Spelling
    part: Part
    group: int = -1
    han: str = ""
    native: str = ""

    @property
    def text(self) -> str:
        """The plain Latin form."""
        return self.spelling.text


LINKS = frozenset({
    "and", "of", "the", "for", "in", "de", "del", "der", "die", "das", "des", "du", "da", "do", "la", "le", "les",
    "los", "las", "el", "al", "y", "et", "e", "und", "i", "im", "fur", "pour", "para", "von", "at", "on", "by", "&",
    "a", "ar", "ash", "ad", "az", "ul", "ud", "wal", "wa", "fi", "lil",
})  # fmt: skip


# Words that say nothing at all.
EMPTY = frozenset({
    "group", "grupo", "groupe", "gruppe", "gruppa", "holding", "holdings", "kholding", "company", "corp", "enterprise",
    "enterprises", "empresa", "jituan", "npk", "npp", "npo", "pkf", "npf", "okb", "akb", "vko", "chvk", "concern",
    "kontsern", "firma", "gruppen", "kompaniya", "kompania", "po", "pmc",
    "sociedad", "societe", "sociedade", "societa",
})  # fmt: skip


@cache
def groups() -> tuple[dict[str, tuple[int, Part]], dict[str, tuple[int, Part]]]:
    """Latin words and Han words -> (group, part)."""
    latin: dict[str, tuple[int, Part]] = {}
    han: dict[str, tuple[int, Part]] = {}
    number = 0
    for key, part in (("generic", Part.GENERIC), ("places", Part.PLACE)):
        for line in str(lexicon.table("company_words")[key]).strip().splitlines():
            number += 1
            for word in line.split():
                if any(script_of(char) is Script.HAN for char in word):
                    han[word] = (number, part)
                    continue
                joined = "".join(latin_words(word))
                latin.setdefault(joined, (number, part))
    return latin, han


@lru_cache(maxsize=50_000)
def company_word(word: str) -> CompanyWord:
    """A Latin word of a company's name with what it does there."""
    if word in LINKS:
        return CompanyWord(word, spell(word), Part.LINK)
    if word.isdigit():
        return CompanyWord(word, spell(word.lstrip("0") or "0"), Part.NUMBER)
    known = groups()[0].get(word) or _singular(word) or _inflected(word)
    if known:
        return CompanyWord(word, spell(word), known[1], known[0])
    return CompanyWord(word, spell(word), Part.CORE)


def _singular(word: str) -> tuple[int, Part] | None:
    """`lubricants` where the table has the singular."""
    if len(word) < 6 or not word.endswith("s"):
        return None
    return groups()[0].get(word[:-3] + "y" if word.endswith("ies") else word[:-1])


# Endings of Russian adjectives and nouns as latin_words writes them, the longest first.
_ENDINGS = (
    "yye",
    "iye",
    "oye",
    "eye",
    "aya",
    "yaya",
    "ogo",
    "ego",
    "oy",
    "ey",
    "ykh",
    "ikh",
    "iy",
    "y",
    "o",
    "i",
    "a",
    "u",
)


_STEM_MIN = 6


def _stem(word: str) -> str:
    ending = next((ending for ending in _ENDINGS if word.endswith(ending)), "")
    return word.removesuffix(ending) if len(word) - len(ending) >= _STEM_MIN else ""


@cache
def _stems() -> dict[str, tuple[int, Part]]:
    """The stems of the Cyrillic words of the tables."""
    found: dict[str, tuple[int, Part]] = {}
    for key in ("generic", "places"):
        for written in str(lexicon.table("company_words")[key]).split():
            if script_of(written[0]) is Script.CYRILLIC:
                latin = "".join(latin_words(written))
                if stem := _stem(latin):
                    found.setdefault(stem, groups()[0][latin])
    return found


def _inflected(word: str) -> tuple[int, Part] | None:
    """`судостроительного`, where the table has the nominative."""
    stem = _stem(word)
    return _stems().get(stem) if stem else None
