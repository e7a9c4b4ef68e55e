"""The quick searches of the name index against the measures that they stand for: nothing alike is left out."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from origination.domain.screening import lexicon
from origination.domain.screening.arabic import arabic_similarity, plausible, settle
from origination.domain.screening.arabic_many import LatinWords, NativeWords
from origination.domain.screening.company import compare_companies
from origination.domain.screening.fold import spell
from origination.domain.screening.index import ScreeningIndex
from origination.domain.screening.korean import korean_keys, same_korean_name
from origination.domain.screening.letters import Letters
from origination.domain.screening.match import ALERT_MIN, match_pair
from origination.domain.screening.party import ListedEntry, ListedName, PartyKind
from origination.domain.screening.person import compare_people
from origination.domain.screening.similarity import word_letters
from origination.domain.screening.vocabulary import Vocabulary, VocabularyBuilder
from origination.domain.screening.words import split_words
from origination.providers.sanctions import load_files
from origination.steps.screening_lists import SAMPLE

ARABIC = ("محمد", "عبد", "الكريم", "حسين", "سعید", "جغرافي", "طالباني", "قذافي", "يوسف", "ژاله", "رحمت", "نور")


@cache
def entries() -> tuple[ListedEntry, ...]:
    (one,) = load_files(sorted(SAMPLE.glob("*.csv")))
    originals = ("مزاحم صعب حسن التكريتي", "رحمت الله کاکا زاده", "قصي صدام حسين التكريتي", "陈道明", "김정은")
    natives = ListedEntry("own", "n", PartyKind.PERSON, tuple(map(ListedName, originals)))
    works = ListedEntry("own", "c", PartyKind.COMPANY, (ListedName("شركة الرحمة للتجارة"), ListedName("裕龙石化")))
    return (*(entry for entry in one.entries if not entry.subtype), natives, works)


@cache
def index() -> ScreeningIndex:
    return ScreeningIndex(entries())


@cache
def words() -> tuple[str, ...]:
    texts = (name.text for entry in entries() for name in entry.names)
    found = {word.lower() for text in texts for word in split_words(text)}
    return tuple(sorted(word for word in found if word.isascii() and word.isalpha()))


@cache
def letters() -> Letters:
    return Letters([spell(word) for word in words()])


LEAST = ALERT_MIN - 0.06
letter = st.sampled_from("aeioukhgszctdbpfmnlrjqwxyv")


@st.composite
def misspelt(draw):
    """A listed word with up to two letters changed, dropped or added."""
    word = draw(st.sampled_from(words()))
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(word)))
        word = word[:at] + draw(letter | st.just("")) + word[at + draw(st.integers(0, 1)) :]
    return word or "a"


@settings(max_examples=40, deadline=None)
@given(misspelt() | st.text(letter, min_size=1, max_size=12), st.sampled_from([0.78, 0.88, 0.93]))
def test_no_word_alike_by_its_letters_is_left_out(word, least):
    own = spell(word)
    wanted = {i for i, other in enumerate(words()) if word_letters(own, spell(other)) >= least}
    assert wanted <= letters().alike(own, least)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(words()) | st.text(letter, min_size=1, max_size=12))
def test_arabic_words_read_as_a_latin_one_many_at_a_time_as_one_by_one(latin):
    natives = [settle(word) for word in ARABIC]
    found = NativeWords(natives).read_as(latin, np.arange(len(natives), dtype=np.int32))
    for native, near in zip(natives, found, strict=True):
        # one by one, a hopeless reading is given up as nothing
        assert arabic_similarity(native, latin) == pytest.approx(near) or near <= 0.5 >= arabic_similarity(
            native, latin
        )


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(ARABIC), st.integers(0, 19))
def test_latin_readings_of_an_arabic_word_many_at_a_time_as_one_by_one(native, part):
    some = words()[part::20]
    found = LatinWords(some).readings(settle(native), np.arange(len(some), dtype=np.int32))
    for latin, near in zip(some, found, strict=True):
        one = arabic_similarity(settle(native), latin)
        assert one == pytest.approx(near) or near <= 0.5 >= one


@cache
def vocabulary() -> Vocabulary:
    builder = VocabularyBuilder()
    for number, word in enumerate((*words(), *map(settle, ARABIC))):
        builder.add(word, number)
    return Vocabulary(*builder.arrays())


@pytest.mark.parametrize("native", ARABIC)
def test_no_latin_reading_is_left_out_of_the_vocabulary(native):
    """Joined words are read without the quick test of arabic.py, so every good reading must be found."""
    found = vocabulary().latin_readings(settle(native), 0.88)
    read = {vocabulary().number[word] for word in words() if arabic_similarity(settle(native), word) >= 0.88}
    group = lexicon.name_groups().get(settle(native))
    known = {vocabulary().number[word] for word in words() if lexicon.name_groups().get(word) == group}
    assert read | (set() if group is None else known) == found.keys()


@settings(max_examples=30, deadline=None)
@given(misspelt())
def test_no_arabic_word_read_as_a_latin_one_is_left_out(latin):
    for least in (0.78, 0.88):
        found = vocabulary().native_read_as(spell(latin), least)
        for word in map(settle, ARABIC):
            possible = least > 0.78 or plausible(word, spell(latin).skeleton)
            group = lexicon.name_groups().get(word)
            known = group is not None and group == lexicon.name_groups().get(latin)
            wanted = (arabic_similarity(word, latin) >= least and possible) or known
            assert wanted == (vocabulary().number[word] in found)


QUERIES = {
    PartyKind.PERSON: [
        "Hawatmeh Nayef", "Chapo Guzman Loera Joaquin", "Muhammad al-Tikriti", "Abdul Rahman Yasin", "Kim Jong Sik",
        "Gim Jeong-sik", "Gilberto Rodriguez Orejuela", "Ivan Petrov", "Usama bin Ladin", "أيمن الظواهري", "Li Wei",
        "Айман Завахири", "Muzahim Sab Hassan Tikriti", "قصي صدام حسين", "陈道明", "Daoming Chen", "Kim Jong-un",
        "Mohammed Otto", "Dr. Ahmad Jibril", "JIBRIL A.", "Rahmatullah Kakazada", "Maria del Carmen Lopez Garcia",
    ],
    PartyKind.COMPANY: [
        "Al-Aqsa Islamic Bank", "Beit el Mal Holdings", "General Trading Company", "Rahma Trading LLC", "ООО Вектор",
        "Shandong Yulong Petrochemical", "Bank of Iran", "National Shipping Lines", "Kayan Tours and Travel S.A.",
    ],
}  # fmt: skip


@pytest.mark.parametrize("kind", list(PartyKind))
def test_the_index_passes_over_no_pair_that_the_comparison_would_alert(kind):
    """Exhaustive over a sixth of the sample, and for more than the alerts: names a little below the threshold."""
    forms = index().forms(kind)[::6]
    compare = compare_people if kind is PartyKind.PERSON else compare_companies
    for query in QUERIES[kind]:
        prepared, found = index().candidates(query, kind, LEAST)
        kept = {id(form) for form in found}
        passed = [form for form in forms if id(form) not in kept]
        missed = [form.text for form in passed if compare(prepared, form.prepared, explain=False).score >= LEAST]
        assert missed == [], query


def test_an_index_of_one_kind_only_can_be_searched():
    for kind in PartyKind:
        only = ScreeningIndex(entry for entry in entries() if entry.kind is kind)
        for other in PartyKind:
            assert bool(only.candidates(entries()[-1].names[0].text, other, 0.8)[1]) is (
                other is kind is PartyKind.COMPANY
            )


# Revised, McCune-Reischauer and passport spellings of the same syllables (박종철, 최룡해, 장명진).
KOREAN = [
    ("Park Jong-cheol", "PAK, Chong Chol"),
    ("CHOE Ryong Hae", "Choi Ryonghae"),
    ("Jang Myong-Jin", "CHANG MYONG-CHIN"),
    ("Lee Pyong Chul", "RI PYONG CHUL"),
]


@pytest.mark.parametrize(("one", "other"), KOREAN)
def test_romanisations_of_korean(one, other):
    assert match_pair(one, other, PartyKind.PERSON).alert
    sides = [tuple(word.lower() for word in split_words(name.replace(",", ""))) for name in (one, other)]
    assert same_korean_name(*sides)
    assert korean_keys(sides[0]) & korean_keys(sides[1])


@pytest.mark.parametrize(
    ("one", "other"),
    [("KIM, Jong Chol", "KIM YONG CHOL"), ("김정웅", "KIM JUNG JONG"), ("Jang Song Nam", "JANG SONG CHOL")],
)
def test_other_korean_names(one, other):
    assert not match_pair(one, other, PartyKind.PERSON).alert


@pytest.mark.parametrize("name", ["佐藤和也", "鈴木太郎", "青木英樹", "山口智也"])
def test_japanese_names_are_not_read_as_foreigners_in_characters(name):
    """They alerted on any name whose consonants fitted."""
    listed = ("HAN, Cellat", "Rehmatullah", "ZIAEI, Gholamreza", "LUO, Chuanxu")
    assert not any(match_pair(name, other, PartyKind.PERSON).alert for other in listed)


@pytest.mark.parametrize(
    ("query", "listed"),
    [
        ("Donald TSANG Yam-kuen", "曾荫权"),
        ("Mohammad Tahre Anwari", "MUHAMMAD TAHER ANWARI"),
        ("LAREDO DONJUAN, Job", "LAREDO DON JUAN, Job"),
        ("DABBAS, Rania", "ALDABBAS, Rania"),
    ],
)
def test_slips_articles_and_western_names(query, listed):
    assert match_pair(query, listed, PartyKind.PERSON).alert
    (alike,) = ScreeningIndex([ListedEntry("own", "1", PartyKind.PERSON, (ListedName(listed),))]).candidates(
        query, PartyKind.PERSON, ALERT_MIN
    )[1]
    assert alike.text == listed


@pytest.mark.parametrize(
    ("query", "listed"),
    [
        ("abdallah abdulla ahmet", "ABDULLAH ABDULLAH"),  # a word twice on one side
        ("ahmed abd akhmad", "AL-AHMAD, Ahmad 'Abd al-Malik"),
        ("Hussein Hussain Khusain", "HUSAYN, Husein Hoseyn"),
        ("J. E. Zuma", "ZUMA, Jacob"),
        ("Zuma, Jacob", "ZUMA J. E."),
        ("张玉兰", "ZHANG Yulan"),
        ("张玉兰", "CHEUNG, Yuk Lan"),
        ("张玉兰", "Chang Yu-lan"),
        ("张玉兰", "ZHANG, Yulam"),
    ],
)
def test_what_the_bound_must_let_pass(query, listed):
    assert match_pair(query, listed, PartyKind.PERSON).alert
    few = ScreeningIndex([ListedEntry("own", "1", PartyKind.PERSON, (ListedName(listed),))])
    assert len(few.candidates(query, PartyKind.PERSON, ALERT_MIN)[1]) == 1
