"""The model card of a version: purpose, figures and limits, in both languages."""

import json

import pytest

from core.i18n import CHINESE, ENGLISH, speak, translate
from scoring.domain.modelcard import model_card
from scoring.domain.shelf import REFERENCE
from scoring.domain.version import open_version
from scoring.domain.words import group_text
from scoring.steps.draft import MODEL_CARDS


@pytest.mark.parametrize("locale", [ENGLISH, CHINESE])
@pytest.mark.parametrize("name", ["consumer-v1", "sme-v1"])
def test_shipped_cards_are_what_their_files_say(name, locale):
    folder = REFERENCE / name
    version = open_version(folder)
    metrics = json.loads((folder / "metrics.json").read_text())
    with speak(locale):
        made = model_card(version.manifest, metrics, version.card.terms, translate)
    assert (folder / MODEL_CARDS[locale]).read_text(encoding="utf-8") == made


def test_a_trained_version_states_its_limits_in_both_languages(version):
    folder = version("additive")
    english, chinese = ((folder / file).read_text(encoding="utf-8") for file in MODEL_CARDS.values())
    assert "## Limits" in english
    assert "nor for decisions without a person to appeal to" in english
    assert "## 局限" in chinese
    assert "不适用于本客群（个人）以外的客群" in chinese
    assert [line.count("|") for line in english.splitlines()] == [line.count("|") for line in chinese.splitlines()]


def test_groups_are_said_in_the_language_of_the_reader():
    labels = ("lowest to 27", "27 to 33.5", "41 to highest", "missing", "north to south")
    assert [str(group_text(label)) for label in labels] == list(labels)
    with speak(CHINESE):
        said = [translate(group_text(label)) for label in labels[:4]]
    assert said == ["最低值至 27", "27 至 33.5", "41 至最高值", "缺失"]
    assert group_text("north to south") == "north to south"  # a value of the data stays as it is
