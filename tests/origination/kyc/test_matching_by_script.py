"""Names in Hebrew, Greek, Thai and Korean writing; words that are written in two ways; relatives that look alike.

The Latin writings are those that the people themselves or their governments use.
"""

import pytest

from origination.domain.screening.greek import latin_from_greek
from origination.domain.screening.index import ScreeningIndex
from origination.domain.screening.match import match_pair
from origination.domain.screening.party import ListedEntry, ListedName, PartyKind, ScreenedParty
from origination.domain.screening.screen import screen_party
from origination.domain.screening.sino_korean import is_same_name, sounds_key, southern_form
from origination.domain.screening.thai import latin_from_thai

PERSON, COMPANY = PartyKind.PERSON, PartyKind.COMPANY
ONE_PERSON = [
    ("בנימין נתניהו", "Binyamin NETANYAHU"),
    ("יצחק רבין", "Yitzhak Rabin"),
    ("שמעון פרס", "Shimon Peres"),
    ("ציפי לבני", "LIVNI, Tzipi"),
    ("Αλέξης Τσίπρας", "Alexis Tsipras"),
    ("Νίκος Παπαδόπουλος", "Nikolaos Papadopoulos"),
    ("Ευάγγελος Βενιζέλος", "Evangelos Venizelos"),
    ("ทักษิณ ชินวัตร", "Thaksin Shinawatra"),
    ("สมชาย วงศ์สวัสดิ์", "Somchai Wongsawat"),
    ("ประยุทธ์ จันทร์โอชา", "Prayuth Chanocha"),
    ("金正恩", "김정은"),
    ("朴正熙", "Park Chung-hee"),
    ("이영길", "리영길"),
    ("李英吉", "Ri Yong Gil"),
    ("محمود احمدی‌نژاد", "Mahmoud Ahmadinejad"),
    ("سعید مرتضوی", "Saeed Mortazavi"),
    ("امیرعلی حاجی‌زاده", "Amir Ali Hajizadeh"),
    ("حافظ محمد سعید", "Hafiz Muhammad Saeed"),
    ("Hisham Ichtijar", "IKHTIYAR, Hisham"),
    ("Vlastimir Dordevic", "DJORDJEVIC, Vlastimir"),
    ("Aiman al-Dhawahiri", "Ayman Zawahri"),
    ("J. E. Zuma", "Jacob Zuma"),
    ("U Min Aung Hlaing", "Min Aung Hlaing"),
    ("Abdul Hafiz Zlitni", "ZLITNI, Abdulhafid"),
]
OTHER_PEOPLE = [
    ("אהוד אולמרט", "Ehud Barak"),
    ("Γιάννης Παπαδόπουλος", "Nikolaos Papadopoulos"),
    ("金正日", "김정은"),
    ("朱平", "Zhu Bian"),
    ("Martina Schneider", "Martin Schneider"),
    ("Claudia Mendez", "MENDEZ, Claudio"),
    ("Qusay Saddam Hussein al-Tikriti", "Saddam Hussein al-Tikriti"),
    ("احمد علي عبدالله صالح", "علي عبدالله صالح"),
    ("Le Van Minh", "Le Van Manh"),
    ("Lars Nielsen", "Lars Nilsson"),
    ("Klaus Fischer", "Klaus Fischler"),
]
ONE_COMPANY = [
    ("شرکت ملی نفت ایران", "National Iranian Oil Company"),
    ("المصرف التجاري السوري", "Commercial Bank of Syria"),
    ("深圳市大疆创新科技有限公司", "Shenzhen Dajiang Innovation Technology Co Ltd"),
    ("中国工商银行股份有限公司", "Industrial and Commercial Bank of China"),
    ("Jabhat an-Nusrah", "Jabhat al-Nusra"),
    ("IRISL Group", "Islamic Republic of Iran Shipping Lines"),
    ("НК Роснефть", "Rosneft Oil Company"),
    ("Ocean Carrier III SA", "Ocean Carrier 3 SA"),
]


@pytest.mark.parametrize(("one", "other"), ONE_PERSON)
def test_writings_of_one_person(one, other):
    assert match_pair(one, other, PERSON).alert
    assert match_pair(one, other, PERSON).score == match_pair(other, one, PERSON).score


@pytest.mark.parametrize(("one", "other"), OTHER_PEOPLE)
def test_other_people(one, other):
    assert not match_pair(one, other, PERSON).alert
    assert not match_pair(other, one, PERSON).alert


@pytest.mark.parametrize(("one", "other"), ONE_COMPANY)
def test_writings_of_one_company(one, other):
    assert match_pair(one, other, COMPANY).alert
    assert match_pair(other, one, COMPANY).alert


def test_another_number_is_another_company():
    assert not match_pair("Silver Lake II LLC", "Silver Lake III LLC", COMPANY).alert


@pytest.mark.parametrize(("kind", "pairs"), [(PERSON, ONE_PERSON), (COMPANY, ONE_COMPANY)])
def test_the_index_finds_both_from_either_side(kind, pairs):
    names = [name for pair in pairs for name in pair]
    index = ScreeningIndex(ListedEntry("own", name, kind, (ListedName(name),)) for name in names)
    for one, other in pairs:
        for query, listed in ((one, other), (other, one)):
            assert listed in {alert.entry_id for alert in screen_party(index, ScreenedParty((query,), kind))}


def test_greek_as_passports_write_it():
    # ELOT 743
    written = {"Παπαδόπουλος": "papadopoulos", "Αγγελόπουλος": "angelopoulos", "Μπακογιάννη": "bakogianni",
               "Ευθυμίου": "efthymiou", "Ευάγγελος": "evangelos", "Ψαρρός": "psarros", "Ραΐσης": "raisis"}  # fmt: skip
    assert {name: latin_from_greek(name) for name in written} == written


def test_thai_letters_that_nobody_hears():
    assert latin_from_thai("ประยุทธ์") == "prayut"
    assert latin_from_thai("หลีกภัย").startswith("lik")
    assert latin_from_thai("ชวน") == "chuan"


def test_korean_syllables_of_characters():
    assert southern_form("리") == "이"
    assert southern_form("로") == "노"
    assert southern_form("김") == "김"
    assert is_same_name("李英吉", "이영길")
    assert not is_same_name("李英吉", "이영호")
    assert sounds_key("李英吉") == sounds_key("이영길")
    assert sounds_key("李鑫") == ""
