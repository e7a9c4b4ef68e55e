"""Facts about the loan asked for."""

from __future__ import annotations

from decimal import Decimal

from core.domain.fact import CONSUMER, SME, Choice, Fact, FactType, Source
from core.domain.texts import Text

PURPOSES = (
    Choice("car_new", Text("New car"), CONSUMER),
    Choice("car_used", Text("Used car"), CONSUMER),
    Choice("furniture", Text("Furniture and home equipment"), CONSUMER),
    Choice("electronics", Text("Phone, computer or television"), CONSUMER),
    Choice("appliances", Text("Household appliances"), CONSUMER),
    Choice("repairs", Text("Repairs and renovation"), CONSUMER),
    Choice("education", Text("Education"), CONSUMER),
    Choice("vacation", Text("Travel"), CONSUMER),
    Choice("retraining", Text("Further training"), CONSUMER),
    Choice("business", Text("Own business"), CONSUMER),
    Choice("working_capital", Text("Stock and working capital"), SME),
    Choice("equipment", Text("Machines and equipment"), SME),
    Choice("premises", Text("Premises"), SME),
    Choice("refinance", Text("Replace another loan"), SME),
    Choice("other", Text("Something else")),
)

AMORTISATIONS = (
    Choice("annuity", Text("Level instalments")),
    Choice("equal_principal", Text("Equal principal, falling instalments")),
)

FACTS = (
    Fact("product", FactType.CODE, Source.APPLICANT, Text("Loan product")),
    Fact("segment", FactType.CODE, Source.DERIVED, Text("Segment")),
    Fact("jurisdiction", FactType.CODE, Source.DERIVED, Text("Jurisdiction")),
    Fact("currency", FactType.CODE, Source.DERIVED, Text("Currency")),
    Fact(
        "amount",
        FactType.MONEY,
        Source.APPLICANT,
        Text("How much would you like to borrow?"),
        minimum=Decimal(0),
    ),
    Fact(
        "tenor_months",
        FactType.INTEGER,
        Source.APPLICANT,
        Text("Over how many months?"),
        unit="months",
        minimum=Decimal(1),
        maximum=Decimal(360),
    ),
    Fact("purpose", FactType.CHOICE, Source.APPLICANT, Text("What is the loan for?"), choices=PURPOSES),
    Fact(
        "amortisation",
        FactType.CHOICE,
        Source.APPLICANT,
        Text("How would you like to repay?"),
        choices=AMORTISATIONS,
        optional=True,
    ),
    Fact("amount_usd", FactType.NUMBER, Source.DERIVED, Text("Amount in US dollars"), unit="USD"),
    Fact("instalment", FactType.MONEY, Source.DERIVED, Text("Monthly instalment"), unit="month"),
)
