"""How near two words are: 1 the same, 0.7 the least that still counts as one name misspelt."""

from __future__ import annotations

from functools import lru_cache

from rapidfuzz.distance import OSA

from origination.domain.screening import lexicon
from origination.domain.screening.arabic import arabic_similarity
from origination.domain.screening.fold import Spelling, spell
from origination.domain.screening.han import pinyin_syllables, wade_giles
from origination.domain.screening.words import Role, Word

ALIGNED_MIN = 0.70
NICKNAME = 0.86
INITIAL = 0.82
_TEXT_WEIGHT, _FOLD_WEIGHT, _SKELETON_WEIGHT = 0.3, 0.35, 0.55


def word_similarity(one: Word, other: Word) -> float:
    """Symmetric, between 0 and 1. An initial stands for any word that begins with it."""
    if one.native or other.native:
        return _native_similarity(one, other)
    if one.role is Role.INITIAL or other.role is Role.INITIAL:
        return _initial_similarity(one, other)
    return spelling_similarity(one.text, other.text)


def _native_similarity(one: Word, other: Word) -> float:
    if one.native and other.native:
        if one.native == other.native:
            return 1.0
        longest = max(len(one.native), len(other.native))
        return max(0.0, 1.0 - OSA.distance(one.native, other.native) * 1.2 / longest)
    native, latin = (one, other) if one.native else (other, one)
    if Role.INITIAL in {native.role, latin.role}:
        return _initial_similarity(native, latin)
    return arabic_similarity(native.native, latin.text)


def _initial_similarity(one: Word, other: Word) -> float:
    if one.role is Role.INITIAL and other.role is Role.INITIAL:
        return 1.0 if one.text == other.text else 0.0
    if one.text[:1] == other.text[:1] or one.spelling.fold[:1] == other.spelling.fold[:1]:
        return INITIAL
    return 0.0


def spelling_similarity(one: str, other: str) -> float:
    """Two Latin words, by the tables first and by letters then."""
    if one == other:
        return 1.0
    return _spelling_similarity(one, other) if one < other else _spelling_similarity(other, one)


@lru_cache(maxsize=300_000)
def _spelling_similarity(one: str, other: str) -> float:
    groups = lexicon.name_groups()
    first, second = groups.get(one), groups.get(other)
    if first is not None and first == second:
        return 1.0
    nicknames = lexicon.nicknames()
    shared = nicknames.get(one, frozenset()) & nicknames.get(other, frozenset())
    if shared:
        return NICKNAME
    near = _letters(spell(one), spell(other))
    if first is not None and second is not None:
        return min(near, 0.55)
    if near < 0.98 and _different_syllables(one, other):
        return min(near, 0.6)
    return near


def _letters(one: Spelling, other: Spelling) -> float:
    longest = max(len(one.text), len(other.text))
    if one.text.isdigit() or other.text.isdigit():
        return 0.0
    fold = OSA.distance(one.fold, other.fold)
    text = OSA.distance(one.text, other.text)
    if fold == 0:
        return max(0.9, 1.0 - 0.02 * text)
    skeleton = OSA.distance(one.skeleton, other.skeleton)
    cost = _TEXT_WEIGHT * text + _FOLD_WEIGHT * fold + _SKELETON_WEIGHT * skeleton
    # Another first sound or a very short word: one letter is then a different name.
    if one.fold[:1] != other.fold[:1]:
        cost += 0.35
    size = longest if longest > 4 else longest - 0.6
    return max(0.0, 1.0 - cost / max(size, 1.0))


def _different_syllables(one: str, other: str) -> bool:
    """Both are syllables of Mandarin, and not two romanisations of one: Qiang is not Qing."""
    syllables = pinyin_syllables()
    if len(one) > 6 or len(other) > 6 or one not in syllables or other not in syllables:
        return False
    return one not in wade_giles(other) and other not in wade_giles(one)
