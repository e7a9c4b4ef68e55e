"""The task list of a draft: every section with its state, and whether it can be sent."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import render_template, url_for

from core.domain.texts import Text
from core.i18n import current_locale, translate
from origination.domain.application import (
    ACCOUNTS,
    CONSENTS,
    DOCUMENTS,
    OWNERS,
    REQUIRED_CONSENTS,
    SECTIONS,
    Section,
    SectionStatus,
    section_status,
)
from origination.queries.applicant import ApplicationView

LATER = Text("Can also follow after sending")
CHECK_LABEL = Text("Check your answers and send")
LOOKS = {
    SectionStatus.COMPLETED: "done",
    SectionStatus.IN_PROGRESS: "doing",
    SectionStatus.NOT_STARTED: "todo",
    SectionStatus.PROBLEM: "wrong",
}


def status_in(view: ApplicationView, section: Section) -> SectionStatus:
    """The state of one section of a draft."""
    if section.name == DOCUMENTS.name:
        return _of(set(view.product.documents), {paper.kind for paper in view.papers if paper.document_id})
    if section.name == ACCOUNTS.name:
        return _accounts(view)
    if section.name == CONSENTS.name:
        return _of({kind.value for kind in REQUIRED_CONSENTS}, set(view.consents))
    problem = bool(view.errors.get(section.name))
    if section.name == OWNERS.name:
        if problem:
            return SectionStatus.PROBLEM
        return SectionStatus.COMPLETED if view.owners else SectionStatus.NOT_STARTED
    return section_status(section, view.answers, problem=problem)


def _accounts(view: ApplicationView) -> SectionStatus:
    """Two years are wanted, of a company younger than that one; a year typed wrong is a problem."""
    if view.errors.get(ACCOUNTS.name):
        return SectionStatus.PROBLEM
    founded = view.answers.get("founded_on")
    young = isinstance(founded, date) and (view.created_at.date() - founded).days < 2 * 365
    if len(view.years) >= (1 if young else 2):
        return SectionStatus.COMPLETED
    return SectionStatus.IN_PROGRESS if view.years else SectionStatus.NOT_STARTED


def _of(wanted: set[str], given: set[str]) -> SectionStatus:
    if wanted <= given:
        return SectionStatus.COMPLETED
    return SectionStatus.IN_PROGRESS if wanted & given else SectionStatus.NOT_STARTED


def open_sections(view: ApplicationView) -> tuple[Section, ...]:
    """What must still be done before sending; documents and accounts may follow later, but nothing stays wrong."""
    later = {DOCUMENTS.name, ACCOUNTS.name}
    return tuple(
        section
        for section in SECTIONS[view.segment]
        if (status := status_in(view, section)) is not SectionStatus.COMPLETED
        and (section.name not in later or status is SectionStatus.PROBLEM)
    )


def url_of(view: ApplicationView, section: Section, **query: Any) -> str:
    """The page of a section."""
    endpoint = {
        OWNERS.name: "owners.page",
        ACCOUNTS.name: "year_accounts.listing",
        DOCUMENTS.name: "papers.listing",
        CONSENTS.name: "draft.consents",
    }.get(section.name)
    if endpoint is None:
        return url_for("draft.section", application_id=view.id, name=section.name, **query)
    return url_for(endpoint, application_id=view.id, **query)


def next_url(view: ApplicationView, after: str) -> str:
    """Where Continue leads: the next section in order that is not done, else to checking the answers."""
    sections = SECTIONS[view.segment]
    at = next((n for n, section in enumerate(sections) if section.name == after), -1)
    for section in (*sections[at + 1 :], *sections[: at + 1]):
        if section.name != after and status_in(view, section) is not SectionStatus.COMPLETED:
            if section.name in {ACCOUNTS.name, DOCUMENTS.name} and sections.index(section) < at:
                continue
            return url_of(view, section)
    return url_for("draft.check", application_id=view.id)


def task_list_page(view: ApplicationView) -> str:
    """Shown at the start and at every return."""
    sections = SECTIONS[view.segment]
    tasks = [
        {
            "label": translate(section.title),
            "url": url_of(view, section),
            "status": LOOKS[status_in(view, section)],
            "hint": translate(LATER) if section.name in {ACCOUNTS.name, DOCUMENTS.name} else None,
        }
        for section in sections
    ]
    ready = not open_sections(view)
    done = sum(task["status"] == "done" for task in tasks)
    check = {
        "label": translate(CHECK_LABEL),
        "url": url_for("draft.check", application_id=view.id) if ready else None,
        "status": "todo" if ready else "blocked",
        "hint": None,
    }
    return render_template(
        "applicant/tasks.html", view=view, tasks=tasks, check=check, done=done, count=len(tasks),
        locale=current_locale(), next_url=next_url(view, ""),
    )  # fmt: skip
