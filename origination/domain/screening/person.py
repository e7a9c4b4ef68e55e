"""Two personal names against each other."""

from __future__ import annotations

from collections import Counter

from core.domain.texts import Text
from origination.domain.screening import han_person, lexicon
from origination.domain.screening.alignment import JOIN_MIN, NATIVE_JOIN_LETTERS, Alignment, align
from origination.domain.screening.arabic import arabic_similarity
from origination.domain.screening.hongkong import one_name
from origination.domain.screening.korean import same_korean_name
from origination.domain.screening.other_people import (
    are_man_and_woman,
    are_other_syllables,
    is_child_of_the_other,
    is_father_of_the_other,
    lacks_a_syllable,
)
from origination.domain.screening.party import AlignedTokens, Comparison
from origination.domain.screening.similarity import ALIGNED_MIN, INITIAL, NICKNAME
from origination.domain.screening.wade_giles import same_chinese_name
from origination.domain.screening.words import PARTS_OF_NAMES, Head, Name, Role, Word

# What one word without partner costs, in words: on both sides it is another name, on one side a part left out.
_EXTRA_COMMON, _EXTRA_SURNAME, _EXTRA_GIVEN = 0.52, 0.55, 0.32
_FULL = frozenset({Role.NAME, Role.TITLE})
_CONFLICT, _EXTRA, _EXTRA_INITIAL, _EXTRA_PATRONYMIC = 1.4, 0.2, 0.05, 0.06
_SINGLE_WORD_CAP = 0.6
SAME_CHINESE_NAME, SAME_KOREAN_NAME, CANTONESE_NAME = 0.92, 0.88, 0.84
OTHER_PERSON = 0.7
_ORDER = {Role.TITLE: "title", Role.PARTICLE: "particle"}


def compare_people(first: Name, second: Name, *, explain: bool = True) -> Comparison:
    """0 to 1 for two prepared names. Symmetric: exchanging the names changes nothing but the sides of the card."""
    if first.han or second.han:
        return han_person.compare(first, second)
    if not first.words or not second.words:
        return Comparison(0.0, (Text("One of the names has no letters to compare"),))
    a, b = _strip(first.words, second.words), _strip(second.words, first.words)
    scored = score_words(a, b, explain=explain)
    if scored.score < SAME_CHINESE_NAME:
        one, other = (tuple(word.text for word in name.words) for name in (first, second))
        if same_chinese_name(one, other):
            note = Text("{one} and {other} are writings of one Chinese name", one=first.written, other=second.written)
            return Comparison(SAME_CHINESE_NAME, (note,), scored.tokens)
        if scored.score < CANTONESE_NAME and one_name(one, other):
            note = Text(
                "{one} and {other} may be one Chinese name, once as Cantonese has it and once as Mandarin",
                one=first.written, other=second.written,
            )  # fmt: skip
            return Comparison(CANTONESE_NAME, (note,), scored.tokens)
        if scored.score < SAME_KOREAN_NAME and same_korean_name(one, other):
            note = Text("{one} and {other} are writings of one Korean name", one=first.written, other=second.written)
            return Comparison(SAME_KOREAN_NAME, (note,), scored.tokens)
    if scored.score > OTHER_PERSON and (why := _otherwise(first, second)):
        return Comparison(OTHER_PERSON, (why, *scored.explanation) if explain else (), scored.tokens)
    return scored


def _otherwise(first: Name, second: Name) -> Text | None:
    """Why names that look alike are of different people, if they are."""
    one, other = (
        tuple(word.text for word in name.words if word.role in {Role.NAME, Role.PATRONYMIC}) for name in (first, second)
    )
    middle = {Role.NAME, Role.PATRONYMIC, Role.PARTICLE}  # `Van` is a particle elsewhere
    if are_other_syllables(
        *(tuple(word.text for word in name.words if word.role in middle) for name in (first, second))
    ):
        return Text("{one} and {other} differ in a syllable", one=first.written, other=second.written)
    if is_child_of_the_other(first.words, second.words):
        return Text("father and child are exchanged")
    if is_father_of_the_other(first.words, second.words):
        return Text("{one} and {other} are father and child", one=first.written, other=second.written)
    if are_man_and_woman(one, other):
        return Text(
            "{one} is a woman's name, {other} a man's or the other way round", one=first.written, other=second.written
        )
    if lacks_a_syllable(one, other):
        return Text("{one} and {other} differ in a syllable", one=first.written, other=second.written)
    return None


def _strip(words: tuple[Word, ...], others: tuple[Word, ...]) -> tuple[Word, ...]:
    """Without titles, unless nothing else is left or the other side writes one with its neighbour (`Donjuan`).

    Particles stay for joining.
    """
    texts = {word.text for word in others}
    out = tuple(
        word
        for i, word in enumerate(words)
        if word.role is not Role.TITLE
        or (i + 1 < len(words) and _is_written_together(word, words[i + 1], others, texts))
    )
    return out if any(word.role not in {Role.PARTICLE, Role.INITIAL} for word in out) else words


def _is_written_together(title: Word, name: Word, others: tuple[Word, ...], texts: set[str]) -> bool:
    together = title.text + name.text
    if together in texts:
        return title.text not in texts
    return not title.native and any(
        len(other.native) >= NATIVE_JOIN_LETTERS and arabic_similarity(other.native, together, JOIN_MIN) >= JOIN_MIN
        for other in others
    )


def _forgive_repeats(left: list[Word], other: list[Word], words: tuple[Word, ...]) -> list[Word]:
    """`Sergey Sergey Shoigu` is Sergey Shoigu; but a repeated word does not excuse another one on the other side."""
    surplus = _names(left) - _names(other)
    if surplus <= 0:
        return left
    # What stands left over every time counts once.
    every, over = (Counter(word.text for word in side) for side in (words, left))
    spare = {text: count - (count == every[text]) for text, count in over.items()}
    out = []
    for word in left:
        if surplus > 0 and word.role is Role.NAME and every[word.text] > 1 and spare[word.text] > 0:
            surplus -= 1
            spare[word.text] -= 1
        else:
            out.append(word)
    return out


def _weight(word: Word) -> float:
    if word.role is Role.PARTICLE:
        return 0.0
    if word.role is Role.INITIAL:
        return 0.5
    if _half(word):
        return 0.5
    return 0.7 if len(word.text) <= 2 and not word.native else 1.0


def _half(word: Word) -> bool:
    return word.text in PARTS_OF_NAMES or word.native in PARTS_OF_NAMES


def score_words(a: tuple[Word, ...], b: tuple[Word, ...], *, explain: bool = True) -> Comparison:
    """The arithmetic of the score over one alignment."""
    alignment = align(a, b)
    matched = agreed = 0.0
    for pair in alignment.pairs:
        weight = max(sum(_weight(a[i]) for i in pair.first), sum(_weight(b[j]) for j in pair.second))
        if len(pair.first) + len(pair.second) > 2:
            weight = max(weight, 1.0)
        matched += weight
        agreed += weight * pair.similarity
    left_a = [a[i] for i in alignment.first_left if a[i].role is not Role.PARTICLE]
    left_b = [b[j] for j in alignment.second_left if b[j].role is not Role.PARTICLE]
    left_a, left_b = _forgive_repeats(left_a, left_b, a), _forgive_repeats(left_b, left_a, b)
    cost = _left_cost(left_a, left_b, extra=_EXTRA_COMMON if _all_common(alignment, a, b) else _EXTRA)
    score = agreed / (matched + cost) if matched else 0.0
    if cost > _EXTRA_PATRONYMIC and len(alignment.pairs) <= 2:
        # Two words, one of them only alike, and more left over: too little to go by.
        # A short form is known to be the name: `Bill Clinton`.
        score -= (1.0 - min((p.similarity for p in alignment.pairs if p.similarity != NICKNAME), default=1.0)) / 3
    score = _capped(score, alignment, a, b)
    if not explain:
        return Comparison(round(score, 4))
    return Comparison(round(score, 4), _explain(alignment, a, b), _card(alignment, a, b))


def _left_cost(left_a: list[Word], left_b: list[Word], *, extra: float) -> float:
    """Patronymics conflict only with patronymics: `Sergey Viktorovich` against `Sergey V.` or none."""
    names_a, names_b = (_names(left) for left in (left_a, left_b))
    conflicts = min(names_a, names_b)
    fathers_a, fathers_b = (sum(w.role is Role.PATRONYMIC for w in left) for left in (left_a, left_b))
    father_conflicts = min(fathers_a, fathers_b)
    initials_a, initials_b = (sum(w.role is Role.INITIAL for w in left) for left in (left_a, left_b))
    others_a = names_a + fathers_a - conflicts - father_conflicts
    others_b = names_b + fathers_b - conflicts - father_conflicts
    initial_conflicts = min(initials_a, others_b + initials_b) + min(initials_b, others_a)
    extras = abs(names_a - names_b)
    fathers = abs(fathers_a - fathers_b)
    loose = max(0, initials_a + initials_b - initial_conflicts)
    return (
        _CONFLICT * (conflicts + father_conflicts)
        + 0.8 * initial_conflicts
        + sum(sorted((_extra_cost(w, extra) for w in (*left_a, *left_b) if w.role in _FULL), reverse=True)[:extras])
        + _EXTRA_PATRONYMIC * fathers
        + _EXTRA_INITIAL * loose
    )


def _all_common(alignment: Alignment, a: tuple[Word, ...], b: tuple[Word, ...]) -> bool:
    """Not more than two words agree, and all are among the commonest names: `Muhammad Ali` is nearly nobody."""
    common = lexicon.commonest()
    words = [
        any(_is_one_of(a[i], common) for i in pair.first) or any(_is_one_of(b[j], common) for j in pair.second)
        for pair in alignment.pairs
        if Role.PARTICLE not in {a[i].role for i in pair.first} | {b[j].role for j in pair.second}
    ]
    return len(words) <= 2 and all(words)


def _is_one_of(word: Word, names: frozenset[str]) -> bool:
    return (word.native or word.text) in names


def _extra_cost(word: Word, extra: float) -> float:
    """A word left out: the surname is missed most, then the first given name."""
    return max(extra, _EXTRA_SURNAME if word.head is Head.SURNAME else _EXTRA_GIVEN if word.head is Head.GIVEN else 0.0)


def _names(words: list[Word]) -> int:
    return sum(1 for word in words if word.role in {Role.NAME, Role.TITLE})


def _capped(score: float, alignment: Alignment, a: tuple[Word, ...], b: tuple[Word, ...]) -> float:
    """One shared word is a name in common, not a person: two must agree unless both names have only one."""
    if not any(pair.similarity > INITIAL for pair in alignment.pairs):
        return min(score, _SINGLE_WORD_CAP)
    full_a, full_b = (sum(map(_counts, words)) for words in (a, b))
    shared = apart = 0
    for pair in alignment.pairs:
        sides = sum(_counts(a[i]) for i in pair.first), sum(_counts(b[j]) for j in pair.second)
        initial = any(a[i].role is Role.INITIAL for i in pair.first) or any(
            b[j].role is Role.INITIAL for j in pair.second
        )
        shared += max(*sides, 1 if initial else 0)
        apart += max(min(sides), 1 if initial or min(sides) == 0 < max(sides) else 0)
    # Two words of one side that are one of the other are still only one in common: `Ma Lei` is not Mayaleh, Adib.
    if (shared < 2 and max(full_a, full_b) > 1) or (apart < 2 and min(full_a, full_b) > 1):
        return min(score, _SINGLE_WORD_CAP)
    return score


def _counts(word: Word) -> bool:
    """A whole name of its own."""
    return word.role in {Role.NAME, Role.PATRONYMIC} and not _half(word)


def _explain(alignment: Alignment, a: tuple[Word, ...], b: tuple[Word, ...]) -> tuple[Text, ...]:
    out: list[Text] = []
    for pair in alignment.pairs:
        one = " ".join(a[i].written for i in pair.first)
        other = " ".join(b[j].written for j in pair.second)
        if pair.similarity >= 0.995:
            out.append(Text("{one} agrees with {other}", one=one, other=other))
        else:
            percent = round(pair.similarity * 100)
            out.append(Text("{one} is like {other} ({percent} %)", one=one, other=other, percent=percent))
    for side, left in ((a, alignment.first_left), (b, alignment.second_left)):
        out.extend(
            Text("{word} has nothing on the other side", word=side[i].written)
            for i in left
            if side[i].role is not Role.PARTICLE
        )
    return tuple(out)


def _card(alignment: Alignment, a: tuple[Word, ...], b: tuple[Word, ...]) -> tuple[AlignedTokens, ...]:
    out = []
    for pair in alignment.pairs:
        how = "same" if pair.similarity >= 0.995 else "like" if pair.similarity >= ALIGNED_MIN else "weak"
        one = " ".join(a[i].written for i in pair.first)
        out.append(AlignedTokens(one, " ".join(b[j].written for j in pair.second), round(pair.similarity, 3), how))
    out.extend(AlignedTokens(a[i].written, "", None, _ORDER.get(a[i].role, "missing")) for i in alignment.first_left)
    out.extend(AlignedTokens("", b[j].written, None, _ORDER.get(b[j].role, "missing")) for j in alignment.second_left)
    return tuple(out)
