"""Facts about a person who applies, and how to reach anybody who applies."""

from __future__ import annotations

from decimal import Decimal

from core.domain.fact import CONSUMER, Choice, Fact, FactType, Source
from core.domain.texts import Text

_ZERO = Decimal(0)

# The kinds with a rule of their own are checked digit by digit (origination.domain.identity).
ID_KINDS = (
    Choice("cn_resident_id", Text("Chinese resident identity card")),
    Choice("passport", Text("Passport")),
    Choice("national_id", Text("National identity card")),
    Choice("es_nif", Text("Spanish DNI or NIE")),
    Choice("fr_nir", Text("French social security number")),
    Choice("de_idnr", Text("German tax identification number")),
    Choice("it_codice_fiscale", Text("Italian codice fiscale")),
    Choice("nl_bsn", Text("Dutch citizen service number")),
    Choice("be_nn", Text("Belgian national number")),
    Choice("pl_pesel", Text("Polish PESEL")),
    Choice("pt_nif", Text("Portuguese taxpayer number")),
)

IDENTITY = (
    Fact("full_name", FactType.TEXT, Source.APPLICANT, Text("Full name"), hint=Text("As on your identity document")),
    Fact("id_kind", FactType.CHOICE, Source.APPLICANT, Text("Identity document"), choices=ID_KINDS, protected=True),
    Fact(
        "id_number",
        FactType.TEXT,
        Source.APPLICANT,
        Text("Document number"),
        hint=Text(
            "We must know who borrows. It is stored encrypted and shown masked. Of a passport or card you may enter "
            "all machine-readable lines (with <<): then nobody has to compare it by hand."
        ),
        protected=True,
        sensitive=True,
    ),
    Fact(
        "id_expires_on",
        FactType.DATE,
        Source.APPLICANT,
        Text("Document valid until"),
        hint=Text("Leave empty if it never expires"),
        protected=True,
        optional=True,
    ),
    Fact("birth_on", FactType.DATE, Source.APPLICANT, Text("Date of birth"), protected=True, sensitive=True),
    Fact(
        "nationality",
        FactType.CODE,
        Source.APPLICANT,
        Text("Nationality"),
        unit="ISO 3166",
        protected=True,
        optional=True,
    ),
    Fact("age_years", FactType.INTEGER, Source.DERIVED, Text("Age"), unit="years", protected=True),
)

CONTACT = (
    Fact("email", FactType.TEXT, Source.APPLICANT, Text("E-mail address"), sensitive=True),
    Fact("phone", FactType.TEXT, Source.APPLICANT, Text("Mobile phone"), sensitive=True),
    Fact("address_line", FactType.TEXT, Source.APPLICANT, Text("Street and number"), sensitive=True),
    Fact("city", FactType.TEXT, Source.APPLICANT, Text("Town or city")),
    Fact("postal_code", FactType.TEXT, Source.APPLICANT, Text("Postal code"), protected=True),
    Fact("country", FactType.CODE, Source.APPLICANT, Text("Country"), unit="ISO 3166"),
    Fact(
        "bank_account",
        FactType.TEXT,
        Source.APPLICANT,
        Text("Bank account for the payout"),
        hint=Text("IBAN, or the card number of your bank account"),
        sensitive=True,
    ),
)

EMPLOYMENT_STATUSES = (
    Choice("employed", Text("Employed")),
    Choice("self_employed", Text("Self-employed")),
    Choice("unemployed", Text("Not working")),
    Choice("retired", Text("Retired")),
    Choice("student", Text("Student")),
)
EMPLOYMENT_BANDS = (
    Choice(1, Text("Not working")),
    Choice(2, Text("Less than a year")),
    Choice(3, Text("1 to 4 years")),
    Choice(4, Text("4 to 7 years")),
    Choice(5, Text("7 years or more")),
)
OCCUPATIONS = (
    Choice(1, Text("No occupation, or unskilled without permanent residence")),
    Choice(2, Text("Unskilled work")),
    Choice(3, Text("Skilled work or office")),
    Choice(4, Text("Management, own business or highly qualified")),
)
ACCOUNTS = (
    Choice(1, Text("I have no current account")),
    Choice(2, Text("It is often overdrawn")),
    Choice(3, Text("It has a small positive balance")),
    Choice(4, Text("It has a good balance or receives my salary")),
)
SAVINGS_BANDS = (
    Choice(1, Text("None or not known")),
    Choice(2, Text("Less than a tenth of a month's income")),
    Choice(3, Text("A tenth to half of a month's income")),
    Choice(4, Text("Half to one month's income")),
    Choice(5, Text("One month's income or more")),
)
HOUSINGS = (
    Choice("free", Text("I live rent-free")),
    Choice("rent", Text("I rent")),
    Choice("own", Text("I own my home")),
)
PROPERTIES = (
    Choice(1, Text("None of these")),
    Choice(2, Text("A car or other valuables")),
    Choice(3, Text("A savings plan for a home, or life insurance")),
    Choice(4, Text("Real estate")),
)
OTHER_DEBTORS = (
    Choice("none", Text("Nobody")),
    Choice("co_applicant", Text("Somebody borrows with me")),
    Choice("guarantor", Text("Somebody guarantees for me")),
)
INSTALMENT_BANDS = (
    Choice(1, Text("35 % of income or more")),
    Choice(2, Text("25 % to 35 % of income")),
    Choice(3, Text("20 % to 25 % of income")),
    Choice(4, Text("Less than 20 % of income")),
)


def _money(name: str, text: Text, hint: Text | None = None) -> Fact:
    return Fact(
        name,
        FactType.MONEY,
        Source.APPLICANT,
        text,
        unit="month",
        hint=hint,
        segments=CONSUMER,
        minimum=_ZERO,
    )


def _of(
    name: str,
    kind: FactType,
    text: Text,
    choices: tuple[Choice, ...],
    source: Source = Source.APPLICANT,
) -> Fact:
    return Fact(name, kind, source, text, segments=CONSUMER, choices=choices)


MEANS = (
    _money(
        "income_monthly", Text("Monthly income after tax"), Text("Salary, pension or average profit. Enter 0 if none.")
    ),
    _money("obligations_monthly", Text("Monthly payments on other loans"), Text("Enter 0 if you have none")),
    _money("housing_cost_monthly", Text("Monthly cost of housing"), Text("Rent or mortgage. Enter 0 if none.")),
    _of("employment_status", FactType.CHOICE, Text("What do you do?"), EMPLOYMENT_STATUSES),
    Fact(
        "employed_since_on",
        FactType.DATE,
        Source.APPLICANT,
        Text("In this work since"),
        hint=Text("Leave empty if you are not working"),
        segments=CONSUMER,
        optional=True,
    ),
    _of("employment_band", FactType.ORDINAL, Text("Time in this work"), EMPLOYMENT_BANDS, Source.DERIVED),
    _of("occupation", FactType.ORDINAL, Text("Kind of work"), OCCUPATIONS),
    _of("current_account", FactType.ORDINAL, Text("Your current account"), ACCOUNTS),
    Fact(
        "savings",
        FactType.MONEY,
        Source.APPLICANT,
        Text("Savings"),
        hint=Text("Money in accounts and funds. Enter 0 if none."),
        segments=CONSUMER,
        minimum=_ZERO,
    ),
    _of("savings_band", FactType.ORDINAL, Text("Savings against income"), SAVINGS_BANDS, Source.DERIVED),
    _of("housing", FactType.CHOICE, Text("How do you live?"), HOUSINGS),
    _of("property", FactType.ORDINAL, Text("The most valuable thing you own"), PROPERTIES),
    _of("other_debtors", FactType.CHOICE, Text("Does anybody stand in with you?"), OTHER_DEBTORS),
    _of("instalment_band", FactType.ORDINAL, Text("Instalment against income"), INSTALMENT_BANDS, Source.DERIVED),
    Fact("dti", FactType.RATIO, Source.DERIVED, Text("Debt payments against income"), segments=CONSUMER),
    Fact(
        "dti_stressed",
        FactType.RATIO,
        Source.DERIVED,
        Text("Debt payments against income under stress"),
        segments=CONSUMER,
    ),
    Fact(
        "residual_income",
        FactType.MONEY,
        Source.DERIVED,
        Text("Income left after all payments"),
        unit="month",
        segments=CONSUMER,
    ),
    Fact(
        "residual_income_stressed",
        FactType.MONEY,
        Source.DERIVED,
        Text("Income left after all payments under stress"),
        unit="month",
        segments=CONSUMER,
    ),
)

FACTS = IDENTITY + CONTACT + MEANS
