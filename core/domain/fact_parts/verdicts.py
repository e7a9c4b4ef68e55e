"""Facts found while the case is assessed: identity checks, score, price, exposure."""

from __future__ import annotations

from core.domain.fact import Choice, Fact, FactType, Source
from core.domain.texts import Text

# A is best.
GRADES = tuple(Choice(letter, Text("{letter}", letter=letter)) for letter in "ABCDEFG")
KYC_OUTCOMES = (
    Choice("PASS", Text("Passed")),
    Choice("REFER", Text("Needs a person")),
    Choice("FAIL", Text("Failed")),
)


def _derived(name: str, kind: FactType, text: Text, unit: str = "") -> Fact:
    return Fact(name, kind, Source.DERIVED, text, unit=unit)


FACTS = (
    Fact("kyc_outcome", FactType.CHOICE, Source.DERIVED, Text("Identity and name checks"), choices=KYC_OUTCOMES),
    _derived("other_applications_30d", FactType.INTEGER, Text("Other applications in the last 30 days")),
    _derived("fact_conflicts", FactType.INTEGER, Text("Figures that differ from the documents")),
    Fact("grade", FactType.CHOICE, Source.DERIVED, Text("Risk grade"), choices=GRADES),
    _derived("pd", FactType.RATIO, Text("Probability of default within a year")),
    _derived("points", FactType.NUMBER, Text("Score points")),
    _derived("rate_annual", FactType.RATIO, Text("Yearly interest rate")),
    _derived("cost_nominal", FactType.RATIO, Text("All-in yearly cost, nominal")),
    _derived("cost_effective", FactType.RATIO, Text("All-in yearly cost, effective")),
    _derived("group_exposure", FactType.MONEY, Text("Owed by the borrower's group, this loan included")),
)
