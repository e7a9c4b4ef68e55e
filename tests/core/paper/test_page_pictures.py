"""Pages of PDF files as pictures: real files are drawn, whatever is wrong with one stays outside this process."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import time
from collections import OrderedDict
from io import BytesIO
from threading import Thread

import pikepdf
import pytest
from PIL import Image, ImageChops

from core import page_pictures
from core.page_pictures import SIZE, draw_page
from core.uploads import count_pages, page_picture
from tests.core.paper.pages_to_draw import drawn, empty_page, two_pages

ENDLESS = "0.5 w " + "0 0 m 150 700 400 20 500 800 c 600 10 0 800 600 0 c S " * 1_500_000


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


@pytest.fixture
def processes(monkeypatch):
    """How many processes were started, from nothing kept."""
    started = []
    run = subprocess.run
    monkeypatch.setattr(page_pictures, "_kept", OrderedDict())
    monkeypatch.setattr(page_pictures.subprocess, "run", lambda *a, **k: (started.append(a), run(*a, **k))[1])
    return started


def test_a_page_that_takes_too_long_is_given_up_once(processes):
    data = drawn(ENDLESS, "1 0 0 rg 0 0 300 300 re f")
    begun = time.monotonic()
    assert draw_page(data, 1) is None
    assert time.monotonic() - begun < page_pictures.SECONDS_MAX + 2
    assert draw_page(data, 1) is None
    assert len(processes) == 1
    assert draw_page(data, 2) is not None  # the other page and other files are drawn
    assert draw_page(two_pages(), 1) is not None


def test_a_file_with_two_slow_pages_is_not_drawn_any_further(processes, monkeypatch):
    data = drawn("", "", "", "")
    slow = subprocess.CompletedProcess([], -signal.SIGKILL, stdout=b"")
    with monkeypatch.context() as stopped:
        stopped.setattr(page_pictures.subprocess, "run", lambda *a, **k: slow)
        assert draw_page(data, 1) is None
    assert draw_page(data, 3) is not None
    with monkeypatch.context() as stopped:
        stopped.setattr(page_pictures.subprocess, "run", lambda *a, **k: slow)
        assert draw_page(data, 2) is None
    assert draw_page(data, 3) is not None  # what is there stays
    page_pictures._kept.pop((hashlib.sha256(data).digest(), 4))
    assert draw_page(data, 4) is None
    assert len(processes) == 1


def test_a_page_is_not_kept_waiting_by_the_one_after_it(processes):
    data = drawn("0 0 1 rg 0 0 300 300 re f", ENDLESS)
    begun = time.monotonic()
    assert picture(draw_page(data, 1)).size == (288, 384)
    assert time.monotonic() - begun < page_pictures.SECONDS_MAX
    assert list(page_pictures._kept) == [(hashlib.sha256(data).digest(), 1)]


def test_a_strip_is_drawn_by_few_processes(processes):
    data = drawn(*(f"0 0 1 rg 0 0 {20 * n} 300 re f" for n in range(1, 15)))
    found: dict[int, bytes | None] = {}
    threads = [Thread(target=lambda n=n: found.update({n: draw_page(data, n)})) for n in range(1, 15)]
    for thread in threads:
        thread.start()
        thread.join(0.01)
    for thread in threads:
        thread.join(30)
    assert None not in found.values()
    assert len(set(found.values())) == 14  # each page its own
    assert [picture(found[n]).getpixel((10 * n - 10, 380))[2] > 200 for n in (2, 7, 14)] == [True, True, True]
    assert len(processes) <= 3


def test_no_more_is_kept_than_the_bound(processes, monkeypatch):
    monkeypatch.setattr(page_pictures, "_KEPT_MAX", 5)
    for width in (1, 2):
        draw_page(drawn("", "", "", box=(100, 100 + width)), 1)
    assert len(page_pictures._kept) == 5
