"""Writings of one name, and names that only look alike, by how languages make names; the index finds them too."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origination.domain.screening import cantonese, han, hongkong
from origination.domain.screening.acronym import acronym, initials, likeness
from origination.domain.screening.company_words import prepare_company
from origination.domain.screening.index import ScreeningIndex
from origination.domain.screening.match import match_pair
from origination.domain.screening.party import ListedEntry, ListedName, PartyKind, ScreenedParty
from origination.domain.screening.screen import screen_party

PERSON, COMPANY = PartyKind.PERSON, PartyKind.COMPANY


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # Hong Kong's chief executives and secretaries as its government writes them, and in Mandarin
        ("林郑月娥", "Carrie LAM Cheng Yuet-ngor"),
        ("Lee Ka-chiu", "Li Jiachao"),
        ("Chris TANG Ping-keung", "Deng Bingqiang"),
        ("何厚鏵", "HO Hau Wah, Edmund"),
        ("Hui Ka Yan", "許家印"),
        ("蒋介石", "Chiang Kai-shek"),
        # Taiwan
        ("Cai Yingwen", "TSAI Ing-wen"),
        ("賴清德", "LAI Ching-te"),
        ("Shi Jinpin", "Xi Jinping"),
        # a short form and a middle name left out
        ("Bill Clinton", "William Jefferson CLINTON"),
        # what is quoted is a nickname
        ('Joaquín "El Chapo" Guzmán', "GUZMAN LOERA, Joaquin"),
        ("Djordje Djuric", "ĐURIĆ, Đorđe"),
        ("Nguyễn Phú Trọng", "Nguyen Phu Trong"),
        ("نور الدين زنكي", "Noureddine ZENGI"),
    ],
)
def test_writings_of_one_person_alert(one, other):
    assert match_pair(one, other, PERSON).alert
    assert match_pair(other, one, PERSON).alert


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Huang Xiaoming", "HUANG Xiaoling"),
        ("Zhu Hailong", "ZHU Hailun"),
        ("Nguyen Thi Lan", "NGUYEN, Thi Loan"),
        ("Sun Jie", "RI JE-SON"),
        ("Ibrahim bin Ismail", "ISMAIL BIN IBRAHIM"),
        ("Abdul Aziz bin Abdullah", "ABDULLAH BIN ABDUL AZIZ"),
        ("Abdul Kabir", "Abdul QADIR"),
        ("Marina Petrova", "PETROV, Marin"),
        ("Maria Garcia", "GARCIA, Mario"),
        ("Rajesh Kumar Sharma", "SHARMA, Rakesh Kumar"),
        ("حسن العلي", "HUSAYN, 'Ali"),
        ("محمود القاسم", "QASIM, Mohammed"),
    ],
)
def test_names_that_look_alike_and_are_of_other_people_do_not(one, other):
    assert not match_pair(one, other, PERSON).alert
    assert not match_pair(other, one, PERSON).alert


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("I.R.I.S.L.", "Islamic Republic of Iran Shipping Lines"),
        ("PDVSA", "Petróleos de Venezuela, S.A."),
        ("CNOOC Ltd", "China National Offshore Oil Corporation"),
        ("IBM Corp.", "International Business Machines Corporation"),
        ("Mfg Solutions Inc", "Manufacturing Solutions Incorporated"),
        ("Intl Shipping Svcs Co", "International Shipping Services Company"),
        ("China Exim Bank", "Export-Import Bank of China"),
        ("Объединенная судостроительная корпорация", "United Shipbuilding Corporation"),
        ("Royal Philips NV", "Koninklijke Philips N.V."),
        ("MOL Nyrt.", "MOL Nyilvánosan Működő Részvénytársaság"),
        ("Petronas Berhad", "PETRONAS BHD"),
        ("Công ty TNHH Sao Mai", "Sao Mai Co., Ltd"),
        ("Almaz-Antey", "Концерн ВКО Алмаз-Антей"),
    ],
)
def test_writings_of_one_company_alert(one, other):
    assert match_pair(one, other, COMPANY).alert
    assert match_pair(other, one, COMPANY).alert


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("NIOC", "National Iranian Tanker Company"),
        ("CNPC", "China National Precision Machinery Import Export Corp"),
        ("Arm", "Advanced Rice Mills"),
        ("Golden Star Trading", "Golden Star Shipping"),
        ("Johnson Controls", "Johnson & Johnson Inc"),
    ],
)
def test_other_companies_do_not(one, other):
    assert not match_pair(one, other, COMPANY).alert


def test_acronyms_take_links_and_legal_forms_in_or_leave_them_out():
    full = prepare_company("Petróleos de Venezuela, S.A.")
    assert {"pdv", "pdvsa"} <= initials(full)
    assert acronym(prepare_company("PDVSA")) == "pdvsa"
    assert acronym(prepare_company("Arm")) == "" == acronym(prepare_company("Arm Holdings"))
    assert likeness(prepare_company("PDVSA"), full) == likeness(full, prepare_company("PDVSA")) > 0.8
    assert initials(prepare_company("Rosneft Oil")) == frozenset()


def listed(kind: PartyKind, *names: str) -> ScreeningIndex:
    return ScreeningIndex(ListedEntry("own", name, kind, (ListedName(name),)) for name in names)


def test_the_index_finds_acronyms_both_ways_and_cantonese_both_ways():
    companies = listed(COMPANY, "PDVSA", "Islamic Republic of Iran Shipping Lines", "Rosneft")
    for name, entry in (
        ("Petróleos de Venezuela, S.A.", "PDVSA"),
        ("IRISL", "Islamic Republic of Iran Shipping Lines"),
    ):
        assert [alert.entry_id for alert in screen_party(companies, ScreenedParty((name,), COMPANY))] == [entry]
    people = listed(PERSON, "LI Jiachao", "Chris TANG Ping-keung", "何厚鏵")
    for name, entry in (
        ("John Lee Ka Chiu", "LI Jiachao"),
        ("Deng Bingqiang", "Chris TANG Ping-keung"),
        ("Edmund Ho Hau Wah", "何厚鏵"),
    ):
        assert [alert.entry_id for alert in screen_party(people, ScreenedParty((name,), PERSON))] == [entry]


def test_cantonese_tables_agree_with_each_other_and_with_the_dictionary_of_mandarin():
    wanted: dict[str, set[str]] = {}
    for char, syllables in cantonese.readings_by_character().items():
        for syllable in syllables:
            wanted.setdefault(syllable, set()).update(han.mandarin(char)[:2])
    assert {syllable: set(found) for syllable, found in cantonese.mandarin_of().items()} == wanted
    for char in han.common_surnames() | set(han.characters_with_other_readings()):
        assert set(cantonese.pinyin_of(char)) == set(han.mandarin(char)[:2])
    # the spellings of the Hong Kong government: names of streets and districts
    for char, writing in zip(
        "旺角荃湾铜锣深圳", ("wong", "kok", "tsuen", "wan", "tung", "lo", "sham", "chun"), strict=True
    ):
        assert writing in cantonese.cantonese_readings(char)


SOUTHERN = ("lee", "wong", "tsang", "leung", "kwok")
GIVEN = ("ka", "chiu", "ping", "keung", "yuet", "ngor", "wai", "ming", "chi", "hung")
PINYIN = (
    "li",
    "wang",
    "zeng",
    "liang",
    "guo",
    "jia",
    "chao",
    "bing",
    "qiang",
    "yue",
    "e",
    "wei",
    "ming",
    "zhi",
    "hong",
)


@given(
    st.tuples(st.sampled_from(SOUTHERN), st.sampled_from(GIVEN), st.sampled_from(GIVEN)),
    st.tuples(st.sampled_from(PINYIN), st.sampled_from(PINYIN), st.sampled_from(PINYIN)),
)
def test_names_that_are_one_by_cantonese_share_a_key(southern, mandarin):
    assert hongkong.one_name(southern, mandarin) == hongkong.one_name(mandarin, southern)
    if hongkong.one_name(southern, mandarin):
        keys = [hongkong.mixed_keys(words) for words in (southern, mandarin)]
        assert any(a[0] & b[1] for a, b in pairwise([*keys, keys[0]]))
