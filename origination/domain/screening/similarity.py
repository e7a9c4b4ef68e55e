"""How near two words are: 1 the same, 0.7 the least that still counts as one name misspelt."""

from __future__ import annotations

from functools import lru_cache

from rapidfuzz.distance import OSA

from origination.domain.screening import lexicon
from origination.domain.screening.arabic import arabic_similarity, plausible
from origination.domain.screening.fold import Spelling, spell
from origination.domain.screening.han import pinyin_syllables, wade_giles
from origination.domain.screening.sound import sound_distance
from origination.domain.screening.words import Role, Word, father_of

ALIGNED_MIN = 0.78
NATIVE_MIN = 0.78
NICKNAME = 0.86
INITIAL = 0.82
_SAME_INITIAL = frozenset(
    frozenset(pair) for pair in ("yj", "yi", "ij", "kq", "kc", "cq", "vw", "ye", "gj", "ou", "ch")
)
_SIBILANTS = ("sh", "x", "s")
_SAME_FATHER = 0.95
# A word that is no known name, but nearly some writing of one: from what likeness to the other word on.
KNOWN_LETTERS_MIN, KNOWN_LESS = 5, 0.02
_KNOWN_FROM, _KNOWN_TO, _NEAR_KNOWN_MIN = 0.5, 0.9, 0.84
TEXT_WEIGHT, OTHER_START, KINDRED_START = 0.05, 0.25, 0.1
SLIP = 0.9
_OTHER_KNOWN = 0.0
# `Ichtijar` is what others write Ikhtiyar, `Dhawahiri` Zawahiri, `Djordjevic` Dordevic: (written, also written).
_RESPELT = (("ch", "kh"), ("dh", "z"), ("dj", "d"))
RESPELT_LETTERS_MIN, RESPELT_LESS = 5, 0.02
_ARTICLES, _ARTICLE_LETTERS, _WITHOUT_ARTICLE = frozenset({"al", "el"}), 6, 0.97
# Words of at most so many letters count as shorter than they are: in them one letter makes another name.
SHORT_WORD, SHORTER = 4, 1.2


def word_similarity(one: Word, other: Word) -> float:
    """Symmetric, between 0 and 1. An initial stands for any word that begins with it."""
    # `Ben` is a particle, and short for Benjamin.
    apart = one.native or other.native or (one.text != other.text and not _are_forms_of_one_name(one.text, other.text))
    if apart and (one.role is Role.PARTICLE) != (other.role is Role.PARTICLE):
        return 0.0
    if one.native or other.native:
        return _native_similarity(one, other)
    if one.role is Role.INITIAL or other.role is Role.INITIAL:
        return _initial_similarity(one, other)
    near = max(spelling_similarity(one.text, other.text), without_article(one.text, other.text))
    # `Oleksandr` is not `Oleksandrovych`: the father is another person.
    if near < 0.93 and (one.role is Role.PATRONYMIC) != (other.role is Role.PATRONYMIC):
        return min(near, 0.6)
    if near < _SAME_FATHER and one.role is Role.PATRONYMIC and other.role is Role.PATRONYMIC:
        fathers = [father_of(word.text) for word in (one, other)]
        return _SAME_FATHER if _is_same_name(*fathers) else near
    return near


def _is_same_name(one: str, other: str) -> bool:
    """Writings of one name; a patronymic may have swallowed the last letter (`nikola-evich`)."""
    groups = lexicon.name_groups()
    first, second = (groups.get(name, groups.get(name + "y", groups.get(name + "i"))) for name in (one, other))
    return first is not None and first == second


def _native_similarity(one: Word, other: Word) -> float:
    if Role.INITIAL in {one.role, other.role} and not (one.native and other.native):
        return _initial_similarity(one, other)
    return native_similarity(one.native, one.spelling, other.native, other.spelling)


def native_similarity(one: str, one_latin: Spelling, other: str, other_latin: Spelling) -> float:
    """Words of which one at least is in Arabic letters (`one`, `other`; empty for a Latin one)."""
    if one and other:
        if one == other:
            return 1.0
        return max(0.0, 1.0 - OSA.distance(one, other) * 1.2 / max(len(one), len(other)))
    native, latin = (one, other_latin) if one else (other, one_latin)
    same = _is_known_as(native, latin.text)
    if same is not None:
        return 1.0 if same else _OTHER_KNOWN
    if not plausible(native, latin.skeleton):
        return 0.0
    near = arabic_similarity(native, latin.text, NATIVE_MIN)
    return lifted(near) if near >= NATIVE_MIN else near


def _is_known_as(native: str, latin: str) -> bool | None:
    """`حسن` is Hasan, however well it could be read as Husayn without its vowels; None for what no table knows."""
    groups = lexicon.name_groups()
    first, second = groups.get(native), groups.get(latin)
    return None if first is None or second is None else first == second


def lifted(near: float) -> float:
    """Vowels that nobody wrote leave more room; what passes as a reading is lifted over the common threshold."""
    return ALIGNED_MIN + (near - NATIVE_MIN) * (1 - ALIGNED_MIN) / (1 - NATIVE_MIN)


def _initial_similarity(one: Word, other: Word) -> float:
    if one.role is Role.INITIAL and other.role is Role.INITIAL:
        return 1.0 if one.text == other.text else 0.0
    first, second = one.text[:1], other.text[:1]
    return INITIAL if first == second or frozenset((first, second)) in _SAME_INITIAL else 0.0


def has_article(text: str) -> bool:
    """Whether a Latin word begins with an Arabic article that may be missing elsewhere."""
    return text[:2] in _ARTICLES and len(text) >= _ARTICLE_LETTERS


def without_article(one: str, other: str) -> float:
    """`Alrahmah` and `al-Rahmah`."""
    if has_article(one) != has_article(other):
        longer, shorter = (one, other) if has_article(one) else (other, one)
        if shorter[:2] not in _ARTICLES:
            return min(_WITHOUT_ARTICLE, spelling_similarity(longer[2:], shorter))
    return 0.0


def spelling_similarity(one: str, other: str) -> float:
    """Two Latin words, by the tables first and by letters then."""
    if one == other:
        return 1.0
    return _spelling_similarity(one, other) if one < other else _spelling_similarity(other, one)


def _are_forms_of_one_name(one: str, other: str) -> bool:
    nicknames = lexicon.nicknames()
    return not nicknames.get(one, frozenset()).isdisjoint(nicknames.get(other, frozenset()))


@lru_cache(maxsize=300_000)
def _spelling_similarity(one: str, other: str) -> float:
    groups = lexicon.name_groups()
    first, second = groups.get(one), groups.get(other)
    if first is not None and first == second:
        return 1.0
    if _are_forms_of_one_name(one, other):
        return NICKNAME
    near = max(word_letters(spell(one), spell(other)), _respelt_letters(one, other))
    if first is not None and second is not None:
        return min(near, 0.55)
    if near < 0.98 and _different_syllables(one, other):
        return 0.8 if _same_but_sibilant(one, other) else min(near, 0.6)
    known_one = first is not None or second is not None
    if _KNOWN_FROM <= near < _KNOWN_TO and known_one and min(len(one), len(other)) >= KNOWN_LETTERS_MIN:
        known, unknown = (one, other) if first is not None else (other, one)
        by_table = _near_known(unknown, groups[known], known[:1])
        near = max(near, by_table if by_table >= _NEAR_KNOWN_MIN else 0.0)
    return near


def respelt(text: str) -> tuple[str, ...]:
    """The other ways in which a word with `ch`, `dh` or `dj` may be written."""
    if len(text) < RESPELT_LETTERS_MIN or "sch" in text:
        return ()
    return tuple(text.replace(old, new) for old, new in _RESPELT if old in text)


def _respelt_letters(one: str, other: str) -> float:
    """Only when one of the words is written so."""
    both = bool(respelt(one)) + bool(respelt(other))
    if both != 1:
        return 0.0
    written, plain = (one, other) if respelt(one) else (other, one)
    return max([word_letters(spell(again), spell(plain)) for again in respelt(written)]) - RESPELT_LESS


@lru_cache(maxsize=200_000)
def _near_known(unknown: str, group: int, letter: str) -> float:
    """How near a word is to the writings of a known name that begin with that letter."""
    own = spell(unknown)
    return max([word_letters(own, spell(member)) for member in lexicon.writings(group, letter)]) - KNOWN_LESS


def _same_but_sibilant(one: str, other: str) -> bool:
    """`shi`, `xi` and `si` are one syllable to many ears."""

    def final(word: str) -> str:
        return next((word[len(start) :] for start in _SIBILANTS if word.startswith(start)), "")

    return bool(final(one)) and final(one) == final(other)


def word_letters(one: Spelling, other: Spelling) -> float:
    """How near two Latin words are by their letters alone."""
    if one.text.isdigit() or other.text.isdigit():
        return 0.0
    longest = max(len(one.fold), len(other.fold))
    if one.fold == other.fold:
        return max(0.9, 1.0 - 0.02 * OSA.distance(one.text, other.text))
    cost = sound_distance(one.fold, other.fold, one.code, other.code)
    steps = OSA.distance(one.text, other.text)
    # A slip of the pen may change several sounds: `Tahre` for Taher.
    cost = min(cost, SLIP * steps)
    if cost > longest / 2:
        return 0.0
    size = (longest + max(len(one.text), len(other.text))) / 2
    size = max(size if size > SHORT_WORD else size - SHORTER, 1.0)
    cost += TEXT_WEIGHT * steps
    if one.fold[:1] != other.fold[:1]:
        cost += KINDRED_START if one.code[:1] == other.code[:1] else OTHER_START
    return max(0.0, 1.0 - cost / size)


def _different_syllables(one: str, other: str) -> bool:
    """Both are syllables of Mandarin, and not two romanisations of one: Qiang is not Qing."""
    syllables = pinyin_syllables()
    if len(one) > 6 or len(other) > 6 or one not in syllables or other not in syllables:
        return False
    return one not in wade_giles(other) and other not in wade_giles(one)
