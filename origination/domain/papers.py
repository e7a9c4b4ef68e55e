"""Documents that can be asked for: what each is called, what exactly to send, and of whom."""

from __future__ import annotations

from dataclasses import dataclass

from core.domain.fact import BOTH, CONSUMER, SME
from core.domain.texts import Text

BANK_FILE = "bank_file"
ACCOUNTS = "accounts"


@dataclass(frozen=True, slots=True)
class Paper:
    """One kind of document, in the words the applicant reads."""

    name: Text
    ask: Text
    segments: frozenset[str] = BOTH


PAPERS: dict[str, Paper] = {
    "identity": Paper(
        Text("Identity document, both sides"),
        Text("A photo of both sides; every corner and every letter must be seen."),
    ),
    "income": Paper(
        Text("Proof of income of the last three months"),
        Text("Pay slips, pension notices or an employer's letter of each of the last three months."),
        CONSUMER,
    ),
    "employment": Paper(
        Text("Employment contract"),
        Text("All pages with your name, the employer, the pay and the beginning."),
        CONSUMER,
    ),
    "tax": Paper(Text("Last tax assessment"), Text("All pages of the newest notice of the tax office.")),
    "address": Paper(
        Text("Proof of address"),
        Text("A bill or an official letter of the last three months with your name and address."),
    ),
    "registration": Paper(
        Text("Extract from the company register or business licence"),
        Text("Not older than three months, with the people who may sign."),
        SME,
    ),
    "ownership": Paper(
        Text("Extract that shows the owners"),
        Text("A list of shareholders or an excerpt of the register of owners, down to the people behind companies."),
        SME,
    ),
    "statements": Paper(
        Text("Annual accounts or bank statements of the last year"),
        Text("Signed accounts of the last two years, or statements of all accounts for twelve months."),
    ),
    ACCOUNTS: Paper(
        Text("Annual accounts of the last two years"),
        Text("Balance sheet and profit and loss account of each year, with the signature or the auditor's opinion."),
        SME,
    ),
    BANK_FILE: Paper(
        Text("Bank statements as a file (CAMT.053, MT940 or CSV)"),
        Text("Export the last six months from your online banking; no photo is needed then."),
    ),
    "invoice": Paper(
        Text("Offer or invoice of what you want to buy"), Text("With the seller's name, the goods and the price.")
    ),
    "collateral": Paper(
        Text("Papers of the security"), Text("Title, registration or valuation of what you offer as security."), SME
    ),
}


def papers_for(segment: str) -> tuple[str, ...]:
    """The kinds that can be asked of an applicant of that segment."""
    return tuple(kind for kind, paper in PAPERS.items() if segment in paper.segments)
