"""Sentences that are kept and read again in another language."""

from core.domain.texts import Text
from origination.domain.kept_text import kept_to_text, text_to_kept


def test_a_sentence_within_a_sentence_comes_back_with_its_parameters():
    said = Text("{file}: {why}", file="sdn.csv", why=Text("Line {number} has no id or no name", number=7))
    again = kept_to_text(text_to_kept(said))
    assert again == said == "sdn.csv: Line 7 has no id or no name"
    assert isinstance(again, Text)
    assert again.params["why"].msgid == "Line {number} has no id or no name"


def test_words_kept_before_stay_words():
    assert kept_to_text("sdn.csv: The file is empty") == "sdn.csv: The file is empty"
