"""Company names cut into legal form, trade words, places, numbers and the words that are the name itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from origination.domain.screening import arabic, lexicon
from origination.domain.screening.company_parts import LINKS, CompanyWord, Part, company_word, groups
from origination.domain.screening.fold import plain_latin, spell
from origination.domain.screening.han import mandarin, simplify
from origination.domain.screening.words import ASSIMILATED, latin_words, pieces_of
from origination.domain.screening.writing import VOWELLESS, Script, clean, script_of

FORM_WORDS_MAX = 7
WORDS_MAX = 30


@dataclass(frozen=True, slots=True)
class Form:
    """A legal form: its own name and its family."""

    name: str
    family: str


@dataclass(frozen=True, slots=True)
class CompanyName:
    """A prepared company name."""

    written: str
    words: tuple[CompanyWord, ...]
    forms: tuple[Form, ...]


_NUMBER_WORDS = (
    "zero|one first 1st|two second 2nd|three third 3rd|four fourth 4th|five fifth 5th|six sixth 6th|seven seventh 7th|"
    "eight eighth 8th|nine ninth 9th|ten tenth 10th|eleven eleventh 11th|twelve twelfth 12th|thirteen|fourteen|fifteen|"
    "sixteen|seventeen|eighteen|nineteen|twenty twentieth"
)
_TENS = ("thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_NUMBERS = {word: str(value) for value, words in enumerate(_NUMBER_WORDS.split("|")) for word in words.split()} | {
    word: str(10 * tens) for tens, word in enumerate(_TENS, start=3)
}
_ROMAN = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9", "xi": "11", "xii": "12"}
_AT_THE_EDGE_ONLY = 3


@cache
def _forms() -> dict[tuple[str, ...], Form]:
    found: dict[tuple[str, ...], Form] = {}
    for family, lines in lexicon.table("company_forms").items():
        for line in str(lines).strip().splitlines():
            own, _, others = line.partition(" = ")
            form = Form(own.strip(), family)
            for writing in (own, *others.split("|")):
                if any(script_of(char) is Script.HAN for char in writing):
                    continue
                words = tuple(
                    _merge_letters([part for word in _pieces(writing.replace("_", " ")) for part in latin_words(word)])
                )
                if words:
                    found.setdefault(words, form)
    return found


@cache
def _han_forms() -> dict[str, Form]:
    found: dict[str, Form] = {}
    for family, lines in lexicon.table("company_forms").items():
        for line in str(lines).strip().splitlines():
            own, _, others = line.partition(" = ")
            for writing in (own, *others.split("|")):
                if any(script_of(char) is Script.HAN for char in writing):
                    found[simplify(writing.strip())] = Form(own.strip(), family)
    return found


def _pieces(text: str) -> list[str]:
    spaced = re.sub(r"[&+]", " and ", re.sub(r"(?<=\w)'s\b", "", text))
    spaced = re.sub(r"(?<=[a-zа-я])(?=[A-ZА-Я]{2,}\b)", " ", spaced)
    return [piece for piece in pieces_of(spaced) if piece.strip("'")]


def _merge_letters(words: list[str]) -> list[str]:
    """`s a` -> `sa`, `s c johnson` -> `sc johnson`: single letters in a row are one word."""
    out: list[str] = []
    run = ""
    for word in [*words, ""]:
        if len(word) == 1 and word.isalpha():
            run += word
            continue
        if run:
            out.append(run)
            run = ""
        if word:
            out.append(word)
    return out


_ACRONYM = re.compile(r"\(\s*([A-Z][A-Z0-9&.-]{1,11})\s*\)")


def _without_acronym(found: re.Match[str]) -> str:
    """`(TTP)` goes, `(HK)` is a place and stays."""
    return found[0] if plain_latin(found[1]) in groups()[0] else " "


@lru_cache(maxsize=50_000)
def prepare_company(name: str) -> CompanyName:
    """A company name ready for comparison."""
    cleaned = _ACRONYM.sub(_without_acronym, clean(name)) or clean(name)
    words: list[CompanyWord] = []
    forms: list[Form] = []
    latin: list[str] = []
    for piece in _pieces(cleaned):
        for run in _script_runs(piece):
            if script_of(run[0]) is Script.HAN:
                words.extend(_take_latin(latin, forms, alone=False))
                latin = []
                words.extend(_han_words(run, forms))
            elif script_of(run[0]) in VOWELLESS and not _known_native(run):
                words.extend(_take_latin(latin, forms, alone=False))
                latin = []
                words.extend(_native_words(run))
            else:
                latin.extend(latin_words(run))
    words.extend(_take_latin(latin, forms, alone=not words))
    if not any(word.part is not Part.LINK for word in words):
        latin = _merge_letters([part for piece in _pieces(cleaned) for part in latin_words(piece)])
        words = [CompanyWord(word, spell(word), Part.CORE) for word in latin]
    return CompanyName(name, tuple(words[:WORDS_MAX]), tuple(forms))


_NATIVE_LINKS = frozenset({"في", "و", "من", "ل", "ب", "بن", "ابن"})


def _known_native(run: str) -> bool:
    """A word of the tables (`شركة`, `تجارة`) is looked up by its letters, with or without the article."""
    latin = "".join(latin_words(run))
    return latin in groups()[0] or (latin,) in _forms()


def _native_words(run: str) -> list[CompanyWord]:
    """An Arabic, Persian or Urdu word that is the name itself, without its article."""
    word = arabic.settle(run)
    if word in _NATIVE_LINKS:
        return []
    stem = word.removeprefix("لل") if word.startswith("لل") and len(word) > 4 else word
    for article in ("وال", "بال", "ال"):
        if stem.startswith(article) and len(stem) > len(article) + 2:
            stem = stem[len(article) :]
            break
    if _known_native(stem):
        return [company_word("".join(latin_words(stem)))]
    latin = re.sub("[^a-z]", "", arabic.latin_from_arabic(stem)) or "a"
    return [CompanyWord(run, spell(latin), Part.CORE, native=stem)]


def _script_runs(piece: str) -> list[str]:
    runs: list[str] = []
    for char in piece.strip("'"):
        if runs and (script_of(runs[-1][-1]) is Script.HAN) == (script_of(char) is Script.HAN):
            runs[-1] += char
        else:
            runs.append(char)
    return runs


def _take_latin(words: list[str], forms: list[Form], *, alone: bool) -> list[CompanyWord]:
    """`alone`: these are all the words of the name, which is never nothing but a legal form."""
    plain = _numbers(_merge_letters([word for word in words if word]))
    merged = _merge_letters([word for word in plain if word != "and"]) if _letters_around_and(plain) else plain
    merged = _merge_known(merged)
    kept: list[str] = []
    at = 0
    righted = [_right_form_word(word) for word in merged]
    while at < len(merged):
        size, form = _form_at(righted, at, alone=alone)
        if form is None:
            kept.append(merged[at])
            at += 1
        else:
            forms.append(form)
            at += size
    return [_link(word, after) or company_word(word) for word, after in zip(kept, [*kept, ""][1:], strict=True)]


def _link(word: str, following: str) -> CompanyWord | None:
    """The article before a sun letter is written as it is spoken: `an-Nusrah`."""
    if word in ASSIMILATED and following.startswith(word[1:]):
        return CompanyWord(word, spell(word), Part.LINK)
    return None


def initial_parts(written: str) -> tuple[tuple[str, bool], ...]:
    """The first letters of a name's words in their order, each with whether an acronym may pass it over.

    Links may be passed over, and the words of the legal form: `S.A.` may give two letters, `Company` one.
    """
    pieces = [part for piece in _pieces(_ACRONYM.sub(" ", clean(written))) for part in latin_words(piece)]
    words = [word for word in _merge_letters(pieces) if word]
    out: list[tuple[str, bool]] = []
    at = 0
    while at < len(words):
        size, form = _form_at(words, at, alone=False)
        for word in words[at : at + max(size, 1)]:
            if form is not None and len(word) <= _AT_THE_EDGE_ONLY:
                out.extend((letter, True) for letter in word)
            else:
                out.append((word[0], form is not None or word in LINKS))
        at += max(size, 1)
    return tuple(out)


def _merge_known(words: list[str]) -> list[str]:
    """`hong kong` and `import and export` are one word to the tables."""
    table = groups()[0]
    out: list[str] = []
    for word in words:
        before = [other for other in out[-2:] if other != "and"]
        if before and before[-1] + word in table:
            while out and out.pop() != before[-1]:
                pass
            out.append(before[-1] + word)
        else:
            out.append(word)
    return out


@cache
def _form_vocabulary() -> tuple[frozenset[str], tuple[str, ...]]:
    words = frozenset(word for form in _forms() for word in form if len(word) >= 5)
    return words, tuple(sorted(words))


@lru_cache(maxsize=50_000)
def _right_form_word(word: str) -> str:
    """A misspelt word of a legal form (`aktiengeselschaft`, `joynt`) put right."""
    known, ordered = _form_vocabulary()
    if len(word) < 5 or word in known or word in groups()[0]:
        return word
    allowed = 1 if len(word) < 10 else 2
    found = process.extractOne(word, ordered, scorer=OSA.distance, score_cutoff=allowed)
    return str(found[0]) if found and found[0][:1] == word[:1] else word


def _letters_around_and(words: list[str]) -> bool:
    return any(
        words[i] == "and" and i and i + 1 < len(words) and len(words[i - 1]) == 1 and len(words[i + 1]) == 1
        for i in range(len(words))
    )


def _form_at(words: list[str], at: int, *, alone: bool) -> tuple[int, Form | None]:
    """The longest legal form that begins here; one of up to three letters only at either end of the name."""
    table = _forms()
    for size in range(min(FORM_WORDS_MAX, len(words) - at), 0, -1):
        run = tuple(words[at : at + size])
        form = table.get(run)
        if form is None:
            continue
        if sum(map(len, run)) <= _AT_THE_EDGE_ONLY and not _at_edge(words, at, size):
            continue
        if size == len(words) and alone:
            continue
        return size, form
    return 0, None


def _at_edge(words: list[str], at: int, size: int) -> bool:
    """At the start, or followed by nothing but more forms."""
    if at == 0:
        return True
    rest = words[at + size :]
    return not rest or _rest_is_forms(tuple(rest))


def _rest_is_forms(rest: tuple[str, ...]) -> bool:
    table = _forms()
    return (
        not rest
        or any(rest[:n] in table and _rest_is_forms(rest[n:]) for n in range(1, min(FORM_WORDS_MAX, len(rest)) + 1))
        or (rest[0] in LINKS and _rest_is_forms(rest[1:]))
    )


def _numbers(words: list[str]) -> list[str]:
    """`forty four` -> `44`, `first` -> `1`."""
    out: list[str] = []
    for word in words:
        value = _NUMBERS.get(word) or (_ROMAN.get(word) if out else None)
        if value is None:
            out.append(word)
        elif (
            out
            and out[-1].isdigit()
            and out[-1].endswith("0")
            and len(out[-1]) == 2
            and len(value) == 1
            and len(words) > 1
        ):
            out[-1] = str(int(out[-1]) + int(value))
        else:
            out.append(value)
    for i in range(len(out) - 1, 0, -1):
        if (
            out[i].isdigit()
            and out[i - 1].isdigit()
            and out[i - 1] in _NUMBERS.values()
            and len(out[i]) == 1
            and len(out[i - 1]) == 2
        ):
            out[i - 1 : i + 1] = (
                [str(int(out[i - 1]) + int(out[i]))] if out[i - 1].endswith("0") else out[i - 1 : i + 1]
            )
    return out


def _han_words(run: str, forms: list[Form]) -> list[CompanyWord]:
    """Longest known word first; what lies between known words is the name itself."""
    plain = simplify(run)
    table, han_forms = groups()[1], _han_forms()
    out: list[CompanyWord] = []
    core = ""
    at = 0
    while at < len(plain):
        for size in range(min(8, len(plain) - at), 0, -1):
            piece = plain[at : at + size]
            if piece in han_forms or (piece in table and (size > 1 or _single_counts(plain, at))):
                break
        else:
            core += plain[at]
            at += 1
            continue
        out.extend(_han_core(core))
        core = ""
        if piece in han_forms:
            forms.append(han_forms[piece])
        else:
            group, part = table[piece]
            out.append(CompanyWord(piece, spell("".join(_pinyin(piece))), part, group, han=piece))
        at += size
    out.extend(_han_core(core))
    return [word for word in out if not (len(word.han) == 1 and word.han in "省市县区")]


def _single_counts(plain: str, at: int) -> bool:
    """A one-character trade word (厂, 部) only at the end of the name."""
    return at == len(plain) - 1


def _han_core(core: str) -> list[CompanyWord]:
    core = core.strip("省市") if len(core) > 1 else core
    if not core:
        return []
    return [CompanyWord(core, spell("".join(_pinyin(core))), Part.CORE, han=core)]


def _pinyin(han: str) -> list[str]:
    return [(mandarin(char) or ("",))[0] for char in han]
