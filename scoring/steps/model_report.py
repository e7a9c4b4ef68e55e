"""The model report for a validator as PDF: purpose, data, method, performance, stability, fairness, limits, monitoring.

The chapters are those supervisors ask for (Federal Reserve SR 26-2 and, before it, SR 11-7: inventory, development,
validation, use, ongoing monitoring). Everything in it is read from the version's files, the registry and the watch.
"""

from __future__ import annotations

from uuid import UUID

from core import documents
from core.db import Work
from core.domain.errors import ModelUnavailable
from core.i18n import speak
from scoring.domain.policy import ScoringPolicy
from scoring.domain.reasons import label_of
from scoring.domain.shelf import version_at
from scoring.domain.words import (
    BASELINE_WORDS,
    KIND_WORDS,
    METHOD_WORDS,
    OWNER_WORDS,
    SEGMENT_WORDS,
    STATUS_WORDS,
    finding_text,
    group_text,
    split_text,
)
from scoring.queries.card_view import version_page, watch_of
from scoring.queries.watch_view import alerts, alternatives_of
from scoring.tables import ModelVersionRow


def model_report_pdf(r: Work, version_id: UUID, *, locale: str = "en") -> tuple[str, bytes]:
    """The version's name and the PDF. Raises NotFound, ModelUnavailable when the files cannot be opened."""
    page = version_page(r, version_id)
    if page.error:
        raise ModelUnavailable(page.error)
    row = r.get(ModelVersionRow, version_id)
    search = alternatives_of(r, page.view.name)
    policy = r.policy(ScoringPolicy)
    with speak(locale):
        html = documents.render_report(
            "report/model.html", locale=locale, page=page, m=page.view.metrics, policy=policy,
            terms=version_at(row.location, row.sha256).card.terms, watch=watch_of(r, version_id),
            alerts=alerts(r, version_id, limit=20), search=search.result if search and search.result else None,
            sender=documents.settings_in_use().lender_name, made_on=r.today,
            methods=METHOD_WORDS, baselines=BASELINE_WORDS,
            kind_words=KIND_WORDS, status_words=STATUS_WORDS, segment_words=SEGMENT_WORDS, label_of=label_of,
            finding_text=finding_text, group_text=group_text,
            split_text=split_text,
            owner=OWNER_WORDS.get(policy.limits.owner, policy.limits.owner),
        )  # fmt: skip
    return page.view.name, documents.render_pdf(html, title=f"{page.view.name} model report", at=r.now)
