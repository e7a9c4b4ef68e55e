"""A table as a CSV file that opens in a spreadsheet without running anything, its filter named inside."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from io import StringIO

from flask import Response

from core.domain.money import Money
from core.i18n import translate

# What a spreadsheet takes for a formula (OWASP, CSV Injection), and the full-width forms it folds to the same.
DANGEROUS = frozenset("=+-@\t\r\n＝＋－＠")


def safe_cell(value: object) -> str:
    """The cell's text: figures as they are, words that a spreadsheet would run with an apostrophe before them."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Money | Decimal | int | float):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    text = translate(value) if isinstance(value, str) else str(value)
    text = text.replace("\x00", "")
    return f"'{text}" if text.lstrip(" \u3000\u00a0\ufeff")[:1] in DANGEROUS or text[:1] in DANGEROUS else text


def csv_text(about: Sequence[tuple[str, str]], header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The file: first what it holds (name, value), an empty line, then the table."""
    buffer = StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    for pair in about:
        writer.writerow([safe_cell(part) for part in pair])
    writer.writerow([])
    writer.writerow([safe_cell(name) for name in header])
    writer.writerows([safe_cell(value) for value in row] for row in rows)
    return buffer.getvalue()


def csv_file(
    name: str, about: Sequence[tuple[str, str]], header: Sequence[str], rows: Iterable[Sequence[object]]
) -> Response:
    """The answer that downloads it; with a byte order mark, so that Excel reads Chinese."""
    return Response(
        "\ufeff" + csv_text(about, header, rows),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )
