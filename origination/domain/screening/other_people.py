"""Names that look alike and are of different people by how their language makes names."""

from __future__ import annotations

import re
from functools import cache

from origination.domain.screening import lexicon
from origination.domain.screening.cantonese import pinyin_of
from origination.domain.screening.han import common_surnames, pinyin_syllables
from origination.domain.screening.hangul import surname_writings
from origination.domain.screening.similarity import ALIGNED_MIN, word_similarity
from origination.domain.screening.wade_giles import mandarin_sequences
from origination.domain.screening.words import PARTS_OF_NAMES, Head, Role, Word

# Surnames that no other language of one-syllable names has.
_VIETNAMESE = frozenset({
    "nguyen", "tran", "pham", "hoang", "huynh", "phan", "dang", "bui", "duong", "truong", "dinh", "trinh", "ngo", "vu",
    "vo", "doan", "luong", "trieu",
})  # fmt: skip
# Surnames beside a middle name that no other language has.
_ALSO_VIETNAMESE = frozenset({
    "le", "ly", "ho", "ha", "do", "mai", "cao", "dao", "to", "lam", "luu", "ta", "tong", "chu",
})  # fmt: skip
_VIETNAMESE_LETTERS_MAX = 7
_CHILD_OF = frozenset({"bin", "ibn", "ben", "bint", "binti", "binte", "bn", "b", "ould", "walad", "wuld"})
_SYLLABLES = range(2, 5)
_CHAIN_MIN, _NO_GROUP = 3, 1_000_000
_ONE_SYLLABLE = re.compile(r"[^aeiouyw]{0,3}[aeiouyw]{1,3}[^aeiouyw]{0,2}")
_SIBILANTS = ("sh", "x", "s")


@cache
def _pinyin_surnames() -> frozenset[str]:
    return frozenset(reading for char in common_surnames() for reading in pinyin_of(char))


def _is_pinyin(words: tuple[str, ...]) -> bool:
    """A surname in pinyin at one end, and nothing but syllables of pinyin."""
    if len(words) < 2 or not {words[0], words[-1]} & _pinyin_surnames():
        return False
    return any(
        len(sequence) in _SYLLABLES and all(readings & pinyin_syllables() for readings in sequence)
        for sequence in mandarin_sequences(words)
    )


def _as_heard(syllable: str) -> str:
    """`shi`, `si` and `xi` are one to many ears, and so are `min` and `ming`."""
    start = next((start for start in _SIBILANTS if syllable.startswith(start)), "")
    return ("s" + syllable[len(start) :] if start else syllable).removesuffix("g")


def _are_heard_alike(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    first, second = (
        [[frozenset(map(_as_heard, readings)) for readings in sequence] for sequence in mandarin_sequences(words)]
        for words in (one, other)
    )
    return any(
        len(a) == len(b) and all(x & y for x, y in zip(a, b, strict=True)) for a in first for b in second
    )  # fmt: skip


def are_other_syllables(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Two Chinese or Vietnamese names that do not have the same syllables: in them one letter makes another name.

    What sounds alike to foreign ears (`Shi Jinpin` for Xi Jinping) may still be one name.
    """
    if _is_pinyin(one) and _is_pinyin(other):
        return not _are_heard_alike(one, other)
    shared = set(one) & set(other)
    surname = shared & _VIETNAMESE or (shared & _ALSO_VIETNAMESE and shared & {"van", "thi"})
    short = all(len(word) <= _VIETNAMESE_LETTERS_MAX for word in (*one, *other))
    return bool(surname) and short and len(one) == len(other) and sorted(one) != sorted(other)


def are_man_and_woman(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """A given name that is a woman's by its ending, or two words at least with the ending `a` alone on one side.

    `Martin` and `Martina` Schneider, `Karen Petrov` and `Karena Petrova`.
    """
    women = lexicon.women_of()
    return max(_feminine(one, other), _feminine(other, one)) > 1 or any(
        word in women and women[word] in theirs and word not in theirs and women[word] not in own
        for own, theirs in ((one, other), (other, one))
        for word in own
    )


def _feminine(men: tuple[str, ...], women: tuple[str, ...]) -> int:
    return sum(word + "a" in women and word not in women for word in men)


@cache
def _short_surnames() -> frozenset[str]:
    korean = {writing for writings in surname_writings().values() for writing in writings}
    return frozenset(name for name in _pinyin_surnames() | korean | _VIETNAMESE if len(name) > 1)


def lacks_a_syllable(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """One name has a syllable more, in names whose words all have one: `Sun Jie` is not Ri Je-son.

    A Western given name may be left out.
    """
    if len(one) == len(other) or min(len(one), len(other)) < 2:
        return False
    known = lexicon.name_groups().keys() | lexicon.nicknames().keys()
    if not all(_ONE_SYLLABLE.fullmatch(word) for word in (*one, *other)) or any(w in known for w in (*one, *other)):
        return False
    return any(name[0] in _short_surnames() or name[-1] in _short_surnames() for name in (one, other))


def _by_father(words: tuple[Word, ...]) -> tuple[list[Word], list[Word]] | None:
    """A name `X bin Y` cut at its only link."""
    links = [i for i, word in enumerate(words) if word.role is Role.PARTICLE and word.text in _CHILD_OF]
    if len(links) != 1:
        return None
    own, father = (
        [word for word in side if word.role is Role.NAME] for side in (words[: links[0]], words[links[0] + 1 :])
    )
    return (own, father) if own and father else None


def is_child_of_the_other(one: tuple[Word, ...], other: tuple[Word, ...]) -> bool:
    """`Ibrahim bin Ismail` and `Ismail bin Ibrahim` are two people; without the link the order says nothing."""
    first, second = _by_father(one), _by_father(other)
    if first is None or second is None:
        return False
    straight = _agree(first[0], second[0]) and _agree(first[1], second[1])
    return not straight and _agree(first[0], second[1]) and _agree(first[1], second[0])


def is_father_of_the_other(one: tuple[Word, ...], other: tuple[Word, ...]) -> bool:
    """`Ahmad Ali Abdallah Salih` is a son of Ali Abdallah Salih: the names of a chain are own, father's, grandfather's.

    Muhammad in front is often left out, and in a name of two words more may be.
    """
    short, long = sorted((_chain(one), _chain(other)), key=len)
    if len(short) < _CHAIN_MIN or len(long) != len(short) + 1:
        return False
    groups = lexicon.name_groups()
    first, father = long[0], long[2]
    if groups.get(first.native or first.text) == groups["muhammad"] or _is_half(first):
        return False
    if groups.get(father.native or father.text, _NO_GROUP) >= _arabic_groups() and not _is_half(father):
        return False
    return all(word_similarity(x, y) >= ALIGNED_MIN for x, y in zip(long[1:], short, strict=True))


def _is_half(word: Word) -> bool:
    return not PARTS_OF_NAMES.isdisjoint((word.text, word.native))


def _chain(words: tuple[Word, ...]) -> list[Word]:
    """The names in the order they are spoken in: the surname last."""
    names = [word for word in words if word.role is Role.NAME]
    given = next((i for i, word in enumerate(names) if word.head is Head.GIVEN), 0)
    return names[given:] + names[:given]


@cache
def _arabic_groups() -> int:
    """The tables begin with the names of the Islamic world."""
    return lexicon.name_groups()["sergey"]


def _agree(one: list[Word], other: list[Word]) -> bool:
    """Each word of the shorter side has a partner."""
    short, long = sorted((one, other), key=len)
    return all(any(word_similarity(word, partner) >= ALIGNED_MIN for partner in long) for word in short)
