"""From contract data to the page that is shown, hashed, signed and printed. The same data give the same page."""

from __future__ import annotations

from datetime import datetime

from core import documents
from origination.domain.contract import ContractData
from origination.domain.esign import SignatureEvidence


def contract_html(
    data: ContractData,
    *,
    content_hash: str = "",
    evidence: SignatureEvidence | None = None,
    verify_url: str | None = None,
) -> str:
    """The contract as HTML, fit for `documents.render_pdf`. Without the keyword arguments: the page that is hashed."""
    return documents.render_html(
        "contract/contract.html",
        d=data,
        content_hash=content_hash,
        evidence=evidence,
        verify_url=verify_url,
        qr=documents.qr_code(verify_url) if verify_url else "",
    )


def content_sha256(data: ContractData) -> str:
    """The hash of the contract's text: what the borrower signs and the footer shows."""
    return documents.sha256(contract_html(data).encode())


def contract_pdf(
    data: ContractData, *, at: datetime, evidence: SignatureEvidence | None = None, verify_url: str | None = None
) -> bytes:
    """The contract as PDF, not yet sealed; without `evidence` it says that it is not signed."""
    html = contract_html(data, content_hash=content_sha256(data), evidence=evidence, verify_url=verify_url)
    return documents.render_pdf(html, at=at)
