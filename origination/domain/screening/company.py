"""Two company names against each other."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz.distance import OSA

from core.domain.texts import Text
from origination.domain.screening.acronym import SURE, likeness
from origination.domain.screening.alignment import Alignment, Pair, align_grid
from origination.domain.screening.company_parts import EMPTY, WEIGHTS, CompanyWord, Part
from origination.domain.screening.company_words import CompanyName
from origination.domain.screening.fold import spell
from origination.domain.screening.han_person import romanisation
from origination.domain.screening.party import AlignedTokens, Comparison
from origination.domain.screening.similarity import native_similarity, spelling_similarity, without_article

ALIGNED_MIN = 0.8
# `Golden Star Trading` and `Golden Star Shipping` are two companies: what differs is all that tells them apart.
_CONFLICT, _CONFLICT_OF_TRADES = 1.25, 1.5
_EXTRA = {Part.CORE: 0.5, Part.GENERIC: 0.8, Part.PLACE: 0.36, Part.NUMBER: 0.6, Part.LINK: 0.0}
# What the absence of a word that says nothing costs.
_EMPTY_EXTRA = 0.1
_OTHER_FORM, _OTHER_FAMILY, _OTHER_NATURE = 0.03, 0.08, 0.25
_TRANSLATED = frozenset({"youxian", "gufen", "ooo", "too", "kk", "spzoo", "pjsco"})
_COMMERCIAL = frozenset({"joint_stock", "limited", "partnership", "sole"})


def compare_companies(first: CompanyName, second: CompanyName, *, explain: bool = True) -> Comparison:
    """0 to 1 for two prepared names. Symmetric."""
    a, b = _bind(first.words, second.words), _bind(second.words, first.words)
    a, b = _without_links(a), _without_links(b)
    if not a or not b:
        return Comparison(0.0, (Text("One of the names has no letters to compare"),))
    alignment = align_grid(a, b, [[word_similarity(x, y) for y in b] for x in a], ALIGNED_MIN, _joined)
    score = _score(alignment, a, b)
    penalty, note = _form_difference(first, second)
    if score - penalty < SURE and (sure := likeness(first, second)) > score - penalty:
        short, long = sorted((first.written, second.written), key=len)
        text = Text("{short} is made of the first letters of {long}", short=short, long=long)
        return Comparison(sure, (text,) if explain else (), _card(alignment, a, b) if explain else ())
    if not explain:
        return Comparison(round(max(0.0, score - penalty), 4))
    explanation = (*_explain(alignment, a, b), *((note,) if note else ()))
    return Comparison(round(max(0.0, score - penalty), 4), explanation, _card(alignment, a, b))


def _without_links(words: tuple[CompanyWord, ...]) -> tuple[CompanyWord, ...]:
    kept = tuple(word for word in words if word.part is not Part.LINK)
    return kept or words


def word_similarity(one: CompanyWord, other: CompanyWord) -> float:
    """Translations of one trade word are equal; numbers are equal or not; names by their spelling."""
    if one.group >= 0 and one.group == other.group:
        return 1.0
    if Part.NUMBER in {one.part, other.part}:
        return 1.0 if one.text == other.text else 0.0
    if one.group >= 0 and other.group >= 0:
        return 0.0 if one.text != other.text else 1.0
    if one.han and other.han:
        return _characters(one.han, other.han)
    if one.han or other.han:
        han, latin = (one, other) if one.han else (other, one)
        return (
            1.0 if romanisation(han.han).fullmatch(latin.text) else min(0.75, spelling_similarity(one.text, other.text))
        )
    if one.native or other.native:
        return native_similarity(one.native, one.spelling, other.native, other.spelling)
    near = max(spelling_similarity(one.text, other.text), without_article(one.text, other.text))
    # Words of a language, unlike transcribed names, do not vary in their letters: Halloway is not Hathaway.
    shortest = min(len(one.text), len(other.text))
    distance = OSA.distance(one.text, other.text)
    if shortest >= 5 and one.text[:1] == other.text[:1] and distance == 1:
        return max(near, 0.82)
    if near < 0.87 and distance > max(1, shortest // 4):
        near = min(near, 0.78)
    return near


def _characters(one: str, other: str) -> float:
    if one == other:
        return 1.0
    short, long = sorted((one, other), key=len)
    if len(short) >= 2 and (long.startswith(short) or long.endswith(short)):
        return 0.86
    return 0.3


def _joined(parts: Sequence[CompanyWord], single: CompanyWord) -> float:
    """How near several words written as one are to the other side's word."""
    if not -3 < len(single.text) - sum([len(part.text) for part in parts]) < 3:
        return 0.0
    if any(part.han for part in parts) or single.han or single.part is Part.NUMBER:
        return 0.0
    return joined_similarity("".join(part.text for part in parts), single.text)


def joined_similarity(together: str, single: str) -> float:
    """How near what was written as several words is to a single one."""
    if together == single:
        return 1.0
    if min(len(together), len(single)) >= 6:
        return 0.97 if spell(together).fold == spell(single).fold else spelling_similarity(together, single)
    return 0.0


def _bind(words: tuple[CompanyWord, ...], others: tuple[CompanyWord, ...]) -> tuple[CompanyWord, ...]:
    """`Yu Long` against `裕龙`: neighbouring Latin words that together read as the characters become one."""
    targets = [other.han for other in others if other.han and other.part is Part.CORE and len(other.han) > 1]
    out = list(words)
    for target in targets:
        pattern = romanisation(target)
        for size in range(2, 5):
            for start in range(len(out) - size + 1):
                run = out[start : start + size]
                text = "".join(word.text for word in run)
                if not any(word.han for word in run) and pattern.fullmatch(text):
                    out[start : start + size] = [CompanyWord(" ".join(w.written for w in run), spell(text), Part.CORE)]
                    break
    return tuple(out)


def _weights(words: Sequence[CompanyWord]) -> list[float]:
    """A name made of trade words, places and numbers only: then they are the name."""
    if any(word.part is Part.CORE for word in words):
        return [WEIGHTS[word.part] for word in words]
    return [0.0 if word.part is Part.LINK else 1.0 for word in words]


def _score(alignment: Alignment, a: Sequence[CompanyWord], b: Sequence[CompanyWord]) -> float:
    weights_a, weights_b = _weights(a), _weights(b)
    matched = agreed = 0.0
    core = False
    for pair in alignment.pairs:
        weight = max(_pair_weight(pair.first, a, weights_a), _pair_weight(pair.second, b, weights_b))
        matched += weight
        agreed += weight * pair.similarity
        core = core or weight >= 1.0
    left_a = sorted(((weights_a[i], _extra(a[i], weights_a[i])) for i in alignment.first_left), reverse=True)
    left_b = sorted(((weights_b[j], _extra(b[j], weights_b[j])) for j in alignment.second_left), reverse=True)
    cost = 0.0
    both = min(len(left_a), len(left_b))
    for (one, _), (other, _) in zip(left_a[:both], left_b[:both], strict=True):
        trades = one == other == WEIGHTS[Part.GENERIC]
        cost += (_CONFLICT_OF_TRADES if trades else _CONFLICT) * (one + other) / 2
    cost += sum(extra for _, extra in (*left_a[both:], *left_b[both:]))
    if not matched:
        return 0.0
    score = agreed / (matched + cost)
    return score if core else min(score, 0.7)


def _extra(word: CompanyWord, weight: float) -> float:
    """The cost of a word that the other side leaves out."""
    if word.text in EMPTY:
        return weight * _EMPTY_EXTRA
    return weight * (0.6 if word.part is Part.GENERIC and weight == 1.0 else _EXTRA[word.part])


def _pair_weight(indexes: tuple[int, ...], words: Sequence[CompanyWord], weights: list[float]) -> float:
    if len(indexes) > 1 and any(words[i].part is Part.CORE for i in indexes):
        return 1.0
    return max(weights[i] for i in indexes)


def _form_difference(first: CompanyName, second: CompanyName) -> tuple[float, Text | None]:
    one = [form for form in first.forms if form.family != "plain"]
    other = [form for form in second.forms if form.family != "plain"]
    if not one or not other or {form.name for form in one} & {form.name for form in other}:
        return 0.0, None
    if (one[0].name in _TRANSLATED) != (other[0].name in _TRANSLATED) and one[0].family in _COMMERCIAL:
        # `有限公司` and ООО are written Ltd., LLC or Co. in English as it comes.
        return (0.0, None) if other[0].family in _COMMERCIAL else (_OTHER_NATURE, None)
    note = Text("the legal forms differ: {one} and {other}", one=one[0].name.upper(), other=other[0].name.upper())
    families_one, families_other = {form.family for form in one}, {form.family for form in other}
    if families_one & families_other:
        return _OTHER_FORM, note
    if families_one & _COMMERCIAL and families_other & _COMMERCIAL:
        return _OTHER_FAMILY, note
    return _OTHER_NATURE, note


def _explain(alignment: Alignment, a: Sequence[CompanyWord], b: Sequence[CompanyWord]) -> tuple[Text, ...]:
    out: list[Text] = []
    for pair in alignment.pairs:
        one, other = _written(pair.first, a), _written(pair.second, b)
        if pair.similarity >= 0.995:
            out.append(Text("{one} agrees with {other}", one=one, other=other))
        else:
            percent = round(pair.similarity * 100)
            out.append(Text("{one} is like {other} ({percent} %)", one=one, other=other, percent=percent))
    for side, left in ((a, alignment.first_left), (b, alignment.second_left)):
        out.extend(Text("{word} has nothing on the other side", word=side[i].written) for i in left)
    return tuple(out)


def _written(indexes: tuple[int, ...], words: Sequence[CompanyWord]) -> str:
    return " ".join(words[i].written for i in indexes)


def _card(alignment: Alignment, a: Sequence[CompanyWord], b: Sequence[CompanyWord]) -> tuple[AlignedTokens, ...]:
    lines = [_line(pair, a, b) for pair in alignment.pairs]
    lines.extend(AlignedTokens(a[i].written, "", None, "missing") for i in alignment.first_left)
    lines.extend(AlignedTokens("", b[j].written, None, "missing") for j in alignment.second_left)
    return tuple(lines)


def _line(pair: Pair, a: Sequence[CompanyWord], b: Sequence[CompanyWord]) -> AlignedTokens:
    how = "same" if pair.similarity >= 0.995 else "like"
    return AlignedTokens(_written(pair.first, a), _written(pair.second, b), round(pair.similarity, 3), how)
