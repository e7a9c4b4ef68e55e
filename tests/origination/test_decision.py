"""The seed policy on whole cases, and simulation against it."""

import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.errors import PolicyInvalid
from core.domain.money import Money
from origination.domain.assessment import Case, assess, wish_of
from origination.domain.decision import Decision, Reason, decide, decision_to_dict, fingerprint
from origination.domain.offer import Wish
from origination.domain.policy import OriginationPolicy
from origination.domain.rules import Outcome, Stage
from origination.domain.simulation import simulate_cases
from origination.domain.table_check import check_table, currencies_of
from repayment.domain.schedule import Amortization
from tests.origination.cases import DAY, consumer_case, seed_policy, seed_products, sme_case


def verdict(case: Case, **wish: object) -> Decision:
    answers = {**case.base, **wish}
    return assess(case, wish_of(answers, case.product), seed_policy()).decision


def test_a_clean_consumer_is_approved_and_every_row_is_kept():
    decision = verdict(consumer_case())
    assert decision.outcome is Outcome.APPROVE
    assert decision.reasons == ()
    assert {row.row for row in decision.rows} >= {"AGE_BELOW_18", "DTI_ABOVE_LIMIT", "COST_ABOVE_CAP_CN"}
    dti = next(row for row in decision.rows if row.row == "DTI_ABOVE_LIMIT")
    assert (dti.fired, dti.limits["dti"]) == (False, (">", (Decimal("0.55"),)))


def test_a_clean_company_is_approved():
    assert verdict(sme_case()).outcome is Outcome.APPROVE


@pytest.mark.parametrize(
    ("changes", "outcome", "reason"),
    [
        ({"birth_on": date(2008, 11, 23)}, Outcome.DECLINE, "AGE_BELOW_18"),
        ({"income_monthly": Money(0, "CNY")}, Outcome.DECLINE, "NO_INCOME"),
        ({"obligations_monthly": Money.of("8000", "CNY")}, Outcome.DECLINE, "DTI_ABOVE_LIMIT"),
        ({"bureau_worst_dpd_24m": 90}, Outcome.DECLINE, "BUREAU_SERIOUS_ARREARS"),
        ({"bureau_delinquencies_24m": 6}, Outcome.DECLINE, "BUREAU_MANY_DELINQUENCIES"),
        ({"bureau_delinquencies_24m": 3}, Outcome.REFER, "BUREAU_DELINQUENCIES"),
        ({"bureau_inquiries_6m": 6}, Outcome.REFER, "BUREAU_MANY_INQUIRIES"),
        ({"amount": Money.of("160000", "CNY")}, Outcome.REFER, "AMOUNT_NEEDS_PERSON"),
    ],
)
def test_consumer_rules_at_their_limits(changes, outcome, reason):
    decision = verdict(consumer_case(**changes, **({"tenor_months": 36} if "amount" in changes else {})))
    assert decision.outcome is outcome
    assert reason in decision.reason_ids


@pytest.mark.parametrize("name", ["bureau_delinquencies_24m", "income_monthly", "birth_on"])
def test_an_unknown_fact_refers_and_is_named(name):
    case = consumer_case()
    base = {key: value for key, value in case.base.items() if key not in {name, "age_years"} or name != "birth_on"}
    base.pop(name, None)
    decision = verdict(Case(base, case.product, case.own, DAY, "PASS", case.score))
    assert decision.outcome is Outcome.REFER
    assert "FACT_MISSING" in decision.reason_ids


@pytest.mark.parametrize(("kyc", "grade"), [("REFER", "A"), (None, "A"), ("PASS", None)])
def test_nothing_is_approved_without_identity_and_score(kyc, grade):
    case = consumer_case(grade)
    decision = verdict(Case(case.base, case.product, case.own, DAY, kyc, case.score))
    assert decision.outcome is Outcome.REFER


def test_no_edited_policy_approves_without_identity_and_score():
    """The guards are not rows of a table: a policy without any rule still asks a person."""
    policy = json.loads(seed_policy().text) | {"table": []}
    bare = OriginationPolicy.from_toml(policy)
    case = consumer_case(None)
    decision = assess(case, wish_of(case.base, case.product), bare).decision
    assert decision.outcome is Outcome.REFER
    assert {"SCORE_MISSING", "PRICE_MISSING", "NO_POLICY"} <= set(decision.reason_ids)


def test_the_limit_of_the_grade_is_a_solvable_decline():
    decision = verdict(consumer_case("D", income_monthly=Money.of("60000", "CNY")), amount=Money.of("100000", "CNY"))
    assert decision.outcome is Outcome.DECLINE
    assert decision.reason_ids[0] == "AMOUNT_ABOVE_LIMIT"
    assert decision.amount_max == Money.of("80000", "CNY")
    assert decision.is_solvable


def test_a_loan_dearer_than_the_cap_is_declined():
    case = consumer_case("E", amount=Money.of("20000", "CNY"))
    dear = Case(case.base, case.product, case.own, DAY, "PASS", case.score.__class__(Decimal("0.5"), Decimal(500), "E"))
    assert "COST_ABOVE_CAP_CN" in verdict(dear).reason_ids


def test_a_table_is_in_force_only_from_its_first_day():
    facts = assess(consumer_case(), Wish(Money.of(20000, "CNY"), 24, Amortization.ANNUITY), seed_policy()).facts
    dear = dict(facts) | {"cost_effective": Decimal("0.30")}
    assert decide(dear, seed_policy().compiled, DAY).outcome is Outcome.DECLINE
    assert decide(dear, seed_policy().compiled, date(2025, 9, 30)).outcome is Outcome.APPROVE


def test_a_decision_cannot_contradict_its_reasons():
    with pytest.raises(ValueError, match="does not follow"):
        Decision(Outcome.APPROVE, (Reason("X", "t", Outcome.REFER),), (), None, None)


def test_only_some_stages_can_be_asked_before_a_score():
    decision = decide(
        {"segment": "sme", "jurisdiction": "EU", "currency": "EUR", "sector": "92"},
        seed_policy().compiled,
        DAY,
        stages=frozenset({Stage.PREQUALIFICATION}),
    )
    assert decision.reason_ids == ("SECTOR_EXCLUDED",)


def test_a_decision_replays_from_its_kept_text_and_facts():
    found = assess(consumer_case(), Wish(Money.of(20000, "CNY"), 24, Amortization.ANNUITY), seed_policy())
    kept = decision_to_dict(found.decision, found.facts)
    again = OriginationPolicy.from_text(seed_policy().text)
    assert again.sha256 == seed_policy().sha256
    replayed = decide(found.facts, again.compiled, DAY)
    assert fingerprint(decision_to_dict(replayed, found.facts)) == fingerprint(json.loads(json.dumps(kept)))


def test_every_decision_writes_all_reasons_in_both_languages():
    for table in seed_policy().tables:
        for row in table.rows:
            if row.outcome in {Outcome.REFER, Outcome.DECLINE}:
                assert row.texts["en"] != row.texts["zh"]


def test_the_seed_tables_have_no_overlap_gap_or_dead_row():
    for table in seed_policy().tables:
        for currency in currencies_of(table):
            report = check_table(table, currency)
            assert report.complete, table.name
            assert report.findings == (), table.name


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("stress", {"rate": "2", "income": "0.1"}, "stress is a share"),
        ("offers", {"valid_days": 0, "count_max": 3}, "valid for 1 to 365"),
        ("offers", {"valid_days": 14}, "count_max"),
        ("exchange", {"as_of": "2026-01-01", "usd_per_unit": {"CNY": "-1"}}, "more than zero"),
        ("version", None, "version"),
    ],
)
def test_a_wrong_policy_names_what_is_wrong(key, value, said):
    raw = json.loads(seed_policy().text)
    raw[key] = value
    if value is None:
        del raw[key]
    with pytest.raises(PolicyInvalid, match=said):
        OriginationPolicy.from_toml(raw)


GRADES = st.sampled_from([None, *"ABCDEFG"])


@st.composite
def whole_cases(draw: st.DrawFn) -> dict:
    make, code = draw(
        st.sampled_from(
            [(consumer_case, "consumer-cny"), (consumer_case, "consumer-eur"), (sme_case, "sme-working-cny"),
             (sme_case, "sme-equipment-eur")]
        )
    )  # fmt: skip
    case = make(draw(GRADES), code)
    sold = seed_products()[code]
    steps = (sold.amount_max.minor - sold.amount_min.minor) // sold.amount_step.minor
    amount = Money(sold.amount_min.minor + draw(st.integers(0, steps)) * sold.amount_step.minor, sold.currency)
    wish = Wish(amount, draw(st.sampled_from(sold.tenors)), draw(st.sampled_from(sold.kinds)))
    facts = dict(assess(case, wish, seed_policy()).facts)
    for name in draw(
        st.sets(st.sampled_from(sorted(facts.keys() - {"segment", "jurisdiction", "currency"})), max_size=2)
    ):
        del facts[name]
    return facts


@settings(max_examples=40)
@given(st.lists(whole_cases(), min_size=1, max_size=6))
def test_simulation_gives_every_case_the_outcome_of_its_single_decision(cases):
    policy = seed_policy().compiled
    assert list(simulate_cases(cases, policy, DAY).outcomes()) == [decide(f, policy, DAY).outcome for f in cases]
