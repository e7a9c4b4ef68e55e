"""Pages of PDF files as pictures: real files are drawn, whatever is wrong with one stays outside this process."""

from __future__ import annotations

import time
from io import BytesIO
from threading import Thread

import pikepdf
import pytest
from PIL import Image, ImageChops

from core import page_pictures
from core.page_pictures import SIZE, draw_page
from core.uploads import count_pages, page_picture
from tests.core.paper.pages_to_draw import drawn, empty_page, two_pages


def picture(data: bytes | None) -> Image.Image:
    assert data is not None
    found = Image.open(BytesIO(data), formats=["JPEG"])
    found.load()
    return found


def test_two_pages_of_text_are_two_pictures():
    data = two_pages()
    first, second = (picture(draw_page(data, n)) for n in (1, 2))
    for one in (first, second):
        assert one.size == (272, 384)  # 210 x 297 mm at a height of 384
        blank = Image.new("RGB", one.size, "white")
        assert ImageChops.difference(one, blank).getbbox() is not None
    assert ImageChops.difference(first, second).convert("L").point(lambda v: 255 * (v > 64)).getbbox() is not None


def test_a_page_is_drawn_as_it_is_turned():
    assert picture(draw_page(drawn("1 0 0 rg 0 0 100 400 re f", box=(200, 400)), 1)).size == (192, 384)
    turned = picture(draw_page(drawn("1 0 0 rg 0 0 100 400 re f", box=(200, 400), rotate=90), 1))
    assert turned.size == (288, 144)
    red, white = turned.getpixel((144, 20)), turned.getpixel((144, 124))  # the left half has become the upper one
    assert red[0] > 240 > 20 > red[1]
    assert min(white) > 240


@pytest.mark.parametrize("box", [(14_400, 14_400), (2_000_000_000, 2_000_000_000), (1, 1), (14_400, 1), (3, 100_000)])
def test_a_picture_is_never_larger_than_its_frame(box):
    found = picture(draw_page(empty_page(box), 1))
    assert 1 <= found.width <= SIZE[0]
    assert 1 <= found.height <= SIZE[1]


def test_the_last_of_a_thousand_pages_is_drawn():
    out = BytesIO()
    with pikepdf.new() as many:
        for _ in range(1000):
            many.add_blank_page()
        many.save(out)
    assert picture(draw_page(out.getvalue(), 1000)).width == SIZE[0]
    assert draw_page(out.getvalue(), 1001) is None
    assert page_picture(out.getvalue(), "application/pdf", 1000) is None  # no such file is ever kept


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\nnot at all", two_pages()[:500], b"\x89PNG\r\n\x1a\n" + bytes(40)])
def test_what_cannot_be_read_has_no_picture_and_no_pages(data):
    assert draw_page(data, 1) is None
    assert count_pages(data) == 0


@pytest.mark.parametrize("page", [0, -1, 3, 10**30])
def test_a_page_that_is_not_there_has_no_picture(page):
    assert draw_page(two_pages(), page) is None


def test_a_page_that_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr(page_pictures, "SECONDS_MAX", 1)
    endless = drawn("0.5 w " + "0 0 m 150 700 400 20 500 800 c 600 10 0 800 600 0 c S " * 1_500_000)
    begun = time.monotonic()
    assert draw_page(endless, 1) is None
    assert time.monotonic() - begun < 6
    assert draw_page(two_pages(), 1) is not None  # and the next one is drawn


def test_pictures_asked_for_at_once_are_drawn_one_after_the_other():
    data, found = two_pages(), []
    threads = [Thread(target=lambda n=n: found.append(draw_page(data, 1 + n % 2))) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(found) == 4
    assert set(found) == {draw_page(data, 1), draw_page(data, 2)}
