"""Yearly accounts as the applicant types them, year by year; an officer later holds them against the document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from core import audit
from core.db import Work
from core.domain.errors import NotFound
from core.domain.ids import uuid7
from core.domain.texts import Text
from origination.domain.accounts import YEARS_MAX, YearAccounts
from origination.domain.application import ACCOUNTS
from origination.queries.rows import check_sight
from origination.schemas import read_year
from origination.steps.case import SUBJECT, touch
from origination.steps.draft import TYPED_MAX, SectionSaved, open_draft
from origination.tables.application import ApplicationRow
from origination.tables.evidence import CompanyAccountsRow

PREFIX = "accounts-"


def declare_year(
    w: Work,
    application_id: UUID,
    values: Mapping[str, Any],
    *,
    instead_of: date | None = None,
    expected_version: int | None = None,
) -> SectionSaved:
    """Keeps one year of a draft, in place of the year that ended on `instead_of` or on the same day. A refused year is
    kept as typed, with `accounts-<line>` messages.

    Raises NotFound for a person's application, Conflict for a stale page.
    """
    row = _company_draft(w, application_id, expected_version)
    year, errors = read_year(values, row.currency, w.clock.today())
    held = {one.ends_on: one for one in w.session.scalars(_kept(row))}
    if year is not None:
        others = set(held) - {instead_of, year.ends_on}
        if len(others) >= YEARS_MAX:
            errors[f"{PREFIX}ends_on"] = [Text("There are {n} years already, which is enough", n=YEARS_MAX)]
    draft = json.loads(row.draft)
    draft["typed"].pop(ACCOUNTS.name, None)
    draft["errors"].pop(ACCOUNTS.name, None)
    if errors or year is None:
        typed = {key: str(value)[:TYPED_MAX] for key, value in values.items() if key.startswith(PREFIX)}
        draft["typed"][ACCOUNTS.name], draft["errors"][ACCOUNTS.name] = typed, errors
    else:
        for ends_on in {instead_of, year.ends_on} & set(held):
            w.session.delete(held[ends_on])
        w.session.flush()
        w.add(year_row(w, row, year))
    row.draft = json.dumps(draft, ensure_ascii=False)
    touch(row)
    audit.record(w, "application.section_saved", SUBJECT, row.id, section=ACCOUNTS.name, wrong=sorted(errors))
    return SectionSaved(errors, row.row_version)


def year_row(w: Work, row: ApplicationRow, year: YearAccounts) -> CompanyAccountsRow:
    """A year as the actor enters it."""
    return CompanyAccountsRow(
        id=uuid7(), application_id=row.id, paper_id=None, ends_on=year.ends_on, currency=year.currency,
        audited=year.audited, figures=json.dumps({name: value.minor for name, value in year.figures.items()}),
        entered_by=w.actor.name, by_applicant=year.declared, entered_at=w.now,
    )  # fmt: skip


def forget_year(
    w: Work, application_id: UUID, ends_on: date | None, *, expected_version: int | None = None
) -> ApplicationRow:
    """Takes a year out of a draft; None drops what was typed and refused."""
    row = _company_draft(w, application_id, expected_version)
    if ends_on is None:
        draft = json.loads(row.draft)
        draft["typed"].pop(ACCOUNTS.name, None)
        draft["errors"].pop(ACCOUNTS.name, None)
        row.draft = json.dumps(draft, ensure_ascii=False)
    else:
        w.session.execute(
            delete(CompanyAccountsRow).where(
                CompanyAccountsRow.application_id == row.id, CompanyAccountsRow.ends_on == ends_on
            )
        )
    touch(row)
    audit.record(w, "application.section_saved", SUBJECT, row.id, section=ACCOUNTS.name, wrong=[])
    return row


def _company_draft(w: Work, application_id: UUID, expected_version: int | None) -> ApplicationRow:
    row = open_draft(w, application_id, expected_version)
    check_sight(w, row)
    if row.segment != "sme":
        raise NotFound(Text("There is no such page"))
    return row


def _kept(row: ApplicationRow) -> Any:
    return select(CompanyAccountsRow).where(
        CompanyAccountsRow.application_id == row.id, CompanyAccountsRow.replaced_at.is_(None)
    )
