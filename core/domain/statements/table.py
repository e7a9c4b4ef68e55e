"""Statements as tables: the CSV exports of banks and payment services, in the words of four languages.

There is no standard, so everything is worked out from the file and refused when it stays ambiguous: where the header
stands, which column is what, how dates and numbers are written. A column of balances is checked line by line.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from itertools import pairwise

from core.domain.money import Money, exponent
from core.domain.statements.statement import BankStatement, StatementEntry, StatementFormat, wrong
from core.domain.texts import Text

_HEADER_LINES = 40
_MONEYS = ("amount", "debit", "credit", "balance")
# Words of column heads, lower case, by what the column holds; the first column that fits is taken.
_HEADS: Mapping[str, tuple[str, ...]] = {
    name: tuple(word.strip() for word in words.split("|"))
    for name, words in {
        "booked": (
            "booking date | booked | transaction date | posting date | date | buchungstag | buchungsdatum | "
            "datum | fecha operación | fecha operacion | fecha | data contabile | data operazione | data | "
            "date opération | date operation | date de comptabilisation | 交易日期 | 交易时间 | "
            "交易创建时间 | 记账日期 | 记账日 | 入账日期 | 交易日 | 日期"
        ),
        "value": (
            "value date | valutadatum | valuta | wertstellung | fecha valor | data valuta | date valeur | "
            "date de valeur | rentedatum | 起息日"
        ),
        "amount": (
            "amount | betrag | betrag (eur) | umsatz | importe | importo | montant | bedrag | valor | "
            "quantia | 交易金额 | 金额 | 金额(元) | 发生额"
        ),
        "debit": (
            "debit | debit amount | débit | addebiti | dare | débito | debito | uitgaven | money out | "
            "paid out | withdrawal | withdrawals | soll | belastung | cargo | debe | 支出 | 支出金额 | "
            "借方发生额 | 借方金额 | 借方 | 支取 | 支取金额 | 转出 | 转出金额"
        ),
        "credit": (
            "credit | credit amount | crédit | accrediti | avere | crédito | credito | inkomsten | "
            "money in | paid in | deposit | deposits | haben | gutschrift | abono | haber | 收入 | "
            "收入金额 | 存入金额 | 贷方发生额 | 贷方金额 | 贷方 | 存入 | 转入 | 转入金额"
        ),
        "sign": "credit/debit | debit/credit | dr/cr | soll/haben | af bij | af/bij | 收/支 | 收支 | 借贷标志 | 借贷",
        "balance": (
            "balance | running balance | saldo | solde | saldo contabile | saldo na mutatie | kontostand | "
            "saldo nach buchung | 余额 | 账户余额 | 交易后余额"
        ),
        "currency": "currency | währung | waehrung | divisa | moneda | 币种 | 货币",
        "name": (
            "counterparty | payee | payer | name | beneficiary | beguenstigter/zahlungspflichtiger | "
            "begünstigter/zahlungspflichtiger | auftraggeber / begünstigter | empfänger | "
            "zahlungsbeteiligter | beneficiario | ordenante | 交易对方 | 对方户名 | 对方名称 | 对手户名"
        ),
        "account": (
            "counterparty account | iban | kontonummer/iban | iban zahlungsbeteiligter | cuenta | 对方账号 | 对手账号"
        ),
        "text": (
            "description | details | reference | narrative | memo | text | verwendungszweck | "
            "buchungstext | concepto | libellé | libelle | descrizione | causale | descrição | "
            "omschrijving | naam / omschrijving | mededelingen | transaction description | 摘要 | 用途 | "
            "备注 | 商品 | 商品名称 | 交易说明 | 附言"
        ),
    }.items()
}
_OUT = frozenset({"debit", "dr", "d", "s", "af", "soll", "out", "支出", "支", "借"})
_IN = frozenset({"credit", "cr", "c", "h", "bij", "haben", "in", "收入", "收", "贷"})
_DATES = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y.%m.%d", "%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y",
          "%Y年%m月%d日", "%d/%m/%y", "%d %b %Y")  # fmt: skip
_CURRENCY = re.compile(r"\b(CNY|RMB|EUR|USD|GBP|CHF|JPY|HKD)\b|(人民币)|(€)|(£)|(￥|¥)")
_DIGITS = re.compile(r"\d{1,18}(\.\d*)?|\.\d+")
_SIGNED = {"€": "EUR", "£": "GBP", "¥": "CNY", "￥": "CNY", "人民币": "CNY", "RMB": "CNY"}


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    on: date
    amount: Money
    balance: Money | None
    cells: Mapping[str, str]


def read_table(text: str, currency: str | None = None) -> BankStatement:
    """One account from a CSV file. `currency` is the account's where the file does not say it.

    Raises InvalidInput (`file`): no head line with a date and an amount, dates that could be read in two ways, a cell
    that is no date or number (with its line), no currency, a balance that does not follow from the one before.
    """
    rows = _rows(text)
    at, columns = _header(rows)
    body = [
        (number, row) for number, row in enumerate(rows[at + 1 :], start=at + 2) if any(cell.strip() for cell in row)
    ]
    lines = [(number, _cells(row, columns)) for number, row in body]
    lines = [(number, cells) for number, cells in lines if any(c.isdigit() for c in cells.get("booked", ""))]
    if not lines:
        raise wrong(Text("The table has a head line, but no entries under it"))
    code = _currency(lines, rows[: at + 1], currency)
    form = _date_form([cells["booked"] for _, cells in lines])
    comma = _decimal_comma(cells.get(name, "") for _, cells in lines for name in _MONEYS)
    read = [_line(number, cells, form, code, comma=comma) for number, cells in lines]
    ordered, opening, closing = _in_order(read)
    entries = tuple(
        StatementEntry(
            booked_on=line.on, amount=line.amount, counterparty=line.cells.get("name", ""),
            counterparty_account=line.cells.get("account", ""), text=line.cells.get("text", ""),
            is_return=_came_back(line.cells),
        )
        for line in ordered
    )  # fmt: skip
    days = [line.on for line in ordered]
    account = _account(rows[:at])
    return BankStatement(StatementFormat.CSV, account, code, min(days), max(days), entries, opening, closing)


def _rows(text: str) -> list[list[str]]:
    head = text[:20_000]
    counts = {mark: sum(line.count(mark) for line in head.splitlines()) for mark in ";\t,|"}
    mark = max(counts, key=lambda one: (counts[one], one == ";"))
    if not counts[mark]:
        raise wrong(Text("This is not a table with columns. Export the statement as CSV, MT940 or CAMT.053."))
    if counts[";"] and counts[";"] >= len([line for line in head.splitlines() if line.strip()]):
        mark = ";"  # commas beside semicolons are decimal commas
    try:
        return list(csv.reader(io.StringIO(text), delimiter=mark, strict=True))
    except csv.Error as refused:
        # Quotation marks inside a quoted cell are sloppy; a cell that never ends swallows entries.
        if "expected after" in str(refused):
            return _sloppy(text, mark)
        raise wrong(Text("The table is damaged: a quotation mark is not closed. Export it again.")) from None


def _sloppy(text: str, mark: str) -> list[list[str]]:
    rows = list(csv.reader(io.StringIO(text), delimiter=mark))
    if any("\n" in cell for row in rows for cell in row):
        raise wrong(Text("The table is damaged: a quotation mark is not closed. Export it again."))
    return rows


def _header(rows: list[list[str]]) -> tuple[int, dict[int, str]]:
    for at, row in enumerate(rows[:_HEADER_LINES]):
        columns: dict[int, str] = {}
        for index, cell in enumerate(row):
            head = " ".join(cell.strip().strip("﻿").lower().split())
            meant = next((name for name, words in _HEADS.items() if head in words), None)
            if meant is None:
                plain = re.sub(r"\s*[(（].*?[)）]", "", head)
                meant = next((name for name, words in _HEADS.items() if plain and plain in words), None)
            if meant is not None and meant not in columns.values():
                columns[index] = meant
        held = set(columns.values())
        if "booked" in held and ("amount" in held or {"debit", "credit"} <= held):
            return at, columns
    raise wrong(
        Text(
            "No head line was found. The first lines must name a column of dates and one of amounts (or two: in, out)."
        )
    )


def _cells(row: list[str], columns: Mapping[int, str]) -> dict[str, str]:
    return {name: row[index].strip() for index, name in columns.items() if index < len(row)}


def _currency(lines: list[tuple[int, dict[str, str]]], preamble: list[list[str]], given: str | None) -> str:
    named = {_SIGNED.get(cells["currency"], cells["currency"].upper()) for _, cells in lines if cells.get("currency")}
    if len(named) > 1:
        raise wrong(Text("The table mixes currencies: {names}. Export one account at a time.",
                         names=", ".join(sorted(named))))  # fmt: skip
    found = next(iter(named), None)
    if found is None:
        match = _CURRENCY.search(" ".join(cell for row in preamble for cell in row))
        signs = {sign for _, cells in lines for name in _MONEYS for sign in re.findall("[€£]", cells.get(name, ""))}
        found = _SIGNED.get(match[0], match[0]) if match else given
        if found is None and len(signs) == 1:
            found = _SIGNED[signs.pop()]
    if found is None or not re.fullmatch(r"[A-Z]{3}", found):
        raise wrong(Text("The table does not say in which currency the account is kept"))
    return found


def _date_form(cells: list[str]) -> str:
    cells = [cell.split(" ")[0].split("T")[0] if not re.search(r"[A-Za-z]{3}", cell) else cell for cell in cells]
    fitting = [form for form in _DATES if all(_parse(cell, form) for cell in cells)]
    if not fitting:
        strange = next((cell for cell in cells if not any(_parse(cell, form) for form in _DATES)), cells[0])
        raise wrong(Text("{day} is not a date", day=repr(strange[:30])))
    if len(fitting) > 1:  # 03/04/2026: the order of the lines tells, or nothing does
        sorted_ones = [
            form for form in fitting if _is_sorted([day for cell in cells if (day := _parse(cell, form)) is not None])
        ]
        if len(sorted_ones) != 1 and len({tuple(_parse(cell, form) for cell in cells) for form in fitting}) > 1:
            raise wrong(Text("The dates can be read as day/month or month/day. Export them as 2026-01-31."))
        return (sorted_ones or fitting)[0]
    return fitting[0]


def _is_sorted(days: list[date]) -> bool:
    return days == sorted(days) or days == sorted(days, reverse=True)


def _parse(cell: str, form: str) -> date | None:
    if form == "%Y%m%d" and len(cell) != 8:
        return None
    if form.endswith("%Y") and re.search(r"\D\d{2}$", cell):
        return None
    try:
        return datetime.strptime(cell, form).date()  # noqa: DTZ007  (a day, no instant)
    except ValueError:
        return None


def _decimal_comma(cells: Iterable[str]) -> bool:
    """True when amounts are written 1.234,56: the last mark before one or two final digits tells."""
    for cell in cells:
        tail = re.search(r"([.,])(\d{1,2})\D*$", cell)
        if tail:
            return tail[1] == ","
    return False


def _line(number: int, cells: dict[str, str], form: str, currency: str, *, comma: bool) -> _Line:
    booked = cells["booked"] if "%b" in form else cells["booked"].split(" ")[0].split("T")[0]
    on = _parse(booked, form)
    if on is None:
        raise wrong(Text("Line {n}: {day} is not a date", n=number, day=repr(booked[:30])))

    def money(name: str) -> Money | None:
        text = cells.get(name, "")
        return _amount(text, currency, number, comma=comma) if text and text not in {"-", "--", "/"} else None

    amount = money("amount")
    if amount is None:
        out, came = money("debit"), money("credit")
        if out is None and came is None:
            raise wrong(Text("Line {n}: there is no amount", n=number))
        spent = Money.zero(currency) if out is None else Money(abs(out.minor), currency)
        amount = (came or Money.zero(currency)) - spent
    sign = cells.get("sign", "").strip().lower()
    if sign in _OUT:
        amount = Money(-abs(amount.minor), currency)
    elif sign in _IN:
        amount = Money(abs(amount.minor), currency)
    return _Line(number, on, amount, money("balance"), cells)


def _amount(text: str, currency: str, number: int, *, comma: bool) -> Money:
    plain = re.sub(r"[\s\u00a0'’¥￥€£$元]|[A-Z]{3}", "", text).replace("−", "-").replace("－", "-")
    negative = plain.startswith(("-", "(")) or plain.endswith("-")
    plain = plain.strip("()+-")
    plain = plain.replace(".", "").replace(",", ".") if comma else plain.replace(",", "")
    try:
        value = Decimal(plain if _DIGITS.fullmatch(plain) else "")
        if not value.is_finite() or -int(value.as_tuple().exponent) > exponent(currency) + 2:
            raise InvalidOperation
        amount = Money.of(value, currency)
    except (InvalidOperation, ValueError):
        raise wrong(Text("Line {n}: {amount} is not an amount of money", n=number, amount=repr(text[:30]))) from None
    return -amount if negative else amount


def _in_order(lines: list[_Line]) -> tuple[list[_Line], Money | None, Money | None]:
    """Oldest first, with the balances before the first and after the last line where the file has balances."""
    if all(line.balance is not None for line in lines):
        if (bad := _break(lines)) is None:
            return lines, _before(lines[0]), lines[-1].balance
        backwards = lines[::-1]
        if _break(backwards) is None:
            return backwards, _before(backwards[0]), backwards[-1].balance
        if lines[0].on > lines[-1].on:
            bad = _break(backwards)
        assert bad is not None
        number, expected, found = bad
        raise wrong(Text("Line {n}: the balance should be {expected}, but it is {found}. An entry may be missing.",
                         n=number, expected=f"{expected:f}", found=f"{found:f}"))  # fmt: skip
    return (lines if lines[0].on <= lines[-1].on else lines[::-1]), None, None


def _before(line: _Line) -> Money:
    assert line.balance is not None
    return line.balance - line.amount


def _break(lines: list[_Line]) -> tuple[int, Decimal, Decimal] | None:
    for earlier, later in pairwise(lines):
        assert earlier.balance is not None
        assert later.balance is not None
        if earlier.balance + later.amount != later.balance:
            return later.number, (earlier.balance + later.amount).amount, later.balance.amount
    return None


def _came_back(cells: Mapping[str, str]) -> bool:
    words = f"{cells.get('text', '')} {cells.get('name', '')}".lower()
    return any(
        word in words
        for word in ("returned", "unpaid", "rücklastschrift", "ruecklastschrift", "rückbuchung", "devolución",
                     "devolucion recibo", "insufficient funds", "退票", "扣款失败", "冲正")
    )  # fmt: skip


def _account(preamble: list[list[str]]) -> str:
    """An IBAN or a long account number above the table; empty when none is named."""
    words = " ".join(cell for row in preamble for cell in row)
    found = re.search(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b|\b\d{10,19}\b", words)
    return found[0].replace(" ", "") if found else ""
