"""The reasons of a refusal as pages show them; letters use the same words."""

from origination.queries.reason_words import figure_text, reason_text

__all__ = ["figure_text", "reason_text"]
