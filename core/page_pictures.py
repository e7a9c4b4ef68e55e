"""Pages of PDF files as small pictures, drawn by PDFium. The only importer of pypdfium2.

Each picture is drawn in a short-lived process of its own, this very file run as a program. PDFium reads what strangers
sent and can neither be stopped nor used by two threads at once: a process can be stopped, is bounded in memory and
processor time, may write no file, knows none of our settings and keys, and takes nothing with it when it falls.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from io import BytesIO
from threading import Lock

SIZE = (288, 384)  # pixels: what a picture never exceeds, whatever the page measures
SECONDS_MAX = 8  # of waiting for one picture
_WAIT_MAX = 15  # seconds in the queue of this process; a strip of many pages asks for all of them at once
_PROCESSOR_SECONDS = 5
_MEMORY = 1024 * 1024 * 1024  # bytes of address space
_one_at_a_time = Lock()


def draw_page(data: bytes, page: int) -> bytes | None:
    """Page `page` (from 1) of a PDF as a JPEG of at most 288 x 384 pixels, upright.

    None where it cannot be drawn: a damaged file, no such page, more memory or time than a page may take.
    """
    if page < 1 or not _one_at_a_time.acquire(timeout=_WAIT_MAX):
        return None
    try:
        # Isolated (-I), because beside this file lie modules named like those of the standard library.
        done = subprocess.run(
            [sys.executable, "-I", __file__, str(page)],
            input=data, capture_output=True, timeout=SECONDS_MAX, check=False, env={}, cwd="/",
        )  # fmt: skip
    except (subprocess.TimeoutExpired, OSError):
        return None
    finally:
        _one_at_a_time.release()
    return done.stdout if done.returncode == 0 and done.stdout.startswith(b"\xff\xd8\xff") else None


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


def _draw(data: bytes, page: int) -> bytes:
    import pypdfium2

    _bound()
    with pypdfium2.PdfDocument(data) as pdf:
        pdf.init_forms()  # what was typed into a form is drawn, too
        sheet = pdf[page - 1]
        width, height = sheet.get_size()
        picture = sheet.render(scale=min(SIZE[0] / width, SIZE[1] / height)).to_pil().convert("RGB")
        picture.thumbnail(SIZE)  # rounding up may give one pixel more
    out = BytesIO()
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()


if __name__ == "__main__":
    sys.stdout.buffer.write(_draw(sys.stdin.buffer.read(), int(sys.argv[1])))
