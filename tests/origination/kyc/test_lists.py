"""List files: the shipped sample, each publisher's form, and every kind of damaged or hostile file."""

from datetime import date
from pathlib import Path
from time import process_time

import pytest

from core.domain.errors import InvalidInput
from origination.domain.screening.birth import Birth
from origination.domain.screening.entry_json import entry_from_json, entry_sha256, entry_to_json
from origination.domain.screening.index import ScreeningIndex
from origination.domain.screening.party import ListedEntry, ListedName, PartyKind, ScreenedParty
from origination.domain.screening.screen import screen_party
from origination.providers.sanctions import check_not_shrunken, load_contents, load_files

SAMPLE = Path(__file__).resolve().parents[3] / "origination" / "reference" / "ofac_sample"
SDN = b'36,"AEROCARIBBEAN AIRLINES",-0- ,"CUBA",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \n'
PERSON_LINE = (
    b'2681,"HAWATMA, Nayif","individual","SDGT",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,'
    b"\"DOB 17 Nov 1933; alt. DOB circa 1935; Passport 92/664 (Egypt); a.k.a. 'THE TEACHER'.\"\n"
)
ALT = b'2681,1798,"aka","HAWATMEH, Nayif",-0- \n'
ADD = b'2681,1,-0- ,"Damascus","Syria",-0- \n'
OFAC_XML = b"""<?xml version="1.0" standalone="yes"?>
<sdnList xmlns="http://tempuri.org/sdnList.xsd"><publshInformation><Publish_Date>02/27/2026</Publish_Date>
<Record_Count>1</Record_Count></publshInformation><sdnEntry><uid>2681</uid><firstName>Nayif</firstName>
<lastName>HAWATMA</lastName><sdnType>Individual</sdnType><programList><program>SDGT</program></programList>
<akaList><aka><uid>1</uid><type>a.k.a.</type><category>weak</category><lastName>THE TEACHER</lastName></aka></akaList>
<dateOfBirthList><dateOfBirthItem><uid>2</uid><dateOfBirth>17 Nov 1933</dateOfBirth></dateOfBirthItem>
</dateOfBirthList></sdnEntry></sdnList>"""
UN_XML = """<?xml version="1.0" encoding="utf-8"?><CONSOLIDATED_LIST dateGenerated="2026-02-27T00:00:09Z"><INDIVIDUALS>
<INDIVIDUAL><DATAID>1</DATAID><FIRST_NAME>QUSAY</FIRST_NAME><SECOND_NAME>SADDAM</SECOND_NAME>
<THIRD_NAME>HUSSEIN AL-TIKRITI</THIRD_NAME><UN_LIST_TYPE>Iraq</UN_LIST_TYPE>
<NAME_ORIGINAL_SCRIPT>قصي صدام حسين التكريتي</NAME_ORIGINAL_SCRIPT>
<INDIVIDUAL_ALIAS><QUALITY>Low</QUALITY><ALIAS_NAME>The Boss</ALIAS_NAME></INDIVIDUAL_ALIAS>
<INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>BETWEEN</TYPE_OF_DATE><FROM_YEAR>1965</FROM_YEAR><TO_YEAR>1966</TO_YEAR>
</INDIVIDUAL_DATE_OF_BIRTH><NATIONALITY><VALUE>Iraq</VALUE></NATIONALITY></INDIVIDUAL></INDIVIDUALS>
<ENTITIES><ENTITY><DATAID>2</DATAID><FIRST_NAME>FDLR</FIRST_NAME></ENTITY></ENTITIES></CONSOLIDATED_LIST>""".encode()
OWN = (
    b"id,name,kind,aliases,births,identifiers\n"
    b'1,"Doe, John",person,Johnny Doe;J. Doe,1970-01-02;1971,passport:X1234567\n'
)


def test_the_three_ofac_files_make_whole_entries_in_any_order():
    (one,) = load_contents({"add.csv": ADD, "alt.csv": ALT, "sdn.csv": SDN + PERSON_LINE + b"\x1a"})
    assert (one.name, one.counts, one.names) == ("OFAC SDN", {"company": 1, "person": 1}, 4)
    person = one.entries[1]
    assert [(n.text, n.weak) for n in person.names] == [
        ("HAWATMA, Nayif", False), ("HAWATMEH, Nayif", False), ("THE TEACHER", True),
    ]  # fmt: skip
    assert person.births == (Birth(1933, 1933, 11, 17), Birth(1933, 1937))
    assert person.identifiers == (("Passport", "92/664"),)
    assert person.countries == ("Syria",)


def test_ofac_xml_and_un_xml():
    (ofac,) = load_contents({"sdn.xml": OFAC_XML})
    assert (ofac.edition_on, ofac.entries[0].names[0].text) == (date(2026, 2, 27), "HAWATMA, Nayif")
    assert ofac.entries[0].names[1].weak
    (un,) = load_contents({"un.xml": UN_XML})
    assert (un.edition_on, un.counts) == (date(2026, 2, 27), {"person": 1, "company": 1})
    person = un.entries[0]
    assert person.names[0].text == "QUSAY SADDAM HUSSEIN AL-TIKRITI"
    assert (person.names[2].text, person.names[2].weak) == ("The Boss", True)
    assert person.births == (Birth(1965, 1966),)


def test_own_csv():
    (own,) = load_contents({"watch.csv": OWN})
    assert (own.name, own.entries[0].names[1].text) == ("watch", "Johnny Doe")
    assert own.entries[0].identifiers == (("passport", "X1234567"),)


def billion_laughs() -> bytes:
    levels = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 12))
    return f'<?xml version="1.0"?><!DOCTYPE sdnList [<!ENTITY l0 "lol">{levels}]><sdnList>&l11;</sdnList>'.encode()


HOSTILE = {
    "empty": ({"sdn.csv": b""}, "empty"),
    "only control-Z": ({"sdn.csv": b"\x1a\r\n"}, "empty"),
    "cut in a line": ({"sdn.csv": SDN + b'37,"BANCO NAC'}, "middle of a line"),
    "cut between columns": ({"sdn.csv": SDN + b'37,"BANCO",-0- ,"CUBA"'}, "Line 2 has 4 columns"),
    "entry twice": ({"sdn.csv": SDN + SDN}, "twice"),
    "aliases alone": ({"alt.csv": ALT}, "need the main file"),
    "two editions": ({"a.csv": SDN, "b.csv": SDN}, "one edition"),
    "xml cut": ({"sdn.xml": OFAC_XML[:-40]}, "damaged"),
    "wrong count": ({"sdn.xml": OFAC_XML.replace(b"<Record_Count>1<", b"<Record_Count>2<")}, "promises 2"),
    "un cut": ({"un.xml": UN_XML[:-60]}, "damaged"),
    "document type": ({"sdn.xml": b'<!DOCTYPE sdnList SYSTEM "http://x/"><sdnList/>'}, "document type"),
    "billion laughs": ({"sdn.xml": billion_laughs()}, "document type"),
    "file in an entity": (
        {"sdn.xml": b'<!DOCTYPE sdnList [<!ENTITY f SYSTEM "file:///etc/passwd">]><sdnList>&f;</sdnList>'},
        "document type",
    ),
    "no list": ({"readme.txt": b"hello, this is no list\n"}, "no list"),
    "picture": ({"list.csv": b"\x89PNG\r\n\x1a\n\x00\x81\x8d"}, ""),
    "own without name": ({"own.csv": b"id,name,kind\n1,,person\n"}, "no id or no name"),
    "own with unknown kind": ({"own.csv": b"id,name,kind\n1,X,ship\n"}, "person or company"),
    "own with wrong date": ({"own.csv": b"id,name,kind,births\n1,X,person,soon\n"}, "no date of birth"),
    "own with unknown column": ({"own.csv": b"id,name,kind,colour\n1,X,person,red\n"}, "colour"),
    "own in another encoding": ({"own.csv": "id,name,kind\n1,王强,person\n".encode("gbk")}, "UTF-8"),
    "own with a NUL": ({"own.csv": b"id,name,kind\n1,I\x00van,person\n"}, "not text"),
    "own in UTF-16 without a mark": ({"own.csv": "id,name,kind\n1,X,person\n".encode("utf-16-le")}, "not text"),
    "own with an endless cell": ({"own.csv": b"id,name,kind\n1," + b"A" * 5_000_000 + b",person\n"}, "longer"),
    "main file with an endless cell": ({"sdn.csv": SDN + b'37,"' + b"A" * 5_000_000 + b'"'}, "longer"),
    "own cut": ({"own.csv": b"id,name,kind,remarks\n1,X,person\n"}, "as many columns"),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_a_damaged_or_hostile_file_is_refused_by_name_and_fast(case):
    contents, says = HOSTILE[case]
    started = process_time()
    with pytest.raises(InvalidInput) as error:
        load_contents(contents)
    assert process_time() - started < 1
    assert says in error.value.message
    assert set(error.value.fields) <= set(contents)


def test_an_own_list_in_utf_16_as_spreadsheets_save_it():
    (one,) = load_contents({"own.csv": "id,name,kind\n1,王强,person\n".encode("utf-16")})
    assert one.entries[0].names[0].text == "王强"


def test_a_suddenly_smaller_list_is_refused():
    (one,) = load_contents({"sdn.csv": SDN + PERSON_LINE})
    check_not_shrunken(one, 2)
    with pytest.raises(InvalidInput, match="only 2 entries where the edition in use has 3"):
        check_not_shrunken(one, 3)


def test_missing_file(tmp_path):
    with pytest.raises(InvalidInput, match="no such file"):
        load_files([tmp_path / "sdn.csv"])
    with pytest.raises(InvalidInput, match="cannot be read"):
        load_files([tmp_path])


def test_entries_survive_storage_and_a_change_shows_in_the_hash():
    (one,) = load_contents({"sdn.csv": SDN + PERSON_LINE, "alt.csv": ALT})
    for entry in one.entries:
        assert entry_from_json(entry_to_json(entry)) == entry
    changed = load_contents({"sdn.csv": SDN + PERSON_LINE.replace(b"1933", b"1934"), "alt.csv": ALT})[0]
    assert entry_sha256(one.entries[0]) == entry_sha256(changed.entries[0])
    assert entry_sha256(one.entries[1]) != entry_sha256(changed.entries[1])


@pytest.fixture(scope="module")
def sample() -> ScreeningIndex:
    loaded = load_files(sorted(SAMPLE.glob("*.csv")))
    return ScreeningIndex(entry for one in loaded for entry in one.entries)


def test_every_entry_of_the_sample_is_found_by_each_of_its_names(sample):
    missed = []
    for entry in sample.entries:
        for name in entry.names:
            if name.weak or entry.subtype:
                continue
            found = screen_party(sample, ScreenedParty((name.text,), entry.kind))
            if not any(alert.entry_id == entry.entry_id for alert in found):
                missed.append(name.text)
    assert missed == []


def listed(*names: ListedName, **more) -> ScreeningIndex:
    return ScreeningIndex([ListedEntry("own", "1", PartyKind.PERSON, names, **more)])


def test_a_weak_alias_never_alerts_alone():
    index = listed(ListedName("Guzman, Joaquin"), ListedName("El Chapo", weak=True), births=(Birth(1957, 1957, 4, 4),))
    assert screen_party(index, ScreenedParty(("El Chapo",), PartyKind.PERSON)) == ()
    born = ScreenedParty(("El Chapo",), PartyKind.PERSON, birth=Birth(1957, 1957, 4, 4))
    assert [alert.listed_name for alert in screen_party(index, born)] == ["El Chapo"]


def test_an_equal_identifier_dominates_name_and_birth():
    index = listed(ListedName("Doe, John"), births=(Birth(1950, 1950),), identifiers=(("Passport", "X-123 4567"),))
    party = ScreenedParty(
        ("Somebody Else",), PartyKind.PERSON, Birth(1990, 1990), identifiers=(("passport", "x1234567"),)
    )
    (alert,) = screen_party(index, party)
    assert (alert.score, alert.entry_id) == (1.0, "1")
    assert "X1234567" in alert.explanation[0].upper()


def test_kinds_do_not_mix_and_countries_are_told():
    index = listed(ListedName("Star Shipping"), countries=("Syria",))
    assert screen_party(index, ScreenedParty(("Star Shipping",), PartyKind.COMPANY)) == ()
    (alert,) = screen_party(index, ScreenedParty(("Star Shipping",), PartyKind.PERSON, countries=("CN",)))
    assert "the countries differ: CN and Syria" in alert.explanation


def test_a_kept_index_answers_as_the_one_that_was_built(sample):
    from origination.providers.index_store import pack_index, unpack_index

    again = unpack_index(pack_index(sample), sample.entries)
    for query, kind in (
        ("Hawatmeh Nayef", PartyKind.PERSON),
        (sample.forms(PartyKind.COMPANY)[0].text, PartyKind.COMPANY),
    ):
        party = ScreenedParty((query,), kind)
        assert screen_party(again, party) == screen_party(sample, party) != ()
    broken = unpack_index(b"no archive", sample.entries[:3])
    assert len(broken) == sum(len(dict.fromkeys(e.names)) for e in sample.entries[:3] if not e.subtype)


@pytest.mark.parametrize("name", ["", " ", "\u200b\u202e", "...", "x" * 10_000, "Ali " * 2_500, "王" * 5_000])
@pytest.mark.parametrize("kind", list(PartyKind))
def test_a_useless_name_finds_nobody_and_takes_no_time(sample, name, kind):
    started = process_time()
    assert screen_party(sample, ScreenedParty((name,), kind)) == ()
    assert process_time() - started < 2


def test_a_lower_threshold_finds_no_fewer_entries(sample):
    for query in ("Hawatmeh Nayef", "Chapo Guzman Joaquin", "Muhammad Tikriti", "Rodriguez Orejuela Jose"):
        party = ScreenedParty((query,), PartyKind.PERSON)
        found = [{a.entry_id for a in screen_party(sample, party, least=least)} for least in (0.7, 0.8, 0.9)]
        assert found[2] <= found[1] <= found[0]


def test_countries_are_compared_by_code():
    index = listed(ListedName("Doe, John"), countries=("Korea, North",))
    (alert,) = screen_party(index, ScreenedParty(("John Doe",), PartyKind.PERSON, countries=("KP",)))
    assert "the country agrees: Korea, North" in alert.explanation


def test_a_foreigner_in_characters_is_found_both_ways():
    index = listed(ListedName("PUTIN, Vladimir Vladimirovich"))
    assert screen_party(index, ScreenedParty(("弗拉基米尔·普京",), PartyKind.PERSON))
    other = listed(ListedName("弗拉基米尔·普京"))
    assert screen_party(other, ScreenedParty(("Vladimir Putin",), PartyKind.PERSON))
