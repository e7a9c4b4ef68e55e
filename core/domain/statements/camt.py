"""ISO 20022 bank-to-customer statements, camt.053.001.02 to .13 (Message Definition Report, Bank-to-Customer Cash
Management). Elements are found by their local names, so that every version and namespace reads the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from core.domain.money import Money, total
from core.domain.statements.statement import BankStatement, StatementEntry, StatementFormat, wrong
from core.domain.texts import Text

_DAMAGED = Text("The XML file is damaged. Export the statement again.")
_OPENING = ("OPBD", "PRCD")  # an opening balance, or the closing one of the statement before
_CLOSING = ("CLBD",)
_DIGITS_MAX = 18  # of ActiveOrHistoricCurrencyAndAmount


def looks_like_camt(data: bytes) -> bool:
    """True for XML."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data[2:4].strip(b"\x00") == b"<"
    return data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def read_camt(data: bytes) -> tuple[BankStatement, ...]:
    """Every statement of the file, booked entries only.

    Raises InvalidInput (`file`): a document type definition, damaged XML, another message than camt.053, a missing
    balance or account, balances that do not add up, a count of entries that is not that of its summary.
    """
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root = fromstring(data, forbid_dtd=True)
    except DefusedXmlException:
        raise wrong(Text("The XML file contains a document type definition, which statements never do")) from None
    except (ParseError, ValueError, LookupError):
        raise wrong(_DAMAGED) from None
    for node in root.iter():
        node.tag = str(node.tag).rpartition("}")[2]
    body = next((node for node in root.iter() if node.tag == "BkToCstmrStmt"), None)  # perhaps in an envelope
    if body is None:
        name = next(iter(root), root).tag
        raise wrong(Text("This is not a bank statement (camt.053) but {name}. Choose the statement file.", name=name))
    found = tuple(_statement(one) for one in _children(body, "Stmt"))
    if not found:
        raise wrong(Text("There is no statement in this file"))
    return found


def _statement(node: Any) -> BankStatement:
    account = _text(node, "Acct/Id/IBAN") or _text(node, "Acct/Id/Othr/Id")
    if not account:
        raise wrong(Text("The statement names no account"))
    balances = list(_balances(node))
    opening = next((b for code in _OPENING for b in balances if b[0] == code), None)
    closing = next((b for b in reversed(balances) if b[0] in _CLOSING), None)
    if opening is None or closing is None:
        raise wrong(Text("The statement has no opening or closing balance. Export a final statement, not a preview."))
    currency = closing[1].currency
    entries = tuple(entry for one in _children(node, "Ntry") for entry in _entries(one))
    _check_summary(node)
    days = [entry.booked_on for entry in entries]
    start = _day(_text(node, "FrToDt/FrDtTm")) or min([*days, closing[2]])
    end = _day(_text(node, "FrToDt/ToDtTm")) or max([*days, closing[2]])
    holder = _text(node, "Acct/Ownr/Nm") or _text(node, "Acct/Ownr/Pty/Nm")
    return BankStatement(
        StatementFormat.CAMT053, account, currency, min([start, *days]), max([end, *days]), entries, opening[1],
        closing[1], holder,
    )  # fmt: skip


def _balances(node: Any) -> Iterator[tuple[str, Money, date]]:
    for one in _children(node, "Bal"):
        code = _text(one, "Tp/CdOrPrtry/Cd") or _text(one, "Tp/CdOrPrtry/Prtry")
        on = _day(_text(one, "Dt/Dt") or _text(one, "Dt/DtTm"))
        if on is None:
            raise wrong(Text("A balance has no date"))
        yield code, _amount(one), on


def _check_summary(node: Any) -> None:
    """The count in `TxsSummry`, where the bank gives one, against the entries that are there."""
    given = _text(node, "TxsSummry/TtlNtries/NbOfNtries")
    there = len(_children(node, "Ntry"))
    if given.isdigit() and int(given) != there:
        raise wrong(Text("The file says that it has {n} entries, but {there} are in it. Export it again.",
                         n=int(given), there=there))  # fmt: skip


def _entries(node: Any) -> Iterator[StatementEntry]:
    status = _text(node, "Sts/Cd") or _text(node, "Sts")
    if status and status != "BOOK":
        return
    amount = _amount(node)
    booked = _day(_text(node, "BookgDt/Dt") or _text(node, "BookgDt/DtTm"))
    value = _day(_text(node, "ValDt/Dt") or _text(node, "ValDt/DtTm"))
    if booked is None and value is None:
        raise wrong(Text("An entry has no date"))
    day = booked or value
    assert day is not None
    code = _code(node)
    details = [one for part in _children(node, "NtryDtls") for one in _children(part, "TxDtls")]
    if len(details) > 1 and (split := _split(details, amount)):
        for detail, part in split:
            yield _entry(node, detail, part, day, value, code)
        return
    yield _entry(node, details[0] if details else None, amount, day, value, code)


def _split(details: list[Any], amount: Money) -> list[tuple[Any, Money]]:
    """A collective entry as its single payments, when their amounts are given and add up to it."""
    parts = []
    for detail in details:
        node = _child(detail, "Amt")
        if node is None:
            node = _find(detail, "AmtDtls/TxAmt/Amt")
        if node is None or node.get("Ccy") != amount.currency:
            return []
        size = _money(node)
        parts.append((detail, size if amount.minor >= 0 else -size))
    return parts if total((part for _, part in parts), amount.currency) == amount else []


def _entry(node: Any, detail: Any | None, amount: Money, booked: date, value: date | None, code: str) -> StatementEntry:
    other = ("Dbtr", "DbtrAcct") if amount.minor >= 0 else ("Cdtr", "CdtrAcct")
    name = account = text = reference = returned = ""
    if detail is not None:
        name = _text(detail, f"RltdPties/{other[0]}/Pty/Nm") or _text(detail, f"RltdPties/{other[0]}/Nm")
        account = _text(detail, f"RltdPties/{other[1]}/Id/IBAN") or _text(detail, f"RltdPties/{other[1]}/Id/Othr/Id")
        lines = [(one.text or "").strip() for one in _children(_child(detail, "RmtInf"), "Ustrd")]
        structured = _text(detail, "RmtInf/Strd/CdtrRefInf/Ref")
        text = " ".join(part for part in (*lines, structured, _text(detail, "AddtlTxInf")) if part)
        reference = _text(detail, "Refs/EndToEndId")
        returned = _text(detail, "RtrInf/Rsn/Cd") or _text(detail, "RtrInf/Rsn/Prtry")
        code = " ".join(part for part in (code, _text(detail, "Purp/Cd")) if part)
    text = text or _text(node, "AddtlNtryInf")
    reversal = _text(node, "RvslInd") == "true"
    return StatementEntry(
        booked, amount, value, name, account, text, reference or _text(node, "AcctSvcrRef"), code,
        is_return=bool(returned) or reversal or _is_return_family(code),
    )  # fmt: skip


def _is_return_family(code: str) -> bool:
    """Sub-families of the external code list for unpaid, reversed and returned direct debits and cheques."""
    return any(part in {"UPDD", "UPCC", "RPCR", "RRTN", "UPCQ", "CQRV", "PRDD"} for part in code.split("/"))


def _code(node: Any) -> str:
    domain = [_text(node, f"BkTxCd/Domn/{path}") for path in ("Cd", "Fmly/Cd", "Fmly/SubFmlyCd")]
    return "/".join(part for part in domain if part) or _text(node, "BkTxCd/Prtry/Cd")


def _amount(node: Any) -> Money:
    amount = _child(node, "Amt")
    sign = _text(node, "CdtDbtInd")
    if amount is None or sign not in {"CRDT", "DBIT"}:
        raise wrong(Text("An amount does not say whether it is a credit or a debit"))
    size = _money(amount)
    return size if sign == "CRDT" else -size


def _money(node: Any) -> Money:
    try:
        amount = Decimal((node.text or "").strip())
        if not amount.is_finite() or amount.adjusted() >= _DIGITS_MAX:
            raise InvalidOperation
        return Money.of(amount, node.get("Ccy", ""))
    except (InvalidOperation, ValueError):
        raise wrong(Text("{amount} is not an amount of money", amount=repr((node.text or "")[:30]))) from None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        raise wrong(Text("{day} is not a date", day=repr(text[:30]))) from None


def _children(node: Any | None, name: str) -> list[Any]:
    return [] if node is None else list(node.findall(name))


def _child(node: Any, name: str) -> Any | None:
    return node.find(name)


def _find(node: Any, path: str) -> Any | None:
    for name in path.split("/"):
        node = _child(node, name)
        if node is None:
            return None
    return node


def _text(node: Any, path: str) -> str:
    found = _find(node, path)
    return "" if found is None else (found.text or "").strip()
