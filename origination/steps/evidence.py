"""Reading documents: statement files by the parser, yearly accounts and single figures by a person.

Whatever changes what the case was decided on starts a new assessment, as any change of facts does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update

from core import audit, documents, queue
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import IllegalTransition, InvalidInput, NotFound
from core.domain.fact import FactType, FactValue, to_json
from core.domain.facts import CATALOGUE, facts_to_json
from core.domain.ids import uuid7
from core.domain.money import Money
from core.domain.statements.read import read_statements
from core.domain.statements.statement import BankStatement, join_statements
from core.domain.texts import Text
from core.uploads import CleanFile, check_malware, safe_filename
from origination.domain.accounts import LINES, YEARS_MAX, YearAccounts
from origination.domain.application import ApplicationStatus
from origination.domain.cash_flow import cash_flow
from origination.domain.evidence import documentable
from origination.domain.papers import BANK_FILE
from origination.queries.evidence import evidence_of, years_of
from origination.queries.links import account_index
from origination.queries.rows import answers_of
from origination.steps.amend import void_assessment
from origination.steps.case import SUBJECT, move, open_case, touch
from origination.steps.submit import ADVANCE
from origination.tables.application import ApplicationDocumentRow, ApplicationRow
from origination.tables.evidence import AccountFiguresRow, CompanyAccountsRow, DocumentedFactRow

_S = ApplicationStatus
# Facts are frozen in these; a change starts a new assessment. Later, what was offered stands.
FROZEN = frozenset({_S.SCORED.value, _S.REFERRED.value})
OPEN_FOR_FACTS = FROZEN | {_S.DRAFT.value, _S.SUBMITTED.value, _S.KYC_PASSED.value, _S.KYC_REFERRED.value}
_EXTENSIONS = {"camt.053": ".xml", "mt940": ".sta", "csv": ".csv"}
_MEDIA = {"camt.053": "application/xml", "mt940": "text/plain", "csv": "text/csv"}


def clean_statement(data: bytes, filename: str, currency: str, field: str = "file") -> CleanFile:
    """A statement file fit to be kept: it was read and adds up, and no virus signature is in it.

    Raises InvalidInput (under `field`) with the parser's reason; a picture or PDF is told where it belongs.
    """
    check_malware(data, field)
    if data.startswith((b"%PDF-", b"\xff\xd8\xff", b"\x89PNG")):
        text = Text("This is a picture of a statement. Send it under the other documents, or export CAMT.053, MT940 "
                    "or CSV from your online banking.")  # fmt: skip
        raise InvalidInput({field: text})
    try:
        found = join_statements(read_statements(data, currency=currency))
    except InvalidInput as refused:
        raise InvalidInput({field: next(iter(refused.fields.values()))}) from None
    form = found[0].format.value
    return CleanFile(data, _MEDIA[form], safe_filename(filename, _EXTENSIONS[form]), 1)


def read_bank_files(w: Work, row: ApplicationRow) -> None:
    """Reads all statement files of an application again and keeps the figures of each account.

    Raises InvalidInput (`file`) when files of one account do not follow each other. In a case whose facts were frozen
    the assessment begins anew; once an offer was made, files are kept but change nothing.
    """
    if row.status not in OPEN_FOR_FACTS:
        return
    before = _figures(w, row)
    query = select(ApplicationDocumentRow).where(
        ApplicationDocumentRow.application_id == row.id,
        ApplicationDocumentRow.kind == BANK_FILE,
        ApplicationDocumentRow.document_id.is_not(None),
        ApplicationDocumentRow.status != "rejected",
    )
    parts: list[tuple[ApplicationDocumentRow, BankStatement]] = []
    for paper in w.session.scalars(query.order_by(ApplicationDocumentRow.received_at)):
        assert paper.document_id is not None
        _, data = documents.read(w, paper.document_id)
        parts += [(paper, one) for one in read_statements(data, currency=row.currency)]
    w.session.execute(delete(AccountFiguresRow).where(AccountFiguresRow.application_id == row.id))
    for whole in join_statements(part for _, part in parts):
        paper = next(paper for paper, part in reversed(parts) if part.account == whole.account)
        w.add(_figures_row(w, row, paper, whole))
    w.session.flush()
    if _figures(w, row) != before:
        facts_changed(w, row, "statements")


def _figures(w: Work, row: ApplicationRow) -> list[tuple[Any, ...]]:
    query = select(AccountFiguresRow).where(AccountFiguresRow.application_id == row.id)
    return sorted((one.account_index, one.currency, one.figures) for one in w.session.scalars(query))


def _figures_row(
    w: Work, row: ApplicationRow, paper: ApplicationDocumentRow, whole: BankStatement
) -> AccountFiguresRow:
    flow = cash_flow(whole)
    more = {
        "salary_from": flow.salary_from, "gambling_minor": flow.gambling_sum.minor, "days_negative": flow.days_negative,
        "lowest_minor": None if flow.lowest is None else flow.lowest.minor, "holder": whole.holder,
    }  # fmt: skip
    plain = "".join(whole.account.split())
    return AccountFiguresRow(
        id=uuid7(), application_id=row.id, paper_id=paper.id, format=whole.format.value,
        account_masked=f"•••• {plain[-4:]}" if plain else "", account_index=account_index(plain),
        currency=whole.currency, from_on=whole.opened_on, to_on=whole.closed_on, entries=len(whole.entries),
        balanced=whole.is_balanced, figures=json.dumps({"facts": facts_to_json(flow.facts()), "more": more}),
        read_at=w.now,
    )  # fmt: skip


def facts_changed(w: Work, row: ApplicationRow, why: str) -> None:
    """Frozen facts are no longer those of the documents: the assessment begins anew."""
    if row.status in FROZEN:
        void_assessment(w, row, why)
        move(w, row, _S.SUBMITTED, "application.evidence", why=why, assessment=row.assessment)
        w.session.flush()
        queue.defer(w, ADVANCE, queueing_lock=f"{ADVANCE}:{row.id}", application_id=str(row.id))
        return
    touch(row)
    audit.record(w, "application.evidence", SUBJECT, row.id, why=why)


def _open_for_facts(w: Work, application_id: UUID, expected_version: int | None) -> ApplicationRow:
    w.actor.require(Role.OFFICER, Role.APPROVER)
    row = open_case(w, application_id, expected_version=expected_version)
    if row.status not in OPEN_FOR_FACTS:
        raise IllegalTransition(SUBJECT, row.status, "changed")
    return row


def _paper(w: Work, row: ApplicationRow, paper_id: UUID | None, field: str = "paper") -> ApplicationDocumentRow:
    found = None if paper_id is None else w.session.get(ApplicationDocumentRow, paper_id)
    if found is None or found.application_id != row.id or found.document_id is None:
        raise InvalidInput({field: Text("Choose the document in which you read it")})
    return found


def document_fact(
    w: Work, application_id: UUID, fact: str, value: FactValue, *, paper_id: UUID | None, page: int | None = None,
    expected_version: int | None = None,
) -> DocumentedFactRow:  # fmt: skip
    """Keeps what a document says about one answer, as an officer read it; an earlier reading is replaced, not lost.

    Raises InvalidInput (fact, value, paper, page), IllegalTransition once an offer was made, Conflict.
    """
    row = _open_for_facts(w, application_id, expected_version)
    if fact not in documentable(row.segment) or fact not in answers_of(row):
        raise InvalidInput({"fact": Text("Choose the answer that the document is about")})
    entry = CATALOGUE[fact]
    fits = {FactType.MONEY: Money, FactType.INTEGER: int, FactType.DATE: date}[entry.type]
    if not isinstance(value, fits):
        raise InvalidInput({"value": Text("Enter what the document says")})
    if page is not None and not 1 <= page <= 500:
        raise InvalidInput({"page": Text("Enter the number of a page")})
    paper = _paper(w, row, paper_id)
    before = len(evidence_of(w, row).differences)
    w.session.execute(
        update(DocumentedFactRow)
        .where(
            DocumentedFactRow.application_id == row.id,
            DocumentedFactRow.fact == fact,
            DocumentedFactRow.replaced_at.is_(None),
        )
        .values(replaced_at=w.now)
    )
    kept = w.add(
        DocumentedFactRow(
            id=uuid7(), application_id=row.id, fact=fact, value=json.dumps(to_json(value)), paper_id=paper.id,
            page=page, entered_by=w.actor.name, entered_at=w.now,
        )
    )  # fmt: skip
    w.session.flush()
    audit.record(w, "application.fact_read", SUBJECT, row.id, fact=fact, paper=str(paper.id), page=page)
    if len(evidence_of(w, row).differences) != before:
        facts_changed(w, row, "documents")
    else:
        touch(row)
    return kept


def enter_accounts(
    w: Work, application_id: UUID, ends_on: date, figures: Mapping[str, Money], *, audited: bool,
    paper_id: UUID | None = None, expected_version: int | None = None,
) -> CompanyAccountsRow:  # fmt: skip
    """Keeps the accounts of one financial year as read from a document; the same year entered again is replaced.

    Raises InvalidInput: a line that is missing or impossible, a balance sheet that does not balance, a year end in the
    future, more than three years; IllegalTransition once an offer was made; NotFound for a person's application.
    """
    row = _open_for_facts(w, application_id, expected_version)
    if row.segment != "sme":
        raise NotFound(Text("There is no such page"))
    if ends_on > w.clock.today():
        raise InvalidInput({"ends_on": Text("This date is in the future. Enter a date in the past.")})
    year = YearAccounts(
        ends_on, row.currency, {name: figures[name] for name in LINES if name in figures}, audited=audited
    )
    paper = None if paper_id is None else _paper(w, row, paper_id)
    live = select(CompanyAccountsRow).where(
        CompanyAccountsRow.application_id == row.id, CompanyAccountsRow.replaced_at.is_(None)
    )
    years = {one.ends_on: one for one in w.session.scalars(live)}
    if ends_on in years:
        years[ends_on].replaced_at = w.now
    elif len(years) >= YEARS_MAX:
        raise InvalidInput({"ends_on": Text("There are {n} years already, which is enough", n=YEARS_MAX)})
    before = len(evidence_of(w, row).differences)
    kept = w.add(
        CompanyAccountsRow(
            id=uuid7(), application_id=row.id, paper_id=None if paper is None else paper.id, ends_on=ends_on,
            currency=row.currency, audited=audited,
            figures=json.dumps({name: value.minor for name, value in year.figures.items()}),
            entered_by=w.actor.name, entered_at=w.now,
        )
    )  # fmt: skip
    w.session.flush()
    audit.record(w, "application.accounts_entered", SUBJECT, row.id, ends_on=ends_on.isoformat(), audited=audited)
    if len(evidence_of(w, row).differences) != before:
        facts_changed(w, row, "accounts")
    else:
        touch(row)
    return kept


def confirm_year(
    w: Work, application_id: UUID, ends_on: date | None, *, paper_id: UUID | None, field: str = "paper",
    expected_version: int | None = None,
) -> CompanyAccountsRow:  # fmt: skip
    """The figures the applicant typed for a year, held against a document and found there: from now on documented.

    Raises InvalidInput (`field`) without a document, NotFound without such a year, and what `enter_accounts` raises.
    """
    row = _open_for_facts(w, application_id, expected_version)
    paper = _paper(w, row, paper_id, field)
    year = next((one.accounts for one in years_of(w, row) if one.is_declared and one.accounts.ends_on == ends_on), None)
    if year is None:
        raise NotFound(Text("There is no such year, or it was checked already"))
    return enter_accounts(w, application_id, year.ends_on, year.figures, audited=year.audited, paper_id=paper.id)


def forget_paper(w: Work, row: ApplicationRow, paper_id: UUID) -> None:
    """What was read from a document goes with it."""
    read = select(DocumentedFactRow.id).where(DocumentedFactRow.paper_id == paper_id)
    if w.session.scalars(read.limit(1)).first() is not None:
        facts_changed(w, row, "documents")
    w.session.execute(delete(AccountFiguresRow).where(AccountFiguresRow.paper_id == paper_id))
    w.session.execute(delete(DocumentedFactRow).where(DocumentedFactRow.paper_id == paper_id))
    w.session.execute(update(CompanyAccountsRow).where(CompanyAccountsRow.paper_id == paper_id).values(paper_id=None))
