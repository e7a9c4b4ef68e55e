"""PDF files for the tests of pictures of pages."""

from __future__ import annotations

from functools import cache
from io import BytesIO

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

from core.documents import render_pdf


@cache
def two_pages() -> bytes:
    """Two pages of A4 with different words."""
    return render_pdf(
        "<style>@page { size: A4 } h1 { font-size: 60pt } p { break-after: page }</style>"
        "<h1>Salary</h1><p>June and July</p><h1 style='margin-top: 8cm'>工资单</h1>"
    )


def drawn(*contents: str, box: tuple[int, int] = (600, 800), rotate: int = 0) -> bytes:
    """A page of this size in points for each content stream."""
    out = BytesIO()
    with pikepdf.new() as made:
        for content in contents:
            page = Dictionary(
                Type=Name.Page, MediaBox=Array([0, 0, *box]), Rotate=rotate, Contents=Stream(made, content.encode())
            )
            made.pages.append(pikepdf.Page(made.make_indirect(page)))
        made.save(out)
    return out.getvalue()


def empty_page(box: tuple[int, int]) -> bytes:
    """One page without content."""
    return drawn("", box=box)
