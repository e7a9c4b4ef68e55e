"""The commands as a program sees them: JSON in, JSON out."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from origination.cli.kyc import kyc

SAMPLE = Path(__file__).resolve().parents[3] / "origination" / "reference" / "ofac_sample"


def run(*arguments: str, given: object) -> object:
    text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    found = CliRunner().invoke(kyc, list(arguments), input=text)
    assert found.exit_code == 0, found.output
    return json.loads(found.output)


def test_check_id_answers_each_item_in_order():
    items = [{"id": "a", "kind": "iban", "value": "DE89 3704 0044 0532 0130 00"}, {"kind": "nope", "value": "1"}, 5]
    right, unknown, no_item = run("check-id", "-", given=items)
    assert right == {"id": "a", "valid": True, "reason": None, "normalised": "DE89370400440532013000"}
    assert unknown["valid"] is False
    assert "cn_uscc" in unknown["reason"]
    assert "error" in no_item


def test_match_answers_one_item_json_lines_and_arrays_alike():
    item = {"query": "Владимир Путин", "listed_name": "PUTIN, Vladimir", "schema": "person"}
    one = run("match", "-", given=item)
    assert one["alert"] is True
    assert one["explanation"]
    assert run("match", "-", given=[item]) == [one]
    lines = CliRunner().invoke(kyc, ["match", "-"], input=json.dumps(item) + "\n" + json.dumps(item) + "\n")
    assert [json.loads(line) for line in lines.output.splitlines()] == [one, one]


def test_match_uses_dates_of_birth():
    item = {"query": "Pae Won Uk", "listed_name": "PAE WON UK", "schema": "person", "query_dob": "1945-08-14",
            "listed_dob": "1969-08-22"}  # fmt: skip
    found = run("match", "-", given=item)
    assert found["alert"] is False
    assert "years apart" in found["explanation"][-1]


@pytest.mark.parametrize("wrong", [{"query": "x"}, {"query": "x", "listed_name": "y", "schema": "ship"}, {"query": 5}])
def test_an_item_that_cannot_be_used_says_so_and_the_others_are_answered(wrong):
    good = {"query": "A B", "listed_name": "A B", "schema": "person"}
    first, second = run("match", "-", given=[wrong, good])
    assert "error" in first
    assert second["alert"] is True


def test_screen_against_the_sample():
    lists = [str(path) for path in sorted(SAMPLE.glob("*.csv"))]
    options = [part for path in lists for part in ("--list", path)]
    items = [{"name": "Nayef Hawatmeh", "schema": "person"}, {"name": "Erika Mustermann", "schema": "person"}]
    hit, clear = run("screen", *options, "-", given=items)
    assert hit["alerts"][0]["entry_id"] == "2681"
    assert clear == {"name": "Erika Mustermann", "alert": False, "alerts": []}
    assert run("screen", "--list", *lists, "-", given=items) == [hit, clear]


def test_screen_refuses_a_damaged_list(tmp_path):
    broken = tmp_path / "sdn.csv"
    broken.write_text('36,"AEROCARIBBEAN')
    found = CliRunner().invoke(kyc, ["screen", "--list", str(broken), "-"], input="[]")
    assert found.exit_code == 1
    assert "sdn.csv" in found.output


def test_input_that_is_not_json():
    found = CliRunner().invoke(kyc, ["match", "-"], input="hello")
    assert found.exit_code == 1
    assert "JSON" in found.output


HOSTILE = [
    "a" * 10_000, "word " * 2_000, "\u200b\u200b", "\u202eniduP\u202c", "!!!---...", "\x00", "\ud800", "王" * 10_000,
    "김" * 10_000, "محمد" * 2_500, "א" * 9_000, "·".join(["弗拉基米尔"] * 50), "Co Ltd " * 500, ", ,", "\U0001f44d",
    "e\u0301" * 5_000, "xuan" * 75, "Иван Smith 王强 محمد",
]  # fmt: skip


@pytest.mark.parametrize("kind", ["person", "company"])
def test_hostile_names_are_compared_or_refused_and_never_crash(kind):
    pairs = [(name, "Vladimir Putin") for name in HOSTILE] + [(name, name) for name in HOSTILE]
    answers = run("match", "-", given=json.dumps([{"query": a, "listed_name": b, "schema": kind} for a, b in pairs]))
    assert len(answers) == len(pairs)
    assert all(0 <= answer["score"] <= 1 for answer in answers)
    assert not any(answer["alert"] for answer in answers[: len(HOSTILE)])
    assert "first 300 characters" in answers[0]["explanation"][-1]


def test_what_cannot_be_used_of_an_item_is_said():
    item = {"query": "Ivan Petrov", "listed_name": "Ivan Petrov", "schema": "person"}
    wrong, unread, empty = run(
        "match", "-", given=[item | {"query_dob": {"a": 1}}, item | {"listed_dob": "soon"}, item | {"query": "  "}]
    )
    assert "1970-12-31" in wrong["error"]
    assert unread["alert"] is True
    assert "listed_dob" in unread["explanation"][-1]
    assert "query" in empty["error"]


def test_screening_names_the_field_that_is_wrong():
    lists = [part for path in sorted(SAMPLE.glob("*.csv")) for part in ("--list", str(path))]
    items = [{"name": name, "schema": "person"} for name in (*HOSTILE, "", None)]
    items += [
        {"names": [None]},
        {"names": ["A B"] * 200},
        {"name": "A B", "identifiers": [{}]},
        {"names": "Nayef Hawatmeh"},
    ]
    answers = run("screen", *lists, "-", given=json.dumps(items))
    assert [("error" in answer) for answer in answers[-6:]] == [True, True, True, True, True, False]
    assert answers[-1]["alert"] is True
    assert "no letters" in answers[HOSTILE.index("!!!---...")]["error"]
    assert "identifiers" in answers[-2]["error"]
    assert not any(answer.get("alert") for answer in answers[: len(HOSTILE)])


@pytest.mark.parametrize(
    ("given", "said"),
    [(b"\xff\xfe\x00", "UTF-8"), (b"[" * 100_000, "nested"), (b"1" * 10_000, "JSON"), (b" ", "empty")],
)
def test_input_that_is_no_text_or_no_json(given, said):
    found = CliRunner().invoke(kyc, ["match", "-"], input=given)
    assert found.exit_code == 1
    assert said in found.output


def test_a_source_that_is_not_there_is_named():
    found = CliRunner().invoke(kyc, ["match", "/nowhere/pairs.json"])
    assert found.exit_code == 1
    assert "pairs.json" in found.output
