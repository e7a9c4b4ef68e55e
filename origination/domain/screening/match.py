"""One name against one listed name, with all that tells people apart: the score and whether a person must look."""

from __future__ import annotations

from dataclasses import dataclass

from core.domain.texts import Text
from origination.domain.screening.birth import Birth, BirthMatch, compare_to_any
from origination.domain.screening.company import compare_companies
from origination.domain.screening.company_words import prepare_company
from origination.domain.screening.party import AlignedTokens, Comparison, PartyKind
from origination.domain.screening.person import compare_people
from origination.domain.screening.words import prepare_person

ALERT_MIN = 0.80
_CLEARED, SAME_BIRTH = 0.5, 0.05


@dataclass(frozen=True, slots=True)
class Match:
    """The verdict on one pair."""

    score: float
    alert: bool
    explanation: tuple[Text, ...]
    tokens: tuple[AlignedTokens, ...] = ()


def compare_names(query: str, listed: str, kind: PartyKind) -> Comparison:
    """The names alone, 0 to 1."""
    if kind is PartyKind.PERSON:
        return compare_people(prepare_person(query), prepare_person(listed))
    return compare_companies(prepare_company(query), prepare_company(listed))


def judge(comparison: Comparison, birth: Birth | None, births: tuple[Birth, ...], *, least: float = ALERT_MIN) -> Match:
    """The names' score put together with the dates of birth; only a clear conflict clears."""
    answer = compare_to_any(birth, births)
    if not comparison.explanation:
        return _quick(comparison.score, answer, least)
    listed = ", ".join(str(b) for b in births)
    score, notes = comparison.score, list(comparison.explanation)
    if answer is BirthMatch.CONFLICT:
        notes.append(Text("the dates of birth, {one} and {other}, are years apart", one=birth, other=listed))
        return Match(round(min(score, _CLEARED), 4), alert=False, explanation=tuple(notes), tokens=comparison.tokens)
    if answer is BirthMatch.SAME:
        notes.append(Text("the date of birth {one} agrees", one=birth))
        score = min(1.0, score + SAME_BIRTH)
    elif answer is BirthMatch.NEAR:
        notes.append(Text("the dates of birth {one} and {other} are near", one=birth, other=listed))
    return Match(round(score, 4), score >= least, tuple(notes), comparison.tokens)


def _quick(score: float, answer: BirthMatch, least: float) -> Match:
    if answer is BirthMatch.CONFLICT:
        return Match(min(score, _CLEARED), alert=False, explanation=())
    score = min(1.0, score + SAME_BIRTH) if answer is BirthMatch.SAME else score
    return Match(round(score, 4), alert=score >= least, explanation=())


def match_pair(
    query: str, listed: str, kind: PartyKind, query_birth: Birth | None = None, listed_birth: Birth | None = None
) -> Match:
    """Two names with their dates of birth."""
    births = (listed_birth,) if listed_birth and kind is PartyKind.PERSON else ()
    return judge(compare_names(query, listed, kind), query_birth, births)
