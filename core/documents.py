"""HTML to PDF, and bytes kept encrypted outside the database. The only importer of WeasyPrint.

Templates are rendered by an environment of their own: a contract reads the same in ten years, whatever the web pages
have become, so it takes no filter, global or formatting rule from them.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import re
import secrets
import warnings
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any
from uuid import UUID

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from sqlalchemy import event

from core import crypto, i18n
from core.db import Work
from core.domain.errors import NotFound, SettingsInvalid
from core.domain.ids import uuid7
from core.domain.money import Money
from core.settings import Settings
from core.tables import DocumentRow

_ROOT = Path(__file__).resolve().parent.parent
_STORAGE_KEY = re.compile(r"[0-9a-f]{32}")


def sha256(data: bytes) -> str:
    """64 hex digits."""
    return hashlib.sha256(data).hexdigest()


# ---------------------------------------------------------------- words


def render_html(template: str, **context: Any) -> str:
    """The template under `templates/` as HTML: everything escaped, an unknown name is an error."""
    return _environment().get_template(template).render(**context)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_ROOT / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "grouped": grouped,
        "money": money_text,
        "percent": percent_text,
        "day": day_text,
        "instant": instant_text,
        "capital": capital_text,
    }
    return environment


def render_report(template: str, **context: Any) -> str:
    """A report for readers of today: like `render_html`, with the words and formats of the language spoken now."""
    return _report_environment().get_template(template).render(**context)


@cache
def _report_environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_ROOT / "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    i18n.add_to(environment)
    return environment


def grouped(amount: Money) -> str:
    """`1,234,567.89` without currency, for table columns."""
    return f"{amount.amount:,f}"


def money_text(amount: Money, locale: str) -> str:
    """`CNY 1,234.50` in English, `人民币1,234.50元` or `EUR 1,234.50` in Chinese: no sign that two currencies share."""
    if locale.startswith("zh") and amount.currency == "CNY":
        return f"人民币{grouped(amount)}元"
    return f"{amount.currency}\N{NO-BREAK SPACE}{grouped(amount)}"


def percent_text(rate: Decimal, decimals: int = 2) -> str:
    """0.1234 -> `12.34%`; more decimals where the rate has them, so that a contract never shows a rounded rate."""
    percent = (rate * 100).normalize()
    own = -int(percent.as_tuple().exponent)
    return f"{percent:.{max(decimals, own)}f}%"


def day_text(day: date, locale: str) -> str:
    """`22 November 2026`, `2026年11月22日`."""
    if locale.startswith("zh"):
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def instant_text(at: datetime) -> str:
    """`2026-11-22 18:15:00 (UTC+08:00)`: the wall time of the instant's own zone. ValueError when it is naive."""
    if at.tzinfo is None:
        raise ValueError("an instant is aware")
    offset = at.strftime("%z")
    return f"{at:%Y-%m-%d %H:%M:%S} (UTC{offset[:3]}:{offset[3:5]})"


_CAPITALS = "零壹贰叁肆伍陆柒捌玖"


def capital_text(amount: Money) -> str:
    """A sum in yuan as Chinese contracts write it so that no digit can be changed: `人民币壹拾贰万元整`.

    After the rules for bills of the People's Bank of China (支付结算办法, annex 1). ValueError when negative.
    """
    if amount.minor < 0:
        raise ValueError("a negative sum has no capital form")
    yuan, fen = divmod(amount.minor, 100)
    words = _capital_number(yuan) + "元" if yuan or not fen else ""
    if not fen:
        return f"人民币{words}整"
    jiao, fen = divmod(fen, 10)
    if jiao:
        words += _CAPITALS[jiao] + "角"
    elif yuan:
        words += "零"
    return f"人民币{words}{_CAPITALS[fen]}分" if fen else f"人民币{words}整"


def _capital_number(number: int) -> str:
    if number == 0:
        return "零"
    groups, words, gap = [], "", False
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    for place in range(len(groups) - 1, -1, -1):
        group = groups[place]
        if not group:
            gap = bool(words)
            continue
        if words and (gap or group < 1000 or groups[place + 1] % 10 == 0):
            words += "零"
        words += _capital_group(group) + ("", "万", "亿", "万亿")[place]
        gap = False
    return words


def _capital_group(group: int) -> str:
    words, gap = "", False
    for power, unit in ((1000, "仟"), (100, "佰"), (10, "拾"), (1, "")):
        digit = group // power % 10
        if not digit:
            gap = gap or bool(words)
            continue
        words += ("零" if gap else "") + _CAPITALS[digit] + unit
        gap = False
    return words


# ---------------------------------------------------------------- paper


def render_pdf(html: str, *, title: str | None = None, at: datetime | None = None) -> bytes:
    """The HTML as PDF/A-3u with tags and embedded fonts.

    Only `asset:` addresses of packaged files are fetched; anything else (http, file, data, ftp) is refused and left
    out. `at` is written as creation time when given.
    """
    from weasyprint import HTML

    # WeasyPrint leaves its colour profile to the garbage collector to close.
    warnings.filterwarnings("ignore", "unclosed file .*sRGB2014", ResourceWarning)
    page = HTML(string=_SHEET_LINK.sub("", html), url_fetcher=_fetcher(), media_type="print")
    with _printing:
        sheets = [_stylesheet(name) for name, screen in _SHEET_LINK.findall(html) if not screen]
        return _print(page.render(stylesheets=sheets, font_config=_fonts()), title, at)


def _print(document: Any, title: str | None, at: datetime | None) -> bytes:
    if title:
        document.metadata.title = title
    if at is not None:
        document.metadata.created = document.metadata.modified = at.isoformat()
    return bytes(document.write_pdf(pdf_variant="pdf/a-3u", pdf_tags=True))


def qr_code(text: str) -> Markup:
    """The text as an inline SVG code, dark on nothing."""
    import segno

    return Markup(segno.make(text, error="m", micro=False).svg_inline(border=0, dark="#16202e"))  # noqa: S704


@cache
def assets() -> dict[str, Path]:
    """What a document may load, by name: `asset:contract.css`."""
    return {
        **{
            file.name: file
            for folder in ("contract", "message", "report")
            for file in (_ROOT / "templates" / folder).glob("*.css")
        },
        **{file.name: file for file in (_ROOT / "static" / "vendor" / "paper-fonts").glob("*.woff2")},
    }


# Packaged stylesheets are parsed once a process; the fonts they bring belong to a configuration that all documents
# share, and that one thread at a time may use.
_SHEET_LINK = re.compile(r'<link rel="stylesheet" href="asset:([\w.-]+\.css)"( media="screen")?>\n?')
_printing = Lock()


@cache
def _stylesheet(name: str) -> Any:
    from weasyprint import CSS

    return CSS(string=assets()[name].read_text(), url_fetcher=_fetcher(), font_config=_fonts(), media_type="print")


@cache
def _fonts() -> Any:
    from weasyprint.text.fonts import FontConfiguration

    atexit.register(_forget_fonts)  # it cleans up by itself, but not once the interpreter is half gone
    return FontConfiguration()


def _forget_fonts() -> None:
    _stylesheet.cache_clear()
    _fonts.cache_clear()


@cache
def _fetcher() -> Any:
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    media_types = {".css": "text/css", ".woff2": "font/woff2"}

    class PackagedAssets(URLFetcher):
        """Hands out packaged files by name and refuses every other address."""

        def fetch(self, url: str, headers: Any = None) -> Any:  # noqa: ARG002
            scheme, _, name = url.partition(":")
            path = assets().get(name) if scheme == "asset" else None
            if path is None:
                raise ValueError("a document loads packaged assets only")
            return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": media_types[path.suffix]})

    return PackagedAssets()


# ---------------------------------------------------------------- documents with their rows


_settings: Settings | None = None


def use_settings(settings: Settings) -> None:
    """Documents of this process lie under the instance folder and carry the lender's name, zone and address."""
    global _settings
    _settings = settings


def settings_in_use() -> Settings:
    """The settings documents are made by. Raises SettingsInvalid before `use_settings` was called."""
    if _settings is None:
        raise SettingsInvalid("Documents have no settings yet; the app calls core.documents.use_settings at start")
    return _settings


def _folder() -> Path:
    return settings_in_use().instance / "documents"


def keep(
    w: Work, data: bytes, *, kind: str, filename: str, media_type: str, subject_type: str, subject_id: UUID
) -> DocumentRow:
    """Stores the bytes encrypted and adds their row. If the work is rolled back, the file is discarded.

    OSError when the disk is full; nothing half-written stays behind.
    """
    key = store_bytes(_folder(), data)
    pending = [key]
    event.listen(w.session, "after_commit", lambda _session: pending.clear(), once=True)
    event.listen(w.session, "after_rollback", lambda _session: _discard_all(_folder(), pending), once=True)
    return w.add(
        DocumentRow(
            id=uuid7(),
            kind=kind,
            filename=filename,
            media_type=media_type,
            size_bytes=len(data),
            sha256=sha256(data),
            storage_key=key,
            subject_type=subject_type,
            subject_id=subject_id,
            created_at=w.now,
        )
    )


def remove(w: Work, row: DocumentRow) -> None:
    """Deletes the row, and the file once that is durable. Nothing may refer to the row any more."""
    folder, key = _folder(), row.storage_key
    w.session.delete(row)
    w.after_commit.append(lambda: discard(folder, key))


def read(w: Work, document_id: UUID) -> tuple[DocumentRow, bytes]:
    """The row and its bytes. Raises NotFound; CiphertextInvalid when the bytes are not those that were kept."""
    row = w.get(DocumentRow, document_id)
    data = read_bytes(_folder(), row.storage_key)
    if sha256(data) != row.sha256:
        raise crypto.CiphertextInvalid("The stored file is not the one that was kept", document_id=str(row.id))
    return row, data


# ---------------------------------------------------------------- shelf


def store_bytes(folder: Path, data: bytes) -> str:
    """Keeps the bytes encrypted under a random name in `folder` and returns that name (32 hex digits).

    The file appears whole or not at all, readable by its owner only. OSError when the disk is full.
    """
    key = secrets.token_hex(16)
    _put(folder, key, data)
    return key


def rewrite_bytes(folder: Path, key: str) -> None:
    """Encrypts a stored file anew under the newest field key. Raises NotFound, CiphertextInvalid, KeyMissing."""
    _put(folder, key, read_bytes(folder, key))


def stored_keys(folder: Path, *, current: bool) -> Iterator[str]:
    """The names of the stored files that the newest field key encrypted, or of those that it did not."""
    head = crypto.ring().head.encode()
    for path in sorted(folder.glob("[0-9a-f][0-9a-f]/*")):
        if _STORAGE_KEY.fullmatch(path.name):
            with path.open("rb") as file:
                if (file.read(len(head)) == head) is current:
                    yield path.name


def _put(folder: Path, key: str, data: bytes) -> None:
    shelf = folder / key[:2]
    shelf.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = shelf / f"{key}.part"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(crypto.ring().encrypt_bytes(data, aad=f"document:{key}"))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(shelf / key)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def read_bytes(folder: Path, key: str) -> bytes:
    """The bytes kept under `key`. Raises NotFound; core.crypto.CiphertextInvalid when the file was changed."""
    path = _path(folder, key)
    try:
        sealed = path.read_bytes()
    except FileNotFoundError:
        raise NotFound("The stored file is missing", storage_key=key) from None
    return crypto.ring().decrypt_bytes(sealed, aad=f"document:{key}")


def discard(folder: Path, key: str) -> None:
    """Removes the file; nothing happens when it is gone already."""
    _path(folder, key).unlink(missing_ok=True)


def _discard_all(folder: Path, keys: list[str]) -> None:
    for key in keys:
        discard(folder, key)


def _path(folder: Path, key: str) -> Path:
    if not _STORAGE_KEY.fullmatch(key):
        raise NotFound("There is no such stored file")
    return folder / key[:2] / key
