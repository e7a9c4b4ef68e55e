"""What the risk manager's pages call things."""

from __future__ import annotations

from typing import Any

from core.domain.texts import Text
from core.i18n import translate
from scoring.domain.reasons import label_of, letter_text
from scoring.domain.words import finding_text, group_text, split_text

ALERT_WORDS = {
    "unavailable": Text("The version cannot score"),
    "score_warning": Text("Score has shifted"),
    "score_alert": Text("Score has shifted"),
    "feature_warning": Text("Feature has shifted"),
    "feature_alert": Text("Feature has shifted"),
    "missing": Text("Values are missing"),
    "pass_rate": Text("Pass rate has moved"),
    "overrides": Text("Many overrides"),
    "auc": Text("Ranks worse than in the test"),
    "calibration": Text("PD is not what is observed"),
}
STAGE_WORDS = {
    "": Text("Waiting for a worker"),
    "read": Text("Reading and checking the data"),
    "search": Text("Trying variants"),
    "folds": Text("Cross-fitting"),
    "test": Text("Testing on rows held out"),
    "final": Text("Final fit"),
    "stability": Text("Refitting on resampled rows"),
    "rejects": Text("Inferring outcomes of the refused"),
}
RUN_WORDS = {
    "waiting": (Text("Waiting"), "wait"),
    "running": (Text("Running"), "info"),
    "done": (Text("Done"), "good"),
    "failed": (Text("Went wrong"), "bad"),
}
MOVE_WORDS = {
    "validated": (Text("Mark as validated"), Text("Another person may then approve it.")),
    "approved": (Text("Approve"), Text("It may then be put to use. The person who trained it cannot approve it.")),
    "champion": (Text("Put in use"), Text("From now on it decides about new applications. The one in use goes back.")),
    "challenger": (Text("Try on a share"), Text("It decides about that share of new applications, drawn by chance.")),
    "shadow": (Text("Score in the shadow"), Text("It scores every new application; its score decides nothing.")),
    "back": (Text("Take out of use"), Text("It scores nothing more and stays approved.")),
    "retired": (Text("Retire"), Text("For good. Its files stay, so that old scores can be replayed.")),
}
GROUP_WORDS = {"age_years": Text("Age"), "nationality": Text("Nationality")}


def feature_words(name: str) -> str:
    """A feature in words of the catalogue."""
    return translate(label_of(name))


def reason_words(reason: str) -> str:
    """A stored reason as the applicant reads it."""
    return translate(letter_text(reason))


def finding_words(raw: dict[str, Any]) -> str:
    """What a check of the data found."""
    return translate(finding_text(raw))


def group_words(label: str) -> str:
    """A group of the fairness tables."""
    return translate(group_text(label))


def split_words(split: str) -> str:
    """How the rows of the test were chosen."""
    return translate(split_text(split))
