"""Screening through the index finds exactly what comparing with every listed name finds."""

from hypothesis import given, settings
from hypothesis import strategies as st

from origination.domain.screening.index import ScreeningIndex
from origination.domain.screening.match import ALERT_MIN, match_pair
from origination.domain.screening.party import ListedEntry, ListedName, PartyKind, ScreenedParty
from origination.domain.screening.screen import screen_party

PEOPLE = (
    "Muhammad", "Mohamed", "Mahmoud", "Ahmad", "Achmed", "Ali", "Hussein", "Khusain", "Hassan", "Abd al-Rahman",
    "Abdulrahman", "Abdullah", "bin", "Ivanovich", "Ivan", "Petrov", "Petrova", "Peter", "J.", "M", "Li", "Lee", "Wei",
    "Jinping", "Kim", "Jong", "Un", "Jong-un", "Juan Carlos", "Juancarlos", "Garcia", "Dr", "Haji", "al-Tikriti",
    "Tikrity", "Dhawahiri", "Zawahiri", "Ichtijar", "Ikhtiyar", "Yusuf", "Youssef", "Smith", "Smyth", "Ortega,", "Khan",
    "محمد", "علي", "عبد الرحمن", "التكريتي", "حسين", "יוסף", "כהן", "Иван", "Петров", "Γιώργος",
)  # fmt: skip
WHOLE = (
    "习近平",
    "金正恩",
    "김정은",
    "李娜",
    "张玉兰",
    "弗拉基米尔·普京",
    "Vladimir Putin",
    "ZHANG Yulan",
    "Li Na",
    "Kim Jong Un",
)
COMPANIES = (
    "Golden", "Star", "Goldenstar", "Al-Noor", "Nour", "Trading", "Trade", "Shipping", "Services", "of", "Iran",
    "Iranian", "National", "Oil", "Company", "Co", "Ltd", "LLC", "GmbH", "SA", "Group", "12", "Twelve", "III", "3",
    "Rosneft", "Роснефть", "ООО", "Petrochemical", "Petro", "Yulong", "裕龙石化", "有限公司", "شركة", "النور",
    "للتجارة", "NIOC", "IRISL", "Shanghai", "上海",
)  # fmt: skip


def names(words: tuple[str, ...], whole: tuple[str, ...] = ()) -> st.SearchStrategy[str]:
    made = st.lists(st.sampled_from(words), min_size=1, max_size=5, unique=words is COMPANIES).map(" ".join)
    return made | st.sampled_from(whole) if whole else made


@st.composite
def typed(draw, words: st.SearchStrategy[str]) -> str:
    """A name, perhaps with one letter wrong, left out or doubled."""
    name = draw(words)
    at = draw(st.integers(0, len(name) - 1))
    # Without its dots a foreigner's name in characters is compared, but not found by the index.
    if draw(st.booleans()) and name[at] != "·":
        name = name[:at] + draw(st.sampled_from(["", "a", "h", "s", name[at] * 2])) + name[at + 1 :]
    return name


def same(kind: PartyKind, listed: list[str], query: str) -> None:
    index = ScreeningIndex(ListedEntry("own", str(i), kind, (ListedName(name),)) for i, name in enumerate(listed))
    found = {alert.entry_id for alert in screen_party(index, ScreenedParty((query,), kind))}
    wanted = {str(i): name for i, name in enumerate(listed) if match_pair(query, name, kind).score >= ALERT_MIN}
    assert found == wanted.keys(), (query, [wanted.get(i, listed[int(i)]) for i in found ^ wanted.keys()])


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.lists(names(PEOPLE, WHOLE), min_size=1, max_size=25), typed(names(PEOPLE, WHOLE)))
def test_people(listed, query):
    same(PartyKind.PERSON, listed, query)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(names(COMPANIES), min_size=1, max_size=25), typed(names(COMPANIES)))
def test_companies(listed, query):
    same(PartyKind.COMPANY, listed, query)
