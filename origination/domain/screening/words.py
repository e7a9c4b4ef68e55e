"""Names cut into words that can be compared: script settled, transcribed, articles and titles recognised."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from origination.domain.screening import arabic, lexicon
from origination.domain.screening.cyrillic import latin_from_cyrillic
from origination.domain.screening.fold import Spelling, plain_latin, spell
from origination.domain.screening.writing import Script, clean, script_of, settle_script

WORDS_MAX = 24


class Role(StrEnum):
    """What a word does in the name. Only NAME words must find a partner."""

    NAME = "name"
    INITIAL = "initial"
    TITLE = "title"
    PARTICLE = "particle"
    PATRONYMIC = "patronymic"


@dataclass(frozen=True, slots=True)
class Word:
    """One word: as written, in Latin letters (`spelling`), and its role. `native` keeps the Arabic letters."""

    written: str
    spelling: Spelling
    role: Role
    native: str = ""

    @property
    def text(self) -> str:
        """The plain Latin form."""
        return self.spelling.text


@dataclass(frozen=True, slots=True)
class Name:
    """A prepared name: its words and, when written in Han characters, those."""

    written: str
    words: tuple[Word, ...]
    han: str = ""


_SPLIT = re.compile(r"[^\w']+|_")
_PATRONYMIC = re.compile(
    r"(ovich|evich|ovych|evych|yovich|ovic|evic|owicz|ovna|evna|yevna|ivna|yivna|inichna|ychna|ievich)$"
)
_ABD = re.compile(r"^(?:abdul|abdel|abdal|abdol|abdoul|abdu|abdur|abdus|abdun|abduz|abdush|abdel)-?(?=[a-z]{3,})")
_DIN = re.compile(r"^([a-z]{3,}?)(?:u|e|a|i|o)(?:l|d|dd)?-?(din|deen|dine|den)$")


def latin_words(word: str) -> list[str]:
    """One written word in plain Latin letters; scripts without own rules go through anyascii."""
    word = settle_script(word)
    script = next((script_of(char) for char in word if char.isalpha()), Script.LATIN)
    if script is Script.LATIN:
        latin = plain_latin(word)
        if not latin.isascii():
            latin = _ascii(latin)
    elif script is Script.CYRILLIC:
        latin = plain_latin(latin_from_cyrillic(word))
    elif script is Script.ARABIC:
        latin = arabic.latin_from_arabic(word)
    else:
        latin = _ascii(word)
    return [part for part in re.split(r"[^a-z0-9]+", latin.replace("'", "").lower()) if part]


def _ascii(text: str) -> str:
    from anyascii import anyascii

    return str(anyascii(text)).lower()


def _digits_as_letters(word: str) -> str:
    """`sech1n` -> `sechin`: digits inside a word of letters are the letters they look like."""
    if word.isdigit() or word.isalpha() or sum(char.isdigit() for char in word) > len(word) / 2:
        return word
    if not any(char.isdigit() for char in word[1:]) and not word[:1].isalpha():
        return word
    return word.translate(str.maketrans("0134578926", "oieastbgzb"))


def split_words(text: str) -> list[str]:
    """The written words, hyphens and commas as gaps, apostrophes dropped; `AlisherUsmanov` is cut at its capital."""
    out: list[str] = []
    for piece in _SPLIT.split(text):
        bare = piece.strip("'")
        if not bare:
            continue
        humps = re.sub(r"(?<=[a-zà-ÿа-яё])(?=[A-ZÀ-ÞА-ЯЁ][a-zà-ÿа-яё]{2})", " ", bare)
        out.extend(humps.split() if not bare.startswith(("Mc", "Mac")) else [bare])
    return out[:WORDS_MAX]


@lru_cache(maxsize=100_000)
def person_words(written: str) -> tuple[Word, ...]:
    """The words that one written word of a personal name stands for: `Abdulrahman` -> abd, rahman."""
    scripts = {script_of(char) for char in written if char.isalpha()}
    if scripts == {Script.ARABIC}:
        return _arabic_words(written)
    out: list[Word] = []
    for latin in latin_words(written):
        word = _digits_as_letters(latin)
        for part in _inner_parts(word):
            out.append(Word(written, spell(part), _role(part, written)))
    return tuple(out)


def _inner_parts(word: str) -> list[str]:
    groups = lexicon.name_groups()
    if word in {"abdallah", "abdullah"} or groups.get(word) == groups["abdullah"]:
        return ["abd", "allah"]
    if found := _ABD.match(word):
        return ["abd", word[found.end() :]]
    if word in {"abdul", "abdel", "abdal", "abdol", "abdoul", "abdur", "abdus", "abdu"}:
        return ["abd"]
    if len(word) > 6 and (found := _DIN.match(word)):
        return [found[1], "din"]
    return [word]


def _role(word: str, written: str) -> Role:
    if len(word) == 1 and word.isalpha():
        return Role.INITIAL
    if word in lexicon.titles():
        return Role.TITLE
    if word in lexicon.particles():
        return Role.PARTICLE
    if len(word) > 6 and _PATRONYMIC.search(word) and written:
        return Role.PATRONYMIC
    return Role.NAME


def _arabic_words(written: str) -> tuple[Word, ...]:
    word = arabic.bare(written)
    if len(word) == 1:
        latin = arabic.latin_from_arabic(word) or "a"
        return (Word(written, spell(latin[:1]), Role.INITIAL, native=word),)
    if word in {"بن", "ابن", "بنت", "ولد", "آل", "ال"}:
        return (Word(written, spell(arabic.latin_from_arabic(word)), Role.PARTICLE, native=word),)
    if word in {"الحاج", "حاجي", "الشيخ", "شيخ", "سيد", "السيد", "ملا", "الملا", "مولوي", "دكتور", "الدكتور", "حاج"}:
        return (Word(written, spell(arabic.latin_from_arabic(word)), Role.TITLE, native=word),)
    parts = [word]
    if word.startswith("عبد") and len(word) > 4:
        parts = ["عبد", word[3:]]
    out = []
    for part in parts:
        stem = part[2:] if part.startswith("ال") and len(part) > 4 else part
        stem = {"الله": "الله", "لله": "الله"}.get(part, stem)
        if stem in {"الدين", "دين"}:
            stem = "دين"
        latin = re.sub("[^a-z]", "", arabic.latin_from_arabic(stem)) or "a"
        out.append(Word(written, spell(latin), Role.NAME, native=stem))
    return tuple(out)


def prepare_person(name: str) -> Name:
    """A personal name ready for comparison; order and punctuation do not matter any more."""
    cleaned = clean(name)
    han = "".join(char for char in cleaned if script_of(char) is Script.HAN)
    letters = [char for char in cleaned if char.isalpha()]
    if han and len(han) >= len(letters) / 2:
        return Name(name, (), han=_without_titles(han))
    words = [word for written in split_words(cleaned) for word in person_words(written)]
    return Name(name, tuple(_initials_apart(words)), han="")


def _without_titles(han: str) -> str:
    for title in ("先生", "女士", "小姐", "博士", "教授"):
        if han.endswith(title) and len(han) > len(title) + 1:
            return han[: -len(title)]
    return han


def _initials_apart(words: list[Word]) -> list[Word]:
    """`JC` before a longer name is two initials when it has no vowel."""
    out: list[Word] = []
    for word in words:
        if (
            word.role is Role.NAME
            and 2 <= len(word.text) <= 3
            and word.written.isupper()
            and not set(word.text) & set("aeiouy")
        ):
            if len(words) > 1 and any(len(other.text) > 3 and not other.written.isupper() for other in words):
                out.extend(Word(char, spell(char.lower()), Role.INITIAL) for char in word.text)
                continue
        out.append(word)
    return out
