"""What entries of the ledger, events and accounts are called on statements and pages."""

from __future__ import annotations

from core.domain.texts import Text
from repayment.domain.ledger import EntryCode
from repayment.domain.state import EventKind

ENTRY_NAMES: dict[EntryCode, Text] = {
    EntryCode.DISBURSEMENT: Text("Paid out"),
    EntryCode.FEE_FINANCED: Text("Fee added to the loan"),
    EntryCode.FEE_WITHHELD: Text("Fee kept back at payout"),
    EntryCode.FEE_DUE: Text("Fee due"),
    EntryCode.INTEREST_ACCRUED: Text("Interest"),
    EntryCode.INTEREST_CAPITALISED: Text("Interest added to the loan"),
    EntryCode.PENALTY_ACCRUED: Text("Penalty interest"),
    EntryCode.LATE_FEE: Text("Late fee"),
    EntryCode.PAYMENT: Text("Payment"),
    EntryCode.OVERPAYMENT: Text("Payment kept as credit"),
    EntryCode.CREDIT_APPLIED: Text("Credit used"),
    EntryCode.CREDIT_REFUNDED: Text("Credit paid back"),
    EntryCode.PREPAYMENT: Text("Paid early"),
    EntryCode.PREPAYMENT_FEE: Text("Compensation for paying early"),
    EntryCode.SETTLEMENT: Text("Paid off"),
    EntryCode.FEE_REBATE: Text("Fees given back"),
    EntryCode.WAIVER: Text("Waived"),
    EntryCode.ARREARS_CAPITALISED: Text("Arrears added to the loan"),
    EntryCode.NON_ACCRUAL: Text("Interest moved to suspense"),
    EntryCode.ACCRUAL_RESUMED: Text("Interest back from suspense"),
    EntryCode.PROVISION: Text("Provision for losses"),
    EntryCode.CHARGE_OFF: Text("Charged off"),
    EntryCode.RECOVERY: Text("Recovered after charge-off"),
    EntryCode.SALE: Text("Claim sold"),
}
EVENT_NAMES: dict[EventKind, Text] = {
    EventKind.DISBURSEMENT: Text("Paid out"),
    EventKind.PAYMENT: Text("Payment"),
    EventKind.PREPAYMENT: Text("Early repayment"),
    EventKind.SETTLEMENT: Text("Paid off"),
    EventKind.WITHDRAWAL: Text("Withdrawal from the contract"),
    EventKind.WAIVER: Text("Waived"),
    EventKind.RESTRUCTURE: Text("Restructured"),
    EventKind.CHARGE_OFF: Text("Charged off"),
    EventKind.SALE: Text("Claim sold"),
    EventKind.CREDIT_REFUND: Text("Credit paid back"),
}
