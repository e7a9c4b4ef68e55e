"""What servicing pages call things, in words a person uses."""

from __future__ import annotations

from core.domain.texts import Text
from repayment.domain.arrears import Bucket
from repayment.domain.state import EventKind, LoanStatus
from repayment.queries.collector import Stretch
from repayment.queries.loan_page import LineStatus

STRETCH_NAMES: dict[Stretch | None, Text] = {
    None: Text("All late"),
    Stretch.WEEK: Text("1–7 days"),
    Stretch.MONTH: Text("8–30 days"),
    Stretch.SECOND: Text("31–60 days"),
    Stretch.THIRD: Text("61–90 days"),
    Stretch.LATER: Text("Over 90 days"),
}
BUCKET_NAMES: dict[Bucket, Text] = {
    Bucket.CURRENT: Text("In time"),
    Bucket.D1_30: Text("1–30 days"),
    Bucket.D31_60: Text("31–60 days"),
    Bucket.D61_90: Text("61–90 days"),
    Bucket.D90_PLUS: Text("Over 90 days"),
}
WHY_WORDS: dict[str, tuple[Text, str]] = {
    "PROMISE_DUE": (Text("Promise due"), "warn"),
    "PROMISE_BROKEN": (Text("Promise broken"), "bad"),
    "NEXT_STEP": (Text("Next step is due"), "info"),
    "HAND_OVER": (Text("Handed over by the ladder"), "bad"),
    "HOLD": (Text("On hold"), "plain"),
    "ARREARS": (Text("Amount and lateness"), "plain"),
}
STATUS_LOOKS: dict[LoanStatus, tuple[Text, str]] = {
    LoanStatus.PENDING: (Text("Being paid out"), "wait"),
    LoanStatus.ACTIVE: (Text("Running"), "info"),
    LoanStatus.CLOSED_REPAID: (Text("Repaid"), "good"),
    LoanStatus.WITHDRAWN: (Text("Withdrawn"), "plain"),
    LoanStatus.CHARGED_OFF: (Text("Charged off"), "bad"),
    LoanStatus.SOLD: (Text("Sold"), "plain"),
    LoanStatus.CANCELLED: (Text("Cancelled"), "plain"),
}
LINE_LOOKS: dict[LineStatus, tuple[Text, str]] = {
    LineStatus.PAID: (Text("Paid"), "good"),
    LineStatus.PART_PAID: (Text("Partly paid"), "info"),
    LineStatus.DUE: (Text("Due today"), "warn"),
    LineStatus.OVERDUE: (Text("Overdue"), "bad"),
    LineStatus.COMING: (Text("To come"), "plain"),
    LineStatus.NOTHING: (Text("Nothing to pay"), "plain"),
}
PROMISE_LOOKS: dict[str, tuple[Text, str]] = {
    "OPEN": (Text("open"), "info"),
    "KEPT": (Text("kept"), "good"),
    "BROKEN": (Text("broken"), "bad"),
    "CANCELLED": (Text("replaced"), "plain"),
}
OUTCOME_NAMES: dict[str, Text] = {
    "reached": Text("Reached"),
    "no_answer": Text("No answer"),
    "left_message": Text("Left a message"),
    "promise": Text("Promises to pay"),
    "refused": Text("Refuses to pay"),
    "dispute": Text("Disputes the claim"),
    "hardship": Text("In hardship"),
    "wrong_number": Text("Wrong number"),
}
CHANNEL_NAMES: dict[str, Text] = {
    "call": Text("Call"),
    "incoming": Text("The borrower called"),
    "visit": Text("Visit"),
    "email": Text("E-mail"),
    "sms": Text("Text message"),
    "letter": Text("Letter"),
}
HOLD_NAMES: dict[str, Text] = {
    "DISPUTE": Text("Dispute"),
    "HARDSHIP": Text("Hardship"),
    "MORATORIUM": Text("Moratorium by law"),
    "CEASE_CONTACT": Text("Wishes no contact"),
    "HAND_OVER": Text("With lawyers or an agency"),
}
HOLDS_OFFERED = ("DISPUTE", "HARDSHIP", "MORATORIUM", "CEASE_CONTACT")
CHANGE_KINDS: dict[str, EventKind] = {
    "waive": EventKind.WAIVER,
    "plan": EventKind.RESTRUCTURE,
    "charge-off": EventKind.CHARGE_OFF,
    "sale": EventKind.SALE,
    "refund": EventKind.CREDIT_REFUND,
}
CHANGE_NAMES: dict[EventKind, Text] = {
    EventKind.WAIVER: Text("Waive charges"),
    EventKind.RESTRUCTURE: Text("Payment plan"),
    EventKind.CHARGE_OFF: Text("Charge off"),
    EventKind.SALE: Text("Sell the claim"),
    EventKind.CREDIT_REFUND: Text("Pay back credit"),
}
COMPONENT_NAMES: dict[str, Text] = {
    "fees": Text("Fees"),
    "penalty": Text("Penalty interest"),
    "interest": Text("Interest"),
}
PLAN_KINDS: dict[str, Text] = {
    "annuity": Text("Equal instalments"),
    "equal_principal": Text("Equal principal"),
    "interest_only": Text("Interest only, all principal at the end"),
}
TREATMENT_NAMES: dict[str, Text] = {
    "due_at_end": Text("with the first instalment after the pause"),
    "spread": Text("spread over the instalments after the pause"),
    "capitalised": Text("added to the principal"),
    "due_at_maturity": Text("with the last instalment"),
}
STAGE_NAMES: dict[str, Text] = {
    "pre_due": Text("Reminder before the due date"),
    "d1": Text("First reminder"),
    "d7": Text("Letter after a week"),
    "d15": Text("Second reminder"),
    "d30": Text("Notice after a month"),
    "d60": Text("Handed over to the collectors"),
}
PAY_CHANNELS: dict[str, Text] = {
    "bank_transfer": Text("Bank transfer"),
    "direct_debit": Text("Direct debit"),
    "cash": Text("Cash"),
    "card": Text("Bank card"),
    "bank": Text("Bank transfer"),
    "demo_bank": Text("Demo bank"),
    "transfer": Text("Bank transfer"),
}
PAY_CHANNELS_OFFERED = ("bank_transfer", "direct_debit", "cash", "card")
