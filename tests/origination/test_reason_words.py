"""What an applicant reads about a refusal."""

from __future__ import annotations

import pytest

from core.i18n import CHINESE, ENGLISH, speak
from origination.queries.reason_words import reason_text
from origination.queries.tracker import ReasonView

TEXTS = {"en": "It would take {dti}; our limit is {dti_limit}.", "zh": "将占{dti}，上限为{dti_limit}。"}


@pytest.mark.parametrize(
    ("value", "limit", "said"),
    [
        ("0.820000", "0.55", "It would take 82%; our limit is 55%."),
        ("0.553100", "0.55", "It would take 55.31%; our limit is 55.00%."),  # 55 % against 55 % says nothing
        ("0.550001", "0.55", "It would take 55.0001%; our limit is 55.0000%."),
        ("0.550000", "0.550000", "It would take 55%; our limit is 55%."),
        (None, "0.55", "It would take –; our limit is 55%."),
    ],
)
def test_value_and_limit_read_differently_when_they_differ(app, value, limit, said):
    reason = ReasonView("DTI_ABOVE_LIMIT", TEXTS, {"dti": value, "dti_limit": limit})
    with app.app_context(), speak(ENGLISH):
        assert reason_text(reason) == said


def test_the_same_in_chinese(app):
    reason = ReasonView("DTI_ABOVE_LIMIT", TEXTS, {"dti": "0.553100", "dti_limit": "0.55"})
    with app.app_context(), speak(CHINESE):
        assert reason_text(reason) == "将占55.31%，上限为55.00%。"
