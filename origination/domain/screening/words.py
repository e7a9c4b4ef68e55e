"""Names cut into words that can be compared: script settled, transcribed, articles and titles recognised."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from origination.domain.screening import arabic, lexicon
from origination.domain.screening.cyrillic import latin_from_cyrillic
from origination.domain.screening.fold import Spelling, plain_latin, spell
from origination.domain.screening.greek import latin_from_greek
from origination.domain.screening.thai import latin_from_thai
from origination.domain.screening.writing import VOWELLESS, Script, clean, script_of, settle_script

WORDS_MAX = 24


class Role(StrEnum):
    """What a word does in the name. Only NAME words must find a partner."""

    NAME = "name"
    INITIAL = "initial"
    TITLE = "title"
    PARTICLE = "particle"
    PATRONYMIC = "patronymic"


class Head(StrEnum):
    """The word a name is filed under, and the first given name: what nobody leaves out."""

    NONE = ""
    SURNAME = "surname"
    GIVEN = "given"


@dataclass(frozen=True, slots=True)
class Word:
    """One word: as written, in Latin letters (`spelling`), and its role. `native` keeps the Arabic letters."""

    written: str
    spelling: Spelling
    role: Role
    native: str = ""
    head: Head = Head.NONE

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


_PATRONYMIC = re.compile(
    r"(ovich|evich|avich|ovych|evych|yovich|ovitch|evitch|ovitsch|ovic|evic|owicz|ovna|evna|awna|auna|iewna|ieuna|yevna|ivna|yivna|inichna|ychna|ievich)$"
)


def father_of(word: str) -> str:
    """The father's name in a patronymic: `oleksandrovych` -> `oleksandr`, `nikolaevich` -> `nikola`."""
    return _PATRONYMIC.sub("", word)


_GAPS = re.compile(r"[^A-Za-z0-9']+")
_ASCII_RUNS = re.compile(r"[a-z0-9]+")
_HUMP = re.compile(r"(?<=[a-zà-ÿа-яё])(?=[A-ZÀ-ÞА-ЯЁ][a-zà-ÿа-яё]{2})")
_ARABIC_TITLES = frozenset({
    "الحاج", "حاجي", "الشيخ", "شيخ", "سيد", "السيد", "ملا", "الملا", "مولوي", "دكتور", "الدكتور", "حاج", "قاري",
    "مولانا", "آيت", "حافظ", "قاضي", "استاذ", "مهندس", "جنرال", "ژنرال", "سردار", "حجة", "רב", "הרב",
})  # fmt: skip
_NATIVE_LINKS = frozenset({"بن", "ابن", "بنت", "ولد", "آل", "ال", "בנ", "בת", "בר"})
_ABD = re.compile(r"^(?:abdul|abdel|abdal|abdol|abdoul|abdu|abdur|abdus|abdun|abduz|abdush|abdel)-?(?=[a-z]{3,})")
_DIN = re.compile(r"^([a-z]{3,}?)(?:u|e|a|i|o)(?:l|d|dd)?-?(din|deen|dine|den)$")


def latin_words(word: str) -> list[str]:
    """One written word in plain Latin letters; scripts without own rules go through anyascii."""
    if word.isascii():
        return _ASCII_RUNS.findall(word.replace("'", "").lower())
    word = settle_script(word)
    script = next((script_of(char) for char in word if char.isalpha()), Script.LATIN)
    if script is Script.LATIN:
        latin = plain_latin(word)
        if not latin.isascii():
            latin = _ascii(latin)
    elif script is Script.CYRILLIC:
        latin = plain_latin(latin_from_cyrillic(word))
    elif script in VOWELLESS:
        latin = arabic.latin_from_arabic(word)
    elif script is Script.GREEK:
        latin = latin_from_greek(word)
    elif script is Script.THAI:
        latin = latin_from_thai(word)
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


def pieces_of(text: str) -> list[str]:
    """Runs of letters, digits and the vowel signs that belong to them; everything else is a gap."""
    if text.isascii():
        return _GAPS.sub(" ", text).split()
    return "".join(
        char if char.isalnum() or char == "'" or unicodedata.category(char)[0] == "M" else " " for char in text
    ).split()


def split_words(text: str) -> list[str]:
    """The written words, hyphens and commas as gaps, apostrophes dropped; `AlisherUsmanov` is cut at its capital."""
    out: list[str] = []
    for piece in pieces_of(text):
        bare = piece.strip("'")
        if not bare:
            continue
        humps = _HUMP.sub(" ", bare)
        out.extend(humps.split() if not bare.startswith(("Mc", "Mac")) else [bare])
    return out[:WORDS_MAX]


@lru_cache(maxsize=100_000)
def person_words(written: str) -> tuple[Word, ...]:
    """The words that one written word of a personal name stands for: `Abdulrahman` -> abd, rahman."""
    scripts = {script_of(char) for char in written if char.isalpha()}
    if scripts and scripts <= VOWELLESS:
        return _arabic_words(written)
    out: list[Word] = []
    for latin in latin_words(written):
        word = _digits_as_letters(latin)
        out.extend(Word(written, spell(part), _role(part, written)) for part in _inner_parts(word))
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
    word = arabic.settle(written)
    if len(word) == 1:
        latin = arabic.latin_from_arabic(word) or "a"
        return (Word(written, spell(latin[:1]), Role.INITIAL, native=word),)
    if word in _NATIVE_LINKS:
        return (Word(written, spell(arabic.latin_from_arabic(word)), Role.PARTICLE, native=word),)
    if word in _ARABIC_TITLES:
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
        out.append(native_name(stem, written))
    return tuple(out)


def native_name(stem: str, written: str = "") -> Word:
    """A word in Arabic letters, without its article."""
    latin = re.sub("[^a-z]", "", arabic.latin_from_arabic(stem)) or "a"
    return Word(written or stem, spell(latin), Role.NAME, native=stem)


def prepare_person(name: str) -> Name:
    """A personal name ready for comparison; order and punctuation do not matter any more."""
    cleaned = _without_nickname(clean(name))
    han = "".join(char for char in cleaned if script_of(char) in {Script.HAN, Script.HANGUL})
    letters = [char for char in cleaned if char.isalpha()]
    if han and len(han) >= len(letters) / 2:
        return Name(name, (), han=_without_titles(han))
    surname, comma, given = cleaned.partition(",")
    if comma and surname.strip() and given.strip():
        words = [*_with_head(_words_of(surname), Head.SURNAME), *_with_head(_words_of(given), Head.GIVEN)]
    else:
        words = _with_head(_words_of(cleaned), Head.GIVEN)
    return Name(name, tuple(_last_title_named(words)), han="")


_QUOTED = re.compile(r"""["“”„«](?P<inside>[^"“”„«»]{1,40})["“”»]""")


def _without_nickname(name: str) -> str:
    """`Joaquín "El Chapo" Guzmán`: what is quoted inside a name of two words at least is called, not named."""
    if not _QUOTED.search(name):
        return name
    rest = _QUOTED.sub(" ", name)
    return rest if len(split_words(rest)) > 1 else name


def _last_title_named(words: list[Word]) -> list[Word]:
    """`Hassan Sayed`: what is a title in front is the other half of a name of two words behind."""
    names = [i for i, word in enumerate(words) if word.role in {Role.NAME, Role.PATRONYMIC}]
    after = [i for i, word in enumerate(words) if word.role is Role.TITLE and word.text not in lexicon.suffixes()]
    if len(names) == 1 and after and after[-1] > names[0]:
        return [replace(word, role=Role.NAME) if i == after[-1] else word for i, word in enumerate(words)]
    return words


def _words_of(text: str) -> list[Word]:
    words = [word for written in split_words(text) for word in person_words(written)]
    return _links_apart(_initials_apart(words))


def _with_head(words: list[Word], head: Head) -> list[Word]:
    for i, word in enumerate(words):
        if word.role is Role.NAME:
            return [*words[:i], replace(word, head=head), *words[i + 1 :]]
    return words


# Half names: `Abd` needs what follows, `Din` what precedes.
PARTS_OF_NAMES = frozenset({"abd", "din", "allah", "abu", "abou", "umm", "abi", "عبد", "دين", "الله", "ابو", "أبو"})
ASSIMILATED = frozenset({
    "as", "ash", "ad", "ar", "an", "at", "az", "es", "esh", "ed", "er", "en", "et", "ez", "us", "ush", "ur", "un",
    "ut", "uz",
})  # fmt: skip


def _links_apart(words: list[Word]) -> list[Word]:
    """The article before a sun letter is written as it is spoken: `ash-Sharif`, `ur Rahman`."""
    out: list[Word] = []
    for word, following in zip(words, [*words[1:], None], strict=False):
        if word.role is Role.TITLE and out and out[-1].text == "abd":  # `Abdul Hafiz`
            out.append(replace(word, role=Role.NAME))
            continue
        last_of_family = following is None and out and word.role is Role.TITLE
        if last_of_family and (out[-1].role is Role.PARTICLE or word.native.startswith("ال")):
            out.append(replace(word, role=Role.NAME))
        elif following and word.text in ASSIMILATED and following.text.startswith(word.text[1:]):
            out.append(replace(word, role=Role.PARTICLE))
        else:
            out.append(word)
    if not any(word.role in {Role.NAME, Role.PATRONYMIC} for word in out):
        return [
            replace(word, role=Role.NAME) if word.role is Role.PARTICLE and not word.native else word for word in out
        ]
    return out


def _without_titles(han: str) -> str:
    for title in ("先生", "女士", "小姐", "博士", "教授"):
        if han.endswith(title) and len(han) > len(title) + 1:
            return han[: -len(title)]
    return han


def _initials_apart(words: list[Word]) -> list[Word]:
    """`JC` before a longer name is two initials when it has no vowel."""
    out: list[Word] = []
    mixed = any(len(other.text) > 3 and not other.written.isupper() for other in words)
    for word in words:
        capitals = word.role is Role.NAME and 2 <= len(word.text) <= 3 and word.written.isupper()
        if mixed and capitals and not set(word.text) & set("aeiouy"):
            out.extend(Word(char, spell(char.lower()), Role.INITIAL) for char in word.text)
            continue
        out.append(word)
    return out
