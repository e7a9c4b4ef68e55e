"""All answers of an application as cards, and the way from a complaint to the page that cures it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import url_for

from core.domain.party import PartyKind
from core.domain.texts import Text
from core.i18n import percent, translate
from origination.domain.application import (
    ACCOUNTS,
    CONSENTS,
    DOCUMENTS,
    OWNERS,
    SECTIONS,
    ConsentKind,
    Section,
    is_needed,
)
from origination.queries.applicant import REQUESTED, ApplicationView
from origination.web.questions import paper_name, spoken
from origination.web.tasks import url_of

CONSENT_NAMES = {
    ConsentKind.DATA: Text("Use of my data, automated decision included"),
    ConsentKind.BUREAU: Text("Query of a credit bureau"),
    ConsentKind.ELECTRONIC: Text("Electronic documents and signature"),
}
CHECK = {"return": "check"}


def answer_cards(view: ApplicationView, *, changeable: bool = True) -> list[dict[str, Any]]:
    """A card for each section: title, rows of the summary list, and where to change it."""
    return [
        {
            "title": translate(section.title),
            "rows": _rows(view, section, changeable=changeable),
            "change": url_of(view, section, **CHECK) if changeable and not section.facts else None,
            "id": section.name,
        }
        for section in SECTIONS[view.segment]
    ]


def _rows(view: ApplicationView, section: Section, *, changeable: bool) -> list[dict[str, Any]]:
    if section.name == OWNERS.name:
        return [
            {
                "key": owner.name,
                "value": f"{percent(owner.share)} · {translate(KIND_NAMES[owner.kind])}",
                "hint": None if owner.of is None else translate(Text("of {company}", company=owner.of)),
            }
            for owner in view.owners
        ]
    if section.name == DOCUMENTS.name:
        return [
            {"key": paper_name(kind), "value": translate(RECEIVED_TEXT if count else LATER_TEXT), "hint": None}
            for kind, count in _papers(view).items()
        ]
    if section.name == ACCOUNTS.name:
        return [
            {
                "key": translate(Text("Year to {day}", day=year.ends_on)),
                "value": translate(Text("Revenue {revenue}, profit {profit}", revenue=year.figures["revenue"],
                                        profit=year.figures["profit"])),
                "hint": None,
            }
            for year in view.years
        ] or [{"key": translate(section.title), "value": translate(LATER_TEXT), "hint": None}]  # fmt: skip
    if section.name == CONSENTS.name:
        return [
            {"key": translate(CONSENT_NAMES[kind]), "value": _agreed(view, kind), "hint": None} for kind in ConsentKind
        ]
    return [
        {
            "key": translate(entry.text),
            "value": spoken(entry, view.answers.get(entry.name)),
            "change": url_of(view, section, **CHECK) + f"#{entry.name}" if changeable else None,
            "numeric": entry.type in {"money", "integer", "date"},
        }
        for entry in section.entries()
        if is_needed(entry, view.answers) or entry.name in view.answers or changeable
    ]


KIND_NAMES = {PartyKind.PERSON: Text("Person"), PartyKind.COMPANY: Text("Company")}
RECEIVED_TEXT = Text("Received")
LATER_TEXT = Text("Not sent yet; you can also send it later")


def _papers(view: ApplicationView) -> dict[str, int]:
    counted = dict.fromkeys(view.product.documents, 0)
    for paper in view.papers:
        counted[paper.kind] = counted.get(paper.kind, 0) + (paper.status != REQUESTED)
    return counted


def _agreed(view: ApplicationView, kind: ConsentKind) -> str | None:
    at = view.consents.get(kind.value)
    return None if at is None else translate(Text("Agreed on {at}", at=at))


def problem_links(view: ApplicationView, problems: Mapping[str, list[str]]) -> list[tuple[str, str]]:
    """(what is wrong, where to cure it) for everything that keeps an application from being sent."""
    links: list[tuple[str, str]] = []
    for name, messages in problems.items():
        section = _section_with(view, name)
        url = url_for("applicant.overview", application_id=view.id)
        label = ""
        if section is not None:
            url = url_of(view, section, **CHECK) + ("" if name == section.name else f"#{name}")
            label = translate(section.title)
        links += [(f"{label}: {translate(message)}" if label else translate(message), url) for message in messages]
    return list(dict.fromkeys(links))


def _section_with(view: ApplicationView, name: str) -> Section | None:
    if name.startswith("owners"):
        return OWNERS
    if name.startswith(f"{ACCOUNTS.name}-"):
        return ACCOUNTS
    if name.startswith("consent_"):
        return CONSENTS
    return next((section for section in SECTIONS[view.segment] if name in section.facts), None)
