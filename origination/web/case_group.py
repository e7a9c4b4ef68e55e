"""The panel of a case about its connected parties: who they are, what they owe, and how large the company is."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from core.db import Work
from core.domain.actor import Role
from core.domain.facts import CATALOGUE
from core.domain.texts import Text
from origination.domain.facts import size_facts
from origination.domain.ownership import OwnerKind
from origination.queries.group import Tie, group_of_case
from origination.queries.officer import CaseView
from origination.web.questions import spoken

TIE_WORDS = {
    Tie.APPLICANT: Text("Applies"),
    Tie.OWNER: Text("Owner of the company"),
    Tie.CONTROLLED: Text("Controlled by one of them"),
}
# Commission Recommendation 2003/361/EC, annex art. 3 and 6: staff and figures of partner (25 % or more) and linked
# enterprises (more than half) count too. China's table of 2011 looks at the enterprise alone.
PARTNER_SHARE = Decimal("0.25")


def group_context(r: Work, view: CaseView) -> dict[str, Any]:
    """The group, the size class on the frozen facts, and the companies whose figures it leaves out."""
    company = view.product.segment == "sme"
    return {
        "group": group_of_case(r, view.line.id),
        "tie_words": TIE_WORDS,
        "size": _size(view, r.today) if company else None,
        "may_correct_owners": r.actor.has(Role.OFFICER),
        "partners": _partners(view) if company and view.product.jurisdiction == "EU" else [],
    }


def _size(view: CaseView, today: date) -> str | None:
    """As it was frozen; before that from the answers, by the table of today."""
    facts = size_facts(view.answers, view.product.jurisdiction, today) if view.fact_set is None else view.fact_set.base
    return spoken(CATALOGUE["size_class"], facts.get("size_class"))


def _partners(view: CaseView) -> list[str]:
    return [
        owner.name
        for owner in view.owners
        if owner.kind.value == OwnerKind.COMPANY.value and owner.of is None and owner.share >= PARTNER_SHARE
    ]
