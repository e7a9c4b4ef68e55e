"""Chinese personal names: characters against characters, characters against any romanisation."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice, product

from rapidfuzz.distance import OSA

from core.domain.texts import Text
from origination.domain.screening.cantonese import cantonese_readings
from origination.domain.screening.han import (
    mandarin,
    other_readings,
    pinyin_syllables,
    readings,
    simplify,
    split_surname,
)
from origination.domain.screening.han_foreign import parts_of, similarity
from origination.domain.screening.hangul import is_hangul
from origination.domain.screening.hongkong import without_western_name
from origination.domain.screening.party import AlignedTokens, Comparison
from origination.domain.screening.sino_korean import is_same_name, korean_readings
from origination.domain.screening.words import Name, Role
from origination.domain.screening.writing import clean

_READINGS_MAX = 64
FULL_NAME, _WESTERN = 3, 0.9
LONG_NAME = 6


def compare(first: Name, second: Name) -> Comparison:
    """At least one side is written in Han characters."""
    if first.han and second.han:
        return _characters(first, second)
    han, latin = (first, second) if first.han else (second, first)
    return _romanised(han, latin, han_first=bool(first.han))


def _characters(first: Name, second: Name) -> Comparison:
    """Same characters (simplified and traditional are the same), in any order of surname and given name."""
    a, b = simplify(first.han), simplify(second.han)
    line = (AlignedTokens(first.han, second.han, 1.0 if a == b else 0.0, "same" if a == b else "weak"),)
    if a == b:
        return Comparison(
            1.0, (Text("{one} and {other} are the same characters", one=first.han, other=second.han),), line
        )
    if len(a) == len(b) and len(a) > 1 and sorted(a) == sorted(b) and a in b + b:
        return Comparison(0.95, (Text("{one} and {other} are the same characters in another order", one=first.han,
                                      other=second.han),), line)  # fmt: skip
    if any(map(is_hangul, a + b)) and is_same_name(a, b):
        note = Text("{one} and {other} are writings of one Korean name", one=first.han, other=second.han)
        return Comparison(0.95, (note,), line)
    distance = OSA.distance(a, b)
    longest = max(len(a), len(b))
    # Names of foreigners in characters are long and vary in one sound; a Chinese name differs in one character or not.
    if longest >= LONG_NAME and distance == 1:
        same_sound = len(a) == len(b) and all(set(mandarin(x)) & set(mandarin(y)) for x, y in zip(a, b, strict=True))
        score = 0.9 if same_sound else 0.84
        return Comparison(
            score, (Text("{one} and {other} differ in one character", one=first.han, other=second.han),), line
        )
    score = max(0.0, 1.0 - 0.9 * distance / max(min(len(a), len(b)), 1)) * 0.8
    return Comparison(
        round(score, 4), (Text("{one} and {other} are different characters", one=first.han, other=second.han),), line
    )


@lru_cache(maxsize=20_000)
def _pattern(han: str) -> tuple[re.Pattern[str], ...]:
    """Patterns of the joined romanisation, surname first and given name first: as anywhere, and all in Cantonese."""
    surname, given = split_surname(han)
    parts, rest = [readings(char, surname=True) for char in surname], [readings(char) for char in given]
    out = [_joined(parts + rest), _joined(rest + parts)]
    parts, rest = [southern(char) for char in surname], [southern(char) for char in given]
    if all((*parts, *rest)):
        out.extend((_joined(parts + rest), _joined(rest + parts)))
    plain = simplify(han)
    parts = [korean_readings(char, surname=True) for char in plain[: len(surname)]]
    rest = [korean_readings(char) for char in plain[len(surname) :]]
    # Two characters are mostly a Chinese name, and short Korean syllables are many.
    if len(plain) >= FULL_NAME and all((*parts, *rest)):
        out.extend((_joined(parts + rest), _joined(rest + parts)))
    return tuple(out)


def _joined(syllables: list[tuple[str, ...]]) -> re.Pattern[str]:
    return re.compile("".join("(?:" + "|".join(found) + ")" for found in syllables))


def southern(char: str) -> tuple[str, ...]:
    """How a character is written by its Cantonese reading, or as no system gives."""
    plain = simplify(char)
    return tuple(dict.fromkeys((*other_readings(plain), *cantonese_readings(plain))))


@lru_cache(maxsize=20_000)
def romanisation(han: str) -> re.Pattern[str]:
    """Every romanisation of the characters in their own order."""
    return re.compile("".join("(?:" + "|".join(readings(char) or ("",)) + ")" for char in han))


@lru_cache(maxsize=20_000)
def spellings(han: str) -> tuple[str, ...]:
    """Joined pinyin in both orders, for typing errors and for the index."""
    surname, given = split_surname(han)
    first = [readings(char, surname=True)[:1] or ("",) for char in surname]
    rest = [(mandarin(simplify(char)) or ("",))[:2] for char in given]
    out: list[str] = []
    for chosen in islice(product(*first, *rest), _READINGS_MAX):
        cut = len(surname)
        out.append("".join(chosen))
        out.append("".join((*chosen[cut:], *chosen[:cut])))
    return tuple(dict.fromkeys(out))


def _romanised(han: Name, latin: Name, *, han_first: bool) -> Comparison:
    percent = max([_as_read(han, texts) for texts in _with_and_without_titles(latin)], default=0.0)
    one, other = (han.han, latin.written) if han_first else (latin.written, han.han)
    how = "same" if percent == 1.0 else "like" if percent >= 0.8 else "weak"
    card = (AlignedTokens(one, other, round(percent, 3), how),)
    if percent == 1.0:
        return Comparison(
            1.0, (Text("{other} is a way to write {one} in Latin letters", one=han.han, other=latin.written),), card
        )
    if percent >= 0.8:
        return Comparison(
            percent, (Text("{other} is nearly a way to write {one}", one=han.han, other=latin.written),), card
        )
    return Comparison(
        round(percent, 4), (Text("{other} is read otherwise than {one}", one=han.han, other=latin.written),), card
    )


def _with_and_without_titles(latin: Name) -> list[list[str]]:
    """What is a title elsewhere may be a syllable: `Tsai Ing-wen`, `Chiang Kai-shek`."""
    every = [word.text for word in latin.words]
    short = [word.text for word in latin.words if word.role is not Role.TITLE]
    return [texts for texts in ([every] if len(short) == len(every) else [short, every]) if texts]


def _as_read(han: Name, texts: list[str]) -> float:
    if any(pattern.fullmatch(order) for pattern in _pattern(han.han) for order in _orders(texts)):
        return 1.0
    return max(_near(han.han, texts), _as_foreigner(han, texts), _with_western_name(han.han, texts))


def _with_western_name(han: str, texts: list[str]) -> float:
    """`Donald Tsang Yam-kuen`: a name more, in front or at the end, beside a full reading of three characters."""
    if len(texts) < FULL_NAME:
        return 0.0
    rests = [list(rest) for rest in without_western_name(tuple(texts), known=True)[1:]]
    if len(han) >= FULL_NAME:
        rests.extend((texts[1:], texts[:-1]))
    patterns = _pattern(han)
    return _WESTERN if any(p.fullmatch(order) for rest in rests for p in patterns for order in _orders(rest)) else 0.0


def _as_foreigner(han: Name, texts: list[str]) -> float:
    parts = parts_of(clean(han.written), han.han)
    return similarity(parts, tuple(texts)) if parts else 0.0


def _orders(texts: list[str]) -> tuple[str, ...]:
    """The words as they stand and with the last (or first) one moved: surname first or last."""
    if len(texts) < 2 or len(texts) > 4:
        return ("".join(texts),)
    return ("".join(texts), "".join((*texts[1:], texts[0])), "".join((texts[-1], *texts[:-1])))


def _near(han: str, texts: list[str]) -> float:
    """Typing errors in the romanisation: allowed when the result is no syllables of another name."""
    if all(is_syllables(text) for text in texts) or any(map(is_hangul, han)):
        cap = 0.6
    elif len(han) < 3:
        cap = 0.7
    else:
        cap = 0.92
    best = 0.0
    for target in spellings(han):
        for order in _orders(texts):
            size = max(len(target), len(order))
            best = max(best, 1.0 - OSA.distance(target, order) / size)
    return min(cap, best)


@lru_cache(maxsize=50_000)
def is_syllables(text: str) -> bool:
    """Whether Latin letters can be cut into syllables of Mandarin."""
    syllables = pinyin_syllables()
    reachable = {0}
    for start in range(len(text)):
        if start in reachable:
            reachable.update(
                end for end in range(start + 1, min(start + 6, len(text)) + 1) if text[start:end] in syllables
            )
    return len(text) in reachable
