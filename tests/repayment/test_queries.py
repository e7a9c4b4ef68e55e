"""What pages and commands read from the loan book."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from sqlalchemy import select, update

from core.domain.errors import InvalidInput, NotAllowed
from core.domain.ids import uuid7
from core.tables import ContactRow, OutboundMessageRow, PartyRow
from repayment.domain.accounts import Account
from repayment.domain.allocation import Component
from repayment.domain.arrears import Bucket
from repayment.domain.restructure import RestructurePlan
from repayment.domain.schedule_request import Amortization, PrepaymentEffect
from repayment.domain.state import LoanStatus
from repayment.queries.as_of import loan_as_of
from repayment.queries.books import failed_checks, journal_csv, trial_balance
from repayment.queries.days import closed_days
from repayment.queries.exposure import Exposure, exposure_of, performance_sample
from repayment.queries.loan_page import LineStatus, loan_events, loan_page, settlement
from repayment.queries.loans import bucket_counts, loan_by_reference, loan_count, loan_list, worklist
from repayment.queries.portfolio import Vintage, portfolio, quarterly, roll_rates, vintages
from repayment.queries.preview import preview_payment, preview_reversal
from repayment.queries.schedule_page import explained_lines
from repayment.queries.statement import statement
from repayment.steps.change_loan import charge_off, refund_credit, restructure, sell, waive
from repayment.steps.prepay import prepay, settle, withdraw
from repayment.steps.print_letters import print_letters
from repayment.steps.promise import promise
from repayment.steps.record_contact import record_contact
from repayment.steps.reverse_payment import reverse_payment
from tests.repayment.house import House, cny, request_of, terms_of


def test_lists_and_the_worklist(house: House) -> None:
    late, good, promised = house.loan(), house.loan(), house.loan()
    house.close_through(date(2025, 2, 27), daily=False)
    house.pay(good, "888.49", date(2025, 2, 28))
    house.close_through(date(2025, 3, 9), daily=False)
    with house.work() as w:
        promise(w, promised, amount=cny("900.00"), due_on=date(2025, 3, 10))
    with house.database.read() as r:
        assert loan_count(r, status=LoanStatus.ACTIVE) == 3
        assert [loan.id for loan in loan_list(r, bucket=Bucket.CURRENT)] == [good]
        items = worklist(r)
        assert [(item.loan.id, item.why, item.loan.dpd) for item in items] == [
            (promised, "PROMISE_DUE", 10),
            (late, "ARREARS", 10),
        ]
        summary = items[0].loan
        assert loan_by_reference(r, summary.reference.lower()) == summary
        assert loan_list(r, search=summary.reference)[0] == summary
        assert bucket_counts(r)[Bucket.D1_30] == (2, {"CNY": 2_000_000})
        assert exposure_of(r, [summary.borrower_id]) == Exposure({"CNY": 1_000_000}, 1)
        assert exposure_of(r, []) == Exposure({}, 0)


def test_the_loan_page_and_payments(house: House) -> None:
    loan = house.loan()
    house.close_through(date(2025, 3, 9), daily=False)
    paid = house.pay(loan, "500.00", date(2025, 3, 10))
    with house.database.read() as r:
        page = loan_page(r, loan)
        events = loan_events(r, loan)
    assert page.lines[0].status is LineStatus.OVERDUE
    assert page.lines[1].status is LineStatus.COMING
    assert page.lines[-1].balance == cny("0.00")
    assert (page.payments[0].fees, page.payments[0].principal) == (paid.fees, paid.principal)
    assert page.payments[0].credit == cny("0.00")
    assert page.summary.next_due == cny("888.49")
    assert page.risk_class == "SPECIAL_MENTION"
    assert [event.kind.value for event in events] == ["PAYMENT", "DISBURSEMENT"]
    with house.work() as w:
        reverse_payment(w, paid.payment_id, reason="bounced")
    with house.database.read() as r:
        again = loan_page(r, loan).payments[0]
    assert again.reversed_on == date(2025, 3, 10)
    assert (again.fees, again.principal, again.credit) == (cny("0"), cny("0"), cny("0"))


def test_settlement_of_a_later_day_and_settling(house: House) -> None:
    loan = house.loan()
    house.close_through(date(2025, 2, 13), daily=False)
    with house.database.read() as r:
        today = settlement(r, loan, date(2025, 2, 14))
        later = settlement(r, loan, date(2025, 3, 10))
    # 14 of the 28 nights to the first due date: half of its interest of 100.00
    assert (today.interest_accrued, today.total) == (cny("50.00"), cny("10050.00"))
    # ten nights late: fee 20.00, penalty 3.94; the next period has run 10 of 31 nights: 92.12 * 10 / 31 = 29.71
    assert (later.due_fees, later.due_penalty, later.interest_accrued) == (cny("20.00"), cny("3.94"), cny("29.71"))
    with house.work() as w, pytest.raises(InvalidInput, match=r"10050\.00"):
        settle(w, key="s0", loan_id=loan, amount=cny("10049.99"), value_on=date(2025, 2, 14), channel="bank", payer="b")
    with house.work() as w:
        done = settle(
            w, key="s1", loan_id=loan, amount=cny("10060.00"), value_on=date(2025, 2, 14), channel="bank", payer="b"
        )
    assert (done.status, done.credit, done.interest) == (LoanStatus.CLOSED_REPAID, cny("10.00"), cny("50.00"))
    with house.work() as w:
        refund_credit(w, loan, amount=cny("10.00"), key="r")
        assert failed_checks(w) == ()
    assert house.balances(loan) == {"cash": 5000, "interest_income": -5000}


def test_withdrawing_costs_interest_by_the_day_and_only_in_time(house: House) -> None:
    inside, outside = house.loan(terms=terms_of(withdrawal_days=14)), house.loan(terms=terms_of(withdrawal_days=14))
    house.close_through(date(2025, 2, 13), daily=False)
    with house.work() as w:
        done = withdraw(
            w, key="w", loan_id=inside, amount=cny("10050.00"), value_on=date(2025, 2, 14), channel="bank", payer="b"
        )
    assert done.status is LoanStatus.WITHDRAWN
    house.close_through(date(2025, 2, 14), daily=False)
    with house.work() as w, pytest.raises(InvalidInput, match="ended"):
        withdraw(
            w, key="x", loan_id=outside, amount=cny("11000"), value_on=date(2025, 2, 15), channel="bank", payer="b"
        )


def test_a_prepayment_makes_a_new_version_and_the_old_one_stays(house: House) -> None:
    loan = house.loan()
    house.close_through(date(2025, 2, 27), daily=False)
    with house.work() as w:
        done = prepay(
            w, key="p", loan_id=loan, amount=cny("3888.49"), value_on=date(2025, 2, 28),
            effect=PrepaymentEffect.REDUCE_TERM, channel="bank", payer="b",
        )  # fmt: skip
    assert (done.principal, done.interest, done.credit) == (cny("3788.49"), cny("100.00"), cny("0.00"))
    with house.database.read() as r:
        page = loan_page(r, loan)
        assert failed_checks(r) == ()
    assert [version.reason for version in page.versions] == ["disbursed", "prepaid"]
    assert [version.is_active for version in page.versions] == [False, True]
    assert len(page.lines) < 12
    house.close_through(date(2025, 3, 20), daily=False)
    house.pay(loan, "10.00", date(2025, 3, 1))  # dated back beyond nothing but the prepayment's own schedule
    with house.database.read() as r:
        assert [line.total for line in loan_page(r, loan).lines] == [line.total for line in page.lines]
        assert failed_checks(r) == ()


def test_restructure_waive_charge_off_recover_and_sell(house: House) -> None:
    moved, lost = house.loan(), house.loan()
    house.close_through(date(2025, 4, 15), daily=False)
    with house.work() as w:
        waive(w, moved, component=Component.PENALTY, amount=cny("5.00"), reason="goodwill", key="w")
        plan = RestructurePlan(instalments=18, rate_annual=Decimal("0.09"), capitalise_arrears=True, reason="illness")
        event = restructure(w, moved, plan=plan, key="r")
    assert len([line for line in house.lines(moved) if line.due_on > date(2025, 4, 16)]) == 18
    assert house.row(moved).arrears_since_on is None
    with house.work() as w:
        charge_off(w, lost, reason="insolvent", key="c")
    recovered = house.pay(lost, "100.00", date(2025, 4, 16))
    assert recovered.status is LoanStatus.CHARGED_OFF
    house.close_through(date(2025, 4, 20), daily=False)
    house.pay(lost, "50.00", date(2025, 4, 21))
    with house.work() as w:
        sell(w, lost, price=cny("1000.00"), buyer="Debt Ltd", key="s")
        reverse_payment(w, event, reason="the borrower did not sign")
    assert len(house.lines(moved)) == 12
    assert house.row(moved).arrears_since_on == date(2025, 2, 28)
    with house.database.read() as r:
        assert failed_checks(r) == ()
        lines = {line.account.account: line.balance for line in trial_balance(r, r.today)}
    assert lines[Account.RECOVERY_INCOME] == cny("-150.00")
    assert lines[Account.SALE_RESULT] == cny("-1000.00")
    assert Account.MEMO_CHARGED_OFF not in lines or lines[Account.MEMO_CHARGED_OFF].minor == 0


def test_only_money_counts_as_paid_and_balances_know_what_moved_between_due_dates(house: House) -> None:
    """12,000 in 12 parts of 1,000 at 1 % a month: 120, 110, 100 of interest. Every figure by hand."""
    request = request_of("12000.00", amortization=Amortization.EQUAL_PRINCIPAL)
    moved, waived, prepaid = (
        house.loan(request, terms_of(late_fee=cny(fee), penalty_rate_annual=Decimal(0))) for fee in ("0", "20.00", "0")
    )
    house.close_through(date(2025, 2, 27), daily=False)
    for loan in (moved, waived, prepaid):
        house.pay(loan, "1120.00", date(2025, 2, 28))
    house.close_through(date(2025, 3, 14), daily=False)
    with house.work() as w:
        prepay(
            w, loan_id=prepaid, amount=cny("2000.00"), value_on=w.today, effect=PrepaymentEffect.REDUCE_INSTALMENT,
            key="p", channel="transfer", payer="Li Hua",
        )  # fmt: skip
    house.close_through(date(2025, 4, 4), daily=False)
    house.pay(moved, "500.00", date(2025, 4, 5))
    house.close_through(date(2025, 5, 5), daily=False)
    with house.work() as w:
        plan = RestructurePlan(instalments=10, capitalise_arrears=True, reason="illness")
        restructure(w, moved, plan=plan, key="r")
        waive(w, waived, component=Component.FEES, amount=cny("15.00"), reason="goodwill", key="w")
    with house.database.read() as r:
        lines = loan_page(r, moved).lines
        before = {version.version: version.id for version in loan_page(r, moved).versions}[1]
        old = explained_lines(r, moved, before)
        lines_waived, lines_prepaid = loan_page(r, waived).lines, loan_page(r, prepaid).lines
        assert failed_checks(r) == ()
    figures = [(line.principal, line.interest, line.paid, line.balance, line.status) for line in lines[:3]]
    assert figures == [
        (cny("1000.00"), cny("120.00"), cny("1120.00"), cny("11000.00"), LineStatus.PAID),
        (cny("390.00"), cny("110.00"), cny("500.00"), cny("10610.00"), LineStatus.PAID),
        (cny("0.00"), cny("0.00"), cny("0.00"), cny("10610.00"), LineStatus.NOTHING),
    ]
    assert sum(line.principal.minor for line in lines[3:]) == 10_710_00, "with the interest of 30 April"
    assert (len(lines), lines[-1].balance) == (13, cny("0.00"))
    assert [row.line.open for row in old[:3]] == [cny("0.00"), cny("610.00"), cny("1100.00")], "as it stood"
    assert (lines_waived[1].waived, lines_waived[1].paid, lines_waived[1].open) == (
        cny("15.00"), cny("0.00"), cny("1115.00"),
    )  # fmt: skip
    assert lines_prepaid[0].balance == cny("11000.00")
    assert lines_prepaid[1].principal == cny("818.18"), "the 9,000 left over 11 rows"


def test_a_preview_tells_what_booking_then_does(house: House) -> None:
    loan = house.loan()
    house.close_through(date(2025, 3, 20))
    with house.database.read() as r:
        shown = preview_payment(r, loan, amount=cny("888.49"), value_on=date(2025, 2, 28))
        entries_before = len(list(journal_csv(r, date(2025, 1, 1), date(2025, 12, 31))))
    assert (shown.late_fees, shown.penalty) == (cny("-20.00"), cny("-8.27"))
    assert [(letter.stage, letter.dpd_then, letter.dpd_now) for letter in shown.letters] == [
        ("d1", 1, 0), ("d7", 7, 0), ("d15", 15, 0),
    ]  # fmt: skip
    assert [change.number for change in shown.lines] == [1]
    paid = house.pay(loan, "888.49", date(2025, 2, 28))
    with house.database.read() as r:
        entries = list(journal_csv(r, date(2025, 1, 1), date(2025, 12, 31)))
        back = preview_reversal(r, paid.payment_id, loan)
        assert failed_checks(r) == ()
    assert len(entries) - entries_before == len(shown.reversed_entries) + len(shown.new_entries)
    assert (back.late_fees, back.penalty) == (cny("20.00"), cny("8.27"))


def test_value_time_and_booking_time_are_kept_apart(house: House) -> None:
    loan = house.loan()
    house.close_through(date(2025, 3, 19), daily=False)
    house.pay(loan, "888.49", date(2025, 2, 28))
    house.close_through(date(2025, 3, 20), daily=False)
    with house.database.read() as r:
        now = loan_as_of(r, loan, date(2025, 3, 10))
        then = loan_as_of(r, loan, date(2025, 3, 10), known_on=date(2025, 3, 10))
        late = statement(r, loan, last=date(2025, 3, 10), known_on=date(2025, 3, 10))
        corrected = statement(r, loan, last=date(2025, 3, 10))
        with pytest.raises(InvalidInput):
            loan_as_of(r, loan, r.today)
    assert (now.dpd, now.overdue, now.bucket) == (0, cny("0.00"), Bucket.CURRENT)
    assert (then.dpd, then.bucket) == (10, Bucket.D1_30)
    assert then.overdue == cny("888.49") + cny("20.00") + cny("4.33")
    # what is owed by the ledger is principal, interest accrued and charges of the same view
    assert late.closing == then.principal + then.interest_accrued + cny("24.33")
    assert corrected.closing == now.principal + now.interest_accrued
    assert late.rows[0].charged == cny("10000.00")


def test_what_grows_by_the_day_is_one_row_between_other_movements(house: House) -> None:
    """Interest of the second instalment and penalty on the first grow on the same days: two rows, not forty."""
    loan = house.loan()
    house.close_through(date(2025, 3, 20), daily=False)
    with house.database.read() as r:
        found = statement(r, loan)
    kinds = [(row.code.value, row.line) for row in found.rows]
    fee = kinds.index(("LATE_FEE", 1))
    assert kinds[:2] == [("DISBURSEMENT", 0), ("INTEREST_ACCRUED", 1)]
    assert sorted(kinds[2:fee]) == sorted(kinds[fee + 1 :]) == [("INTEREST_ACCRUED", 2), ("PENALTY_ACCRUED", 1)]
    balance = found.opening
    for row in found.rows:
        balance += row.charged - row.paid
        assert row.balance == balance
    assert balance == found.closing


def test_the_portfolio_of_a_closed_day(house: House) -> None:
    good, late = house.loan(), house.loan()
    house.close_through(date(2025, 2, 27), daily=False)
    house.pay(good, "888.49", date(2025, 2, 28))
    house.close_through(date(2025, 4, 5), daily=False)
    with house.database.read() as r:
        found = portfolio(r)
        assert portfolio(r, date(2025, 1, 1)).currencies == ()
        rolls = roll_rates(r, date(2025, 2, 28), date(2025, 4, 5))
        assert vintages(r, date(2025, 4, 5)) == ()
        assert [row.loan_id for row in performance_sample(r)] == sorted([good, late])
        assert closed_days(r, limit=1)[0].day_on == date(2025, 4, 5)
    book = found.currencies[0]
    # the good loan misses its second instalment of 31 March: 5 days late, so both count to PAR1
    assert (book.loans, book.outstanding) == (2, cny("19211.51"))
    assert book.par[1] == 1
    assert book.par[30] == (Decimal(1_000_000) / Decimal(1_921_151)).quantize(Decimal("0.0001"))
    assert book.buckets[Bucket.D31_60] == (1, cny("10000.00"))
    assert found.months[0].disbursed == cny("20000.00")
    assert [point.day_on for point in found.trend] == [
        date(2025, 1, 31), date(2025, 2, 28), date(2025, 3, 31), date(2025, 4, 5),
    ]  # fmt: skip
    assert {(roll.before, roll.after) for roll in rolls} == {("0", "1-30"), ("0", "31-60")}


def test_the_journal_is_csv_that_balances(house: House) -> None:
    house.loan()
    house.close_through(date(2025, 3, 5), daily=False)
    with house.database.read() as r:
        rows = list(csv.DictReader(StringIO("".join(journal_csv(r, date(2025, 1, 31), date(2025, 3, 5), locale="zh")))))
        lines = trial_balance(r, date(2025, 3, 5))
    assert rows[0]["debit_name"] == "贷款——本金"
    principal = sum(Decimal(row["amount"]) for row in rows if row["debit_account"] == "1303")
    assert principal == Decimal("10000.00")
    assert sum(line.balance.minor for line in lines) == 0


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # WeasyPrint leaves a file open
def test_letters_are_printed_after_the_close(house: House) -> None:
    loan = house.loan()
    with house.work() as w:
        for kind, value in (
            ("email", "li@example.org"),
            ("address", "1 Long Road\nShanghai"),
            ("phone", "+8613800000000"),
        ):
            w.add(
                ContactRow(
                    id=uuid7(), party_id=house.row(loan).borrower_id, kind=kind, value=value, value_index=value,
                    opted_out=False, created_at=w.now,
                )
            )  # fmt: skip
        w.session.execute(update(PartyRow).values(is_demo=False))
    house.close_through(date(2025, 3, 7))
    with house.app.app_context():
        assert print_letters(house.database) == 1
        assert print_letters(house.database) == 0
    with house.database.read() as r:
        letter = r.session.scalars(select(OutboundMessageRow).where(OutboundMessageRow.channel == "letter")).one()
        text = r.session.scalars(select(OutboundMessageRow).where(OutboundMessageRow.channel == "sms")).one()
        assert letter.document_id is not None
        assert "888.49" not in letter.title
        # a sum that includes the late fee of 20.00 and 3.15 of penalty interest for eight nights
        assert "CN¥911.64" in letter.title
        # written at one in the night: not before eight in the borrower's zone
        assert text.not_before is not None
        assert text.not_before.astimezone(house.clock.zone).hour == 8


def test_contacts_are_counted_and_refused_at_night(house: House) -> None:
    loan = house.loan()
    house.close_through(date(2025, 3, 3))
    house.set_clock(date(2025, 3, 4), 22)
    with house.work() as w, pytest.raises(NotAllowed, match="08:00 to 21:00"):
        record_contact(w, loan, channel="call", outcome="no_answer")
    house.set_clock(date(2025, 3, 4), 10)
    with house.work() as w:
        for _ in range(5):  # two reminders of the first stage are within the week
            record_contact(w, loan, channel="call", outcome="no_answer")
        with pytest.raises(NotAllowed, match="limit"):
            record_contact(w, loan, channel="call", outcome="no_answer")
        record_contact(w, loan, channel="incoming", outcome="reached")


def test_commands(house: House) -> None:
    loan = house.loan()
    runner = house.app.test_cli_runner()
    done = runner.invoke(args=["day", "close", "--through", "2025-03-10"])
    assert (done.exit_code, "2025-03-10" in done.output) == (0, True), done.output
    assert "already" in runner.invoke(args=["day", "close", "--through", "2025-03-01"]).output
    assert "2025-03-11" in runner.invoke(args=["day", "show"]).output
    assert runner.invoke(args=["day", "check"]).exit_code == 0
    assert "Loans: principal" in runner.invoke(args=["day", "balance"]).output
    assert "DISBURSEMENT" in runner.invoke(args=["day", "journal", "2025-01-01", "2025-03-10"]).output
    reference = house.row(loan).reference
    figure = json.loads(runner.invoke(args=["loan", "settle", reference, "--json"]).output)
    assert figure["due_fees"] == "20.00"
    assert "owed" in runner.invoke(args=["loan", "statement", reference]).output
    shown = runner.invoke(args=["loan", "preview-backdate", reference, "888.49", "2025-02-28", "--json"])
    assert json.loads(shown.output)["late_fees"] == "-20.00"
    wrong = runner.invoke(args=["loan", "settle", "LN-1999-000001"])
    assert wrong.exit_code == 1


def test_as_of_days_run_with_the_events(house: House) -> None:
    loan = house.loan()
    house.close_through(date(2025, 2, 27), daily=False)
    house.pay(loan, "888.49", date(2025, 2, 28))
    house.close_through(date(2025, 3, 5), daily=False)
    with house.database.read() as r:
        days = [loan_as_of(r, loan, date(2025, 2, 26) + timedelta(days=k)) for k in range(4)]
    assert [str(day.principal) for day in days] == ["10000.00", "10000.00", "9211.51", "9211.51"]


def test_quarters_pool_their_months_and_end_with_the_youngest() -> None:
    january, february = date(2025, 1, 1), date(2025, 2, 1)
    found = [
        Vintage(january, 3, 30, Decimal("0.1000"), Decimal(0)),
        Vintage(january, 6, 30, Decimal("0.2000"), Decimal(0)),
        Vintage(february, 3, 10, Decimal("0.5000"), Decimal(0)),
    ]
    # three of thirty and five of ten are eight of forty
    assert quarterly(found) == {january: {3: Decimal("0.2000")}}
