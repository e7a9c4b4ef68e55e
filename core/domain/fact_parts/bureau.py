"""Facts a credit bureau reports, and what our own book adds to them."""

from __future__ import annotations

from core.domain.fact import CONSUMER, Choice, Fact, FactType, Source
from core.domain.texts import Text

OTHER_PLANS = (
    Choice("none", Text("None")),
    Choice("bank", Text("At another bank")),
    Choice("stores", Text("At a store")),
)
CREDIT_HISTORY = (
    Choice(0, Text("Paid late in the past")),
    Choice(1, Text("Critical account, or many credits elsewhere")),
    Choice(2, Text("No credits, or all paid back as agreed")),
    Choice(3, Text("Current credits paid as agreed")),
    Choice(4, Text("All credits with us paid back as agreed")),
)
CREDITS_HERE = (
    Choice(1, Text("One")),
    Choice(2, Text("Two or three")),
    Choice(3, Text("Four or five")),
    Choice(4, Text("Six or more")),
)

FACTS = (
    Fact(
        "credit_history",
        FactType.ORDINAL,
        Source.BUREAU,
        Text("Credit history"),
        segments=CONSUMER,
        choices=CREDIT_HISTORY,
    ),
    Fact(
        "other_plans",
        FactType.CHOICE,
        Source.BUREAU,
        Text("Other instalment plans"),
        segments=CONSUMER,
        choices=OTHER_PLANS,
    ),
    Fact(
        "credits_here",
        FactType.ORDINAL,
        Source.DERIVED,
        Text("Credits with us, this one included"),
        segments=CONSUMER,
        choices=CREDITS_HERE,
    ),
    Fact("bureau_delinquencies_24m", FactType.INTEGER, Source.BUREAU, Text("Late payments in the last 24 months")),
    Fact("bureau_inquiries_6m", FactType.INTEGER, Source.BUREAU, Text("Credit inquiries in the last 6 months")),
    Fact(
        "bureau_worst_dpd_24m",
        FactType.INTEGER,
        Source.BUREAU,
        Text("Longest delay in the last 24 months"),
        unit="days",
    ),
)
