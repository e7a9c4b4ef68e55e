"""Facts about a company that applies. Money is for the last full financial year unless the name says otherwise."""

from __future__ import annotations

from decimal import Decimal

from core.domain.fact import SME, Choice, Fact, FactType, Source
from core.domain.texts import Text

_ZERO = Decimal(0)

COMPANY_ID_KINDS = (
    Choice("cn_uscc", Text("Chinese unified social credit code")),
    Choice("eu_vat", Text("EU VAT number")),
    Choice("lei", Text("Legal entity identifier (LEI)")),
    Choice("de_hrb", Text("German commercial register number")),
    Choice("fr_siren", Text("French SIREN")),
    Choice("es_cif", Text("Spanish NIF of a company")),
    Choice("uk_company_number", Text("UK company number")),
)
SIZE_CLASSES = (
    Choice("micro", Text("Micro enterprise")),
    Choice("small", Text("Small enterprise")),
    Choice("medium", Text("Medium-sized enterprise")),
    Choice("large", Text("Large enterprise")),
)
YES_NO = (Choice("no", Text("No")), Choice("yes", Text("Yes")))
# North American Industry Classification System 2022, sectors by their first two digits.
SECTORS = (
    Choice("11", Text("Agriculture, forestry and fishing")),
    Choice("21", Text("Mining and oil")),
    Choice("22", Text("Energy and water supply")),
    Choice("23", Text("Construction")),
    Choice("31", Text("Manufacturing: food, textiles")),
    Choice("32", Text("Manufacturing: wood, paper, chemicals")),
    Choice("33", Text("Manufacturing: metal, machines, electronics")),
    Choice("42", Text("Wholesale")),
    Choice("44", Text("Retail: shops")),
    Choice("45", Text("Retail: general and online")),
    Choice("48", Text("Transport")),
    Choice("49", Text("Post, couriers and storage")),
    Choice("51", Text("Media, software and telecoms")),
    Choice("52", Text("Finance and insurance")),
    Choice("53", Text("Real estate and leasing")),
    Choice("54", Text("Professional and technical services")),
    Choice("55", Text("Holding companies")),
    Choice("56", Text("Administrative and support services")),
    Choice("61", Text("Education")),
    Choice("62", Text("Health and social care")),
    Choice("71", Text("Arts, sports and leisure")),
    Choice("72", Text("Hotels and restaurants")),
    Choice("81", Text("Other services")),
    Choice("92", Text("Public administration")),
)
LOCATIONS = (
    Choice("unknown", Text("Not known")),
    Choice("urban", Text("Town or city")),
    Choice("rural", Text("Countryside")),
)

IDENTITY = (
    Fact("company_name", FactType.TEXT, Source.APPLICANT, Text("Registered name of the company"), segments=SME),
    Fact(
        "company_id_kind",
        FactType.CHOICE,
        Source.APPLICANT,
        Text("Kind of company number"),
        segments=SME,
        choices=COMPANY_ID_KINDS,
    ),
    Fact("company_id_number", FactType.TEXT, Source.APPLICANT, Text("Company number"), segments=SME, sensitive=True),
    Fact(
        "representative_name",
        FactType.TEXT,
        Source.APPLICANT,
        Text("Who signs for the company?"),
        hint=Text("Full name of a person with power to sign"),
        segments=SME,
    ),
)


def _annual(name: str, text: Text, hint: Text | None = None, *, signed: bool = False) -> Fact:
    return Fact(
        name,
        FactType.MONEY,
        Source.APPLICANT,
        text,
        unit="year",
        hint=hint,
        segments=SME,
        minimum=None if signed else _ZERO,
    )


def _count(name: str, text: Text, hint: Text | None = None) -> Fact:
    return Fact(
        name,
        FactType.INTEGER,
        Source.APPLICANT,
        text,
        hint=hint,
        segments=SME,
        minimum=_ZERO,
        maximum=Decimal(1_000_000),
    )


def _ratio(name: str, text: Text, unit: str = "") -> Fact:
    return Fact(name, FactType.RATIO, Source.DERIVED, text, unit=unit, segments=SME)


BUSINESS = (
    _count("employees", Text("Employees"), Text("Full-time equivalents, owners who work included")),
    Fact("founded_on", FactType.DATE, Source.APPLICANT, Text("Founded on"), segments=SME),
    Fact(
        "new_business",
        FactType.CHOICE,
        Source.DERIVED,
        Text("Younger than two years"),
        segments=SME,
        choices=YES_NO,
    ),
    Fact(
        "size_class",
        FactType.CHOICE,
        Source.DERIVED,
        Text("Size class of the enterprise, by its own figures"),
        segments=SME,
        choices=SIZE_CLASSES,
    ),
    Fact("sector", FactType.CHOICE, Source.APPLICANT, Text("Sector"), segments=SME, choices=SECTORS),
    Fact("location", FactType.CHOICE, Source.APPLICANT, Text("Location"), segments=SME, choices=LOCATIONS),
    _count("jobs_created", Text("New jobs this loan makes possible"), Text("Enter 0 if none")),
    _count("jobs_retained", Text("Jobs this loan helps to keep"), Text("Enter 0 if none")),
    Fact("franchise", FactType.CHOICE, Source.APPLICANT, Text("Franchise"), segments=SME, choices=YES_NO),
    _ratio("years_trading", Text("Years in business"), unit="years"),
)

FIGURES = (
    _annual("revenue_annual", Text("Revenue"), Text("Last full financial year")),
    Fact(
        "revenue_prior",
        FactType.MONEY,
        Source.APPLICANT,
        Text("Revenue of the year before"),
        unit="year",
        hint=Text("Leave empty if there was none"),
        segments=SME,
        minimum=_ZERO,
        optional=True,
    ),
    _annual("profit_annual", Text("Profit after tax"), Text("Put a minus in front of a loss"), signed=True),
    _annual(
        "ebitda_annual",
        Text("EBITDA"),
        Text("Profit before interest, tax, depreciation and amortisation"),
        signed=True,
    ),
    _annual("total_assets", Text("Total assets")),
    _annual("total_liabilities", Text("Total liabilities")),
    _annual("equity", Text("Equity"), Text("Total assets less total liabilities"), signed=True),
    _annual(
        "debt_service_annual",
        Text("Yearly payments on existing loans"),
        Text("Interest and principal. Enter 0 if none."),
    ),
    Fact(
        "collateral_value",
        FactType.MONEY,
        Source.APPLICANT,
        Text("Value of the security offered"),
        hint=Text("Enter 0 if you offer none"),
        segments=SME,
        minimum=_ZERO,
    ),
    _ratio("dscr", Text("EBITDA against all debt service")),
    _ratio("dscr_stressed", Text("EBITDA against all debt service under stress")),
    _ratio("leverage", Text("Liabilities against equity")),
    _ratio("revenue_growth", Text("Growth of revenue")),
    _ratio("ltv", Text("Loan against value of the security")),
)

FACTS = IDENTITY + BUSINESS + FIGURES
