"""What the evidence panels of a case show: figures beside documents, statements, owners, other applications."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from core.db import Work
from core.domain.fact import Fact
from core.domain.facts import CATALOGUE
from core.domain.money import Money
from core.domain.texts import Text
from core.i18n import percent, show, translate
from origination.domain.accounts import DAYS, LINES, RATIO_TEXTS, REQUIRED, SHARES, YEARS_MAX, ratios, remarks
from origination.domain.application import SECTIONS
from origination.domain.evidence import EvidenceKind, EvidencePolicy, documentable
from origination.domain.ownership import BasisKind
from origination.domain.papers import BANK_FILE, papers_for
from origination.domain.traces import TRACE_TEXTS, is_renamed
from origination.queries.evidence import AccountView, Evidence, YearView, case_evidence
from origination.queries.links import linked_applications
from origination.queries.officer import CaseView
from origination.queries.ownership import case_ownership
from origination.steps.evidence import OPEN_FOR_FACTS
from origination.web.drawing import links_star, owners_diagram
from origination.web.questions import paper_name, spoken

KIND_WORDS = {
    EvidenceKind.STATEMENT: Text("Bank statement"),
    EvidenceKind.ACCOUNTS: Text("Annual accounts"),
    EvidenceKind.DOCUMENT: Text("Document"),
}
BASIS_WORDS = {
    BasisKind.OWNERSHIP: Text("By ownership"),
    BasisKind.CONTROL: Text("By control through other means"),
    BasisKind.SENIOR_MANAGER: Text("As senior manager"),
}


def evidence_context(r: Work, view: CaseView) -> dict[str, Any]:
    """Values for the figures, statements, ownership and links panels."""
    found = case_evidence(r, view.line.id)
    owned = case_ownership(r, view.line.id) if view.product.segment == "sme" else None
    linked = linked_applications(r, view.line.id, days=r.policy(EvidencePolicy).window_days)
    renamed = frozenset(one.id for one in linked if is_renamed(view.line.applicant_name or "", one))
    names = {paper.id: paper_name(paper.kind) for paper in view.documents}
    years = [year.accounts for year in found.years]
    return {
        "evidence": found,
        "sections": _sections(view, found, names),
        "open_for_facts": view.line.status.value in OPEN_FOR_FACTS,
        "fact_choices": [(name, translate(CATALOGUE[name].text)) for name in documentable(view.product.segment)
                         if name in view.answers],
        "paper_files": [(str(paper.id), paper_name(paper.kind)) for paper in view.documents
                        if paper.document_id and paper.kind != BANK_FILE],
        "bank_accounts": [_account(one) for one in found.accounts],
        "years": [_year(year, found.years[at + 1] if at + 1 < len(found.years) else None)
                  for at, year in enumerate(found.years)],
        "year_columns": [translate(Text("Line")), *((show(year.ends_on), "numeric") for year in years)],
        "year_lines": [(name, translate(text), name in REQUIRED) for name, text in LINES.items()],
        "years_max": YEARS_MAX,
        "year_remarks": remarks(years, r.clock.today()),
        "owned": owned,
        "owners_diagram": None if owned is None else owners_diagram(owned),
        "basis_words": BASIS_WORDS,
        "linked": linked,
        "links_star": links_star(linked, renamed),
        "renamed": renamed,
        "trace_texts": TRACE_TEXTS,
        "window_days": r.policy(EvidencePolicy).window_days,
        "ask_choices": [(kind, paper_name(kind)) for kind in papers_for(view.product.segment)],
    }  # fmt: skip


def _sections(view: CaseView, found: Evidence, names: Mapping[Any, str]) -> list[dict[str, Any]]:
    """The answers page by page, each with what a document says about it."""
    documented = {one.fact: one for one in found.documented}
    differing = {one.fact: one for one in found.differences}
    return [
        {
            "title": section.title,
            "rows": [
                _row(entry, view, documented, differing, names)
                for entry in section.entries()
                if entry.name in view.answers and entry.name != "bank_account"
            ],
        }
        for section in SECTIONS[view.line.segment]
        if section.facts
    ]


def _row(
    entry: Fact, view: CaseView, documented: Mapping[str, Any], differing: Mapping[str, Any], names: Mapping[Any, str]
) -> dict[str, Any]:
    difference = differing.get(entry.name)
    read = difference.documented if difference else documented.get(entry.name)
    line: dict[str, Any] = {
        "name": entry.name,
        "key": translate(entry.text),
        "value": spoken(entry, view.answers.get(entry.name)),
        "differs": difference,
        "editable": entry.name in documentable(view.product.segment),
    }
    if read is not None:
        line |= {
            "documented": spoken(entry, read.value),
            "source": names.get(read.paper_id) or translate(KIND_WORDS[read.kind]),
            "paper_id": read.paper_id,
            "page": read.page,
        }
    return line


def _account(one: AccountView) -> dict[str, Any]:
    rows = [
        {"key": translate(CATALOGUE[name].text), "value": _figure(name, value)}
        for name, value in one.facts.items()
        if name != "statement_months"
    ]
    gambling = Money(one.more["gambling_minor"], one.currency)
    if gambling:
        rows.append({"key": translate(Text("Spent on gambling")), "value": show(gambling)})
    if one.more.get("days_negative"):
        rows.append({"key": translate(Text("Days below zero")), "value": show(one.more["days_negative"])})
    return {"account": one, "rows": rows, "months": one.facts.get("statement_months", 0)}


def _figure(name: str, value: Any) -> str:
    return percent(value) if name == "statement_volatility" else show(value)


def _year(year: YearView, before: YearView | None) -> dict[str, Any]:
    worked = ratios(year.accounts, None if before is None else before.accounts)
    return {
        "view": year,
        "figures": [(translate(LINES[name]), year.accounts.figures[name]) for name in LINES
                    if name in year.accounts.figures],
        "ratios": [(translate(RATIO_TEXTS[name]), ratio_text(name, value)) for name, value in worked.items()
                   if value is not None],
    }  # fmt: skip


def ratio_text(name: str, value: Decimal) -> str:
    """A ratio of yearly accounts as people read it: a share in percent, whole days, or a number."""
    if name in SHARES:
        return percent(value)
    return show(int(value)) if name in DAYS else f"{value:.2f}"
