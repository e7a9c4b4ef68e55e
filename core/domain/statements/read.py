"""One door for statement files: which form it is, which letters it is written in, and the statements in it."""

from __future__ import annotations

import re

from core.domain.statements.camt import looks_like_camt, read_camt
from core.domain.statements.mt940 import looks_like_mt940, read_mt940
from core.domain.statements.statement import BankStatement, wrong
from core.domain.statements.table import read_table
from core.domain.texts import Text

BYTES_MAX = 10 * 1024 * 1024


def read_statements(data: bytes, *, currency: str | None = None) -> tuple[BankStatement, ...]:
    """The statements of a CAMT.053, MT940 or CSV file. `currency` is used where a CSV file does not name one.

    Raises InvalidInput (`file`) with the one reason why it cannot be used.
    """
    if not data.strip():
        raise wrong(Text("The file is empty. Choose it again."))
    if len(data) > BYTES_MAX:
        raise wrong(Text("The statement is larger than {n} MB. Send a shorter period.", n=10))
    if looks_like_camt(data):
        return read_camt(data)
    text = decode(data)
    if looks_like_mt940(text):
        return read_mt940(text)
    return (read_table(text, currency),)


def decode(data: bytes) -> str:
    """The text of a file in UTF-8, the Chinese national encoding or Windows Western, in that order.

    Raises InvalidInput (`file`) for anything that is not text.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    if b"\x00" in data:
        raise wrong(Text("This is not a text file. Export the statement as CSV, MT940 or CAMT.053."))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030" if _is_chinese(data) else "cp1252", errors="replace")


def _is_chinese(data: bytes) -> bool:
    """Chinese letters are pairs of high bytes; Western accents stand alone among ASCII."""
    runs = [len(run) for run in re.findall(rb"[\x81-\xfe]+", data)]
    return sum(run for run in runs if run > 1) > sum(runs) / 2
