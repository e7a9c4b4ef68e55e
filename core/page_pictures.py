"""Pages of PDF files as small pictures, drawn by PDFium. The only importer of pypdfium2.

They are drawn in short-lived processes, this very file run as a program. PDFium reads what strangers sent and can
neither be stopped nor used by two threads at once: a process can be stopped, is bounded in memory and processor time,
may write no file, knows none of our settings and keys, and takes nothing with it when it falls. One process draws a
page and those after it as far as a moment allows; the latest pictures are kept in memory, for the rest of the strip.
"""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from threading import Lock
from typing import Any

SIZE = (288, 384)  # pixels: what a picture never exceeds, whatever the page measures
SECONDS_MAX = 6  # of waiting for one process
_WAIT_MAX = 6  # seconds of waiting for the process of somebody else
_PROCESSOR_SECONDS = 3
_PAGES_AT_ONCE = 12
_MEMORY = 1024 * 1024 * 1024  # bytes of address space
_KEPT_MAX = 240  # pictures, of about 10 kB each
_SLOW_ONCE, _WHOLE_FILE = -1, 0  # as pages: a file of which one page took too long; and one of which a second did
_TOO_SLOW = {-signal.SIGXCPU, -signal.SIGKILL}

_kept: OrderedDict[tuple[bytes, int], bytes | None] = OrderedDict()
_one_at_a_time = Lock()


def draw_page(data: bytes, page: int) -> bytes | None:
    """Page `page` (from 1) of a PDF as a JPEG of at most 288 x 384 pixels, upright.

    None where it cannot be drawn: a damaged file, no such page, more memory or time than a page may take.
    """
    if page < 1:
        return None
    file = hashlib.sha256(data).digest()
    if (file, page) in _kept:
        return _kept.get((file, page))
    if not _one_at_a_time.acquire(timeout=_WAIT_MAX):
        return None
    try:
        # A strip asks for all its pages at once: whoever had to wait mostly finds the picture made.
        if (file, page) not in _kept and (file, _WHOLE_FILE) not in _kept:
            _draw_from(file, data, page)
        return _kept.get((file, page))
    finally:
        _one_at_a_time.release()


def _draw_from(file: bytes, data: bytes, page: int) -> None:
    """Keeps what a process drew. A page that failed is kept as None, unless only the machine was busy."""
    try:
        # Isolated (-I), because beside this file lie modules named like those of the standard library.
        done = subprocess.run(
            [sys.executable, "-I", __file__, str(page)],
            input=data, capture_output=True, timeout=SECONDS_MAX, check=False, env={}, cwd="/",
        )  # fmt: skip
        code, drawn = done.returncode, done.stdout
    except subprocess.TimeoutExpired as late:
        code, drawn = 0, late.stdout or b""
    except OSError:
        return
    for n, picture in enumerate(_pictures_in(drawn), start=page):
        _kept[file, n] = picture
    if (file, page) not in _kept and code:
        _kept[file, page] = None
        if code in _TOO_SLOW:
            _kept[file, _WHOLE_FILE if (file, _SLOW_ONCE) in _kept else _SLOW_ONCE] = None
    while len(_kept) > _KEPT_MAX:
        _kept.popitem(last=False)


def _pictures_in(drawn: bytes) -> Iterator[bytes]:
    """The whole pictures in what a process wrote: the length in four bytes, then the JPEG."""
    at = 0
    while at + 4 <= len(drawn):
        end = at + 4 + int.from_bytes(drawn[at : at + 4])
        if end > len(drawn):
            return
        yield drawn[at + 4 : end]
        at = end


# ---------------------------------------------------------------- the program


def _bound() -> None:
    """Bounds this process; a limit that the system does not know is left out."""
    import resource

    limits = {
        resource.RLIMIT_CPU: _PROCESSOR_SECONDS,
        resource.RLIMIT_AS: _MEMORY,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,  # a dump would hold the document in clear
    }
    for which, most in limits.items():
        with suppress(ValueError, OSError):
            resource.setrlimit(which, (most, most))


def _draw(data: bytes, page: int) -> None:
    """Writes the picture of this page and, for as long as it costs little, of the next ones."""
    import pypdfium2

    _bound()
    with pypdfium2.PdfDocument(data) as pdf:
        pdf.init_forms()  # what was typed into a form is drawn, too
        for n in range(page - 1, max(page, min(len(pdf), page - 1 + _PAGES_AT_ONCE))):
            picture = _picture_of(pdf[n])
            sys.stdout.buffer.write(len(picture).to_bytes(4) + picture)
            sys.stdout.buffer.flush()
            if time.process_time() > 1:
                return
            signal.setitimer(signal.ITIMER_PROF, 1)  # ends the process: somebody waits for the first page


def _picture_of(sheet: Any) -> bytes:
    width, height = sheet.get_size()
    picture = sheet.render(scale=min(SIZE[0] / width, SIZE[1] / height)).to_pil().convert("RGB")
    picture.thumbnail(SIZE)  # rounding up may give one pixel more
    out = BytesIO()
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()


if __name__ == "__main__":
    _draw(sys.stdin.buffer.read(), int(sys.argv[1]))
