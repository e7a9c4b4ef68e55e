"""From contract data to the page that is shown, hashed, signed and printed. The same data give the same page."""

from __future__ import annotations

from datetime import datetime

from core import documents
from origination.domain.contract import ContractData
from origination.domain.esign import SignatureEvidence

_HASH_MARK, _EVIDENCE_MARK = "<!--content-hash-->", "<!--evidence-->"


def contract_html(data: ContractData) -> str:
    """The contract as shown to be read and signed: everything but its own hash and the signature."""
    return documents.render_html("contract/contract.html", d=data)


def content_sha256(html: str) -> str:
    """The hash of the contract as shown: what the borrower signs and the footer shows."""
    return documents.sha256(html.encode())


def printed_html(
    data: ContractData, html: str, *, evidence: SignatureEvidence | None = None, verify_url: str | None = None
) -> str:
    """`html` (of `data`) with its hash in the footer and the page of signatures; without `evidence` it is unsigned."""
    qr = documents.qr_code(verify_url) if verify_url else ""
    last_page = documents.render_html("contract/evidence.html", d=data, evidence=evidence, verify_url=verify_url, qr=qr)
    footer = f'<br><span class="hash">SHA-256 {content_sha256(html)}</span>'
    return html.replace(_HASH_MARK, footer, 1).replace(_EVIDENCE_MARK, last_page, 1)


def contract_pdf(
    data: ContractData,
    html: str,
    *,
    at: datetime,
    evidence: SignatureEvidence | None = None,
    verify_url: str | None = None,
) -> bytes:
    """The printed contract as PDF, not yet sealed."""
    return documents.render_pdf(printed_html(data, html, evidence=evidence, verify_url=verify_url), at=at)
