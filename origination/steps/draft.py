"""A draft: started, filled page by page, left and come back to by a link, on any device."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from core import audit
from core.db import Work
from core.domain.actor import Role
from core.domain.errors import IllegalTransition, InvalidInput, NotFound
from core.domain.fact import FactValue
from core.domain.facts import facts_from_json, facts_to_json
from core.domain.ids import uuid7
from core.domain.money import Money
from core.domain.texts import Text
from core.tables import SignedLinkRow, UserRow
from origination.domain.application import (
    ACCOUNTS,
    CONSENT_TEXTS,
    ApplicationStatus,
    ConsentKind,
    OwnerEntry,
    Section,
    section_named,
)
from origination.domain.identity.bank import RULES as BANK_RULES
from origination.domain.identity.check import KINDS, check_identity_number
from origination.domain.offer import Wish
from origination.domain.owner_lines import faults_of_lines, without_own_name
from origination.domain.policy import OriginationPolicy
from origination.queries.rows import check_sight, consent_rows, product_of
from origination.schemas import read_owners, read_section, read_year
from origination.steps.case import SUBJECT, copy_wish, open_case, owner_row, touch
from origination.steps.catalogue import product_on_sale
from origination.tables.application import ApplicationRow, ConsentRow
from repayment.domain.schedule_request import Amortization

TYPED_MAX = 2000  # characters of one refused answer that are kept for the applicant to correct
RESUME, UPLOAD = "resume", "upload"


@dataclass(frozen=True, slots=True)
class SectionSaved:
    """What became of a page: its errors by field (nothing typed is lost), and the version the next form must carry."""

    errors: Mapping[str, Sequence[str]]
    row_version: int


def start_application(
    w: Work,
    product_code: str,
    *,
    locale: str,
    wish: Wish | None = None,
    device: str | None = None,
    is_demo: bool = False,
) -> ApplicationRow:
    """A new draft for the newest version of a product, with the wish of a quote already filled in.

    Raises NotFound for a product that is not on sale, NotAllowed for roles that do not take applications, InvalidInput
    for a wish the product does not offer.
    """
    w.actor.require(Role.APPLICANT, Role.OFFICER, Role.SYSTEM)
    product = product_on_sale(w, product_code)
    answers: dict[str, FactValue] = {}
    if wish is not None:
        product.check_wish(wish.amount, wish.tenor_months, wish.kind)
        answers = {"amount": wish.amount, "tenor_months": wish.tenor_months, "amortisation": wish.kind.value}
    by_officer = w.actor.has(Role.OFFICER) and not w.actor.has(Role.APPLICANT)
    row = w.add(
        ApplicationRow(
            id=uuid7(), segment=product.segment, product_code=product.code, product_version=product.version,
            currency=product.currency, status=ApplicationStatus.DRAFT.value, row_version=1, assessment=1,
            locale=locale, draft=_dump(answers, {}, {}),
            owner_user_id=None if by_officer or w.actor.has(Role.SYSTEM) else w.actor.id,
            entered_by=w.actor.id, device=device, address=w.actor.address, created_at=w.now, moved_at=w.now,
            due_at=w.now + timedelta(days=w.policy(OriginationPolicy).review.draft_days),
            is_demo=is_demo or _is_demo_account(w), owners=[],
        )
    )  # fmt: skip
    copy_wish(row, answers)
    audit.record(w, "application.started", SUBJECT, row.id, product=product.code, version=product.version)
    return row


def _is_demo_account(w: Work) -> bool:
    """What the demo applicant begins belongs to the demonstration; what anybody else begins is real."""
    account = None if w.actor.id is None else w.session.get(UserRow, w.actor.id)
    return account is not None and account.is_demo


def _dump(answers: dict[str, FactValue], typed: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return json.dumps(
        {"answers": facts_to_json(answers), "typed": dict(typed), "errors": dict(errors)}, ensure_ascii=False
    )


def open_draft(w: Work, application_id: UUID, expected_version: int | None = None) -> ApplicationRow:
    """The draft, locked. Raises IllegalTransition once it was sent: from then on `amend` changes it."""
    row = open_case(w, application_id, expected_version=expected_version)
    if row.status != ApplicationStatus.DRAFT.value:
        raise IllegalTransition(SUBJECT, row.status, ApplicationStatus.DRAFT.value)
    return row


def save_section(
    w: Work, application_id: UUID, name: str, values: Mapping[str, Any], *, expected_version: int | None = None
) -> SectionSaved:
    """Saves one page, right or wrong: good answers are kept typed, refused ones as typed, with what is wrong.

    Raises NotFound for an unknown page, Conflict for a stale one.
    """
    row = open_draft(w, application_id, expected_version)
    section = section_named(row.segment, name)
    if section is None or not section.facts:
        raise NotFound(Text("There is no such page"))
    answers, errors = read_section(section, row.segment, row.currency, values)
    check_numbers(w, answers, errors)
    _check_product(w, row, answers, errors)
    draft = json.loads(row.draft)
    kept = {k: v for k, v in facts_from_json(draft["answers"]).items() if k not in section.facts} | answers
    draft["typed"].pop(name, None)
    draft["errors"].pop(name, None)
    if errors:
        draft["typed"][name] = {key: str(value)[:TYPED_MAX] for key, value in values.items() if _belongs(section, key)}
        draft["errors"][name] = errors
    row.draft = _dump(kept, draft["typed"], draft["errors"])
    copy_wish(row, kept)
    touch(row)
    audit.record(w, "application.section_saved", SUBJECT, row.id, section=name, wrong=sorted(errors))
    return SectionSaved(errors, row.row_version)


def errors_again(w: Work, row: ApplicationRow) -> dict[str, dict[str, list[str]]]:
    """Section -> field -> messages for what the draft holds as typed and refused, worked out anew."""
    draft = json.loads(row.draft)
    found: dict[str, dict[str, list[str]]] = {}
    for name, typed in draft.get("typed", {}).items():
        section = section_named(row.segment, name)
        if name == "owners":
            found[name] = _owner_errors(w, row, typed)[1]
        elif name == ACCOUNTS.name:
            found[name] = read_year(typed, row.currency, w.clock.today())[1]
        elif section is not None:
            answers, errors = read_section(section, row.segment, row.currency, typed)
            check_numbers(w, answers, errors)
            _check_product(w, row, answers, errors)
            found[name] = errors
    return {name: errors for name, errors in found.items() if errors}


def refused_before(w: Work, application_id: UUID) -> dict[str, dict[str, list[str]]]:
    """`errors_again` of an application. Raises NotFound for somebody else's."""
    row = w.get(ApplicationRow, application_id)
    check_sight(w, row)
    return errors_again(w, row)


def _belongs(section: Section, key: str) -> bool:
    return key.split("-", maxsplit=1)[0] in section.facts


def check_numbers(w: Work, answers: dict[str, FactValue], errors: dict[str, list[str]]) -> None:
    """Check digits and the birth date inside identity numbers; a right number is kept in its normal form."""
    for kind_name, number_name in (("id_kind", "id_number"), ("company_id_kind", "company_id_number")):
        kind, number = answers.get(kind_name), answers.get(number_name)
        if kind not in KINDS or number is None:
            continue
        country = answers.get("nationality" if kind_name == "id_kind" else "country")
        found = check_identity_number(
            str(kind), number, today=w.clock.today(), country=None if country is None else str(country)
        )
        if not found.valid:
            errors[number_name] = [found.reason or Text("Check this number")]
            del answers[number_name]
            continue
        answers[number_name] = found.normalised or str(number)
        born = answers.get("birth_on")
        if found.birth_on is not None and born is not None and found.birth_on != born:
            errors["birth_on"] = [Text("The identity number says another date of birth. Check both.")]
        if kind_name == "id_kind" and found.expires_on is not None:
            declared = answers.setdefault("id_expires_on", found.expires_on)
            if declared != found.expires_on:
                errors["id_expires_on"] = [Text("The document itself says another last day. Check both.")]
    account = answers.get("bank_account")
    if isinstance(account, str):
        wrong = bank_account_fault(account)
        if wrong is not None:
            errors["bank_account"] = [wrong]
            del answers["bank_account"]


def bank_account_fault(account: str) -> Text | None:
    """None for a valid IBAN or a card number whose check digit is right (ISO/IEC 7812-1, Luhn); else what is wrong."""
    plain = "".join(account.split()).replace("-", "").upper()
    if plain[:2].isalpha():
        found = next(rule for rule in BANK_RULES if rule.kind == "iban").check(plain, None)
        return None if found.valid else Text("This IBAN is not right. Check each character.")
    if plain.isascii() and plain.isdigit() and 12 <= len(plain) <= 19:
        digits = [int(c) for c in reversed(plain)]
        total = sum(d if at % 2 == 0 else sum(divmod(2 * d, 10)) for at, d in enumerate(digits))
        return None if total % 10 == 0 else Text("This card number is not right. Check each digit.")
    return Text("Enter an IBAN, or a card number of 12 to 19 digits")


def _check_product(w: Work, row: ApplicationRow, answers: dict[str, FactValue], errors: dict[str, list[str]]) -> None:
    """The wish against what the product offers; an answer outside it is kept as typed, not as an answer."""
    product = product_of(w, row)
    amount, tenor = answers.get("amount", product.amount_min), answers.get("tenor_months", product.tenors[0])
    kind = answers.get("amortisation")
    try:
        assert isinstance(amount, Money)
        assert isinstance(tenor, int)
        product.check_wish(amount, tenor, None if kind is None else Amortization(str(kind)))
    except InvalidInput as refused:
        for name, texts in refused.fields.items():
            errors[name] = list(texts)
            del answers[name]
    purpose = answers.get("purpose")
    if purpose is not None and product.purposes and purpose not in product.purposes:
        errors["purpose"] = [Text("This product is not for that purpose. Choose another.")]
        del answers["purpose"]


def save_owners(
    w: Work, application_id: UUID, lines: list[Mapping[str, Any]], *, expected_version: int | None = None
) -> SectionSaved:
    """Replaces the owners of a company. Wrong lines are kept as typed, with `owners-<n>-<field>` messages."""
    row = open_draft(w, application_id, expected_version)
    if row.segment != "sme":
        raise NotFound(Text("There is no such page"))
    draft = json.loads(row.draft)
    draft["typed"].pop("owners", None)
    draft["errors"].pop("owners", None)
    entries, errors = _owner_errors(w, row, lines)
    if errors:
        kept = [{key: str(value)[:TYPED_MAX] for key, value in line.items()} for line in lines[:50]]
        draft["typed"]["owners"], draft["errors"]["owners"] = kept, errors
    else:
        replace_owners(w, row, entries)
    row.draft = json.dumps(draft, ensure_ascii=False)
    touch(row)
    audit.record(w, "application.section_saved", SUBJECT, row.id, section="owners", wrong=sorted(errors))
    return SectionSaved(errors, row.row_version)


def _owner_errors(
    w: Work, row: ApplicationRow, lines: list[Mapping[str, Any]]
) -> tuple[tuple[OwnerEntry, ...], dict[str, list[str]]]:
    company = row.applicant_name or ""
    try:
        entries = without_own_name(read_owners(lines), company)
    except InvalidInput as refused:
        return (), {name: list(texts) for name, texts in refused.fields.items()}
    return entries, check_owners(w, entries, company)


def replace_owners(w: Work, row: ApplicationRow, entries: Sequence[OwnerEntry]) -> None:
    """The owners of an application become exactly these."""
    if row.owners:
        row.owners.clear()
        w.session.flush()
    row.owners.extend(owner_row(at, entry) for at, entry in enumerate(entries))


def check_owners(w: Work, entries: Sequence[OwnerEntry], company: str) -> dict[str, list[str]]:
    """What is wrong with the owners of `company`, by `owners-<n>-<field>` or `owners`."""
    errors = faults_of_lines(entries, company)
    for at, entry in enumerate(entries):
        if entry.identity_kind in KINDS and entry.identity_number:
            found = check_identity_number(
                str(entry.identity_kind), entry.identity_number, today=w.clock.today(), country=entry.country
            )
            if not found.valid:
                errors[f"owners-{at}-identity_number"] = [found.reason or Text("Check this number")]
    if not entries:
        errors["owners"] = [Text("Enter at least one owner")]
    return errors


def give_consents(
    w: Work, application_id: UUID, kinds: Sequence[ConsentKind], *, expected_version: int | None = None
) -> ApplicationRow:
    """Records what the applicant agrees to, word for word as shown, with time and address.

    Raises NotAllowed for staff: nobody agrees for somebody else, except on a signed paper entered by an officer.
    """
    from core.i18n import speak, translate

    w.actor.require(Role.APPLICANT, Role.OFFICER, Role.SYSTEM)
    row = open_draft(w, application_id, expected_version)
    held = consent_rows(w, row.id)
    with speak(row.locale):
        shown = {kind: translate(CONSENT_TEXTS[kind]) for kind in kinds}
    for kind in kinds:
        if kind.value in held:
            continue
        words = shown[kind]
        w.add(
            ConsentRow(
                id=uuid7(), application_id=row.id, kind=kind.value, text=words,
                text_sha256=hashlib.sha256(words.encode()).hexdigest(), locale=row.locale, agreed_at=w.now,
                actor_id=w.actor.id, address=w.actor.address,
            )
        )  # fmt: skip
    touch(row)
    audit.record(w, "application.consented", SUBJECT, row.id, kinds=sorted(kind.value for kind in kinds))
    return row


def make_link(w: Work, application_id: UUID, purpose: str = RESUME, *, days: int = 30) -> str:
    """A secret for a link that opens this application (`resume`) or its uploads (`upload`); only its hash is kept."""
    row = open_case(w, application_id)
    token = secrets.token_urlsafe(32)
    w.add(
        SignedLinkRow(
            token_hash=_token_hash(token),
            purpose=f"{SUBJECT}.{purpose}",
            subject_id=row.id,
            expires_at=w.now + timedelta(days=days),
        )
    )
    audit.record(w, "application.link_made", SUBJECT, row.id, purpose=purpose, days=days)
    return token


def follow_link(w: Work, token: str, purpose: str = RESUME) -> UUID:
    """The application a link opens. Raises NotFound when there is none, it is of another kind, or it has expired."""
    found = w.session.get(SignedLinkRow, _token_hash(token))
    if found is None or found.purpose != f"{SUBJECT}.{purpose}" or found.expires_at <= w.now:
        raise NotFound(Text("This link is not valid any more. Ask for a new one."))
    return found.subject_id


def _token_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
