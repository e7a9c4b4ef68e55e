"""Uploads: real files come out clean, everything else is refused with its own reason."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from io import BytesIO

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core import uploads
from core.domain.errors import InvalidInput
from core.uploads import CleanFile, clean_upload, safe_filename


def refusal(data: bytes, filename: str) -> str:
    with pytest.raises(InvalidInput) as refused:
        clean_upload(data, filename, field="document")
    (messages,) = refused.value.fields.values()
    assert list(refused.value.fields) == ["document"]
    return messages[0]


def jpeg(size: tuple[int, int] = (60, 40), **extra: object) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, "tomato").save(out, "JPEG", **extra)
    return out.getvalue()


def pdf(change: Callable[[pikepdf.Pdf], object] = lambda made: None, **extra: object) -> bytes:
    made, out = pikepdf.new(), BytesIO()
    made.add_blank_page()
    change(made)
    made.save(out, **extra)
    return out.getvalue()


def empty_png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    row = b"\0" * ((width + 7) // 8 + 1)
    pixels = packer.compress(row * height) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def test_a_photo_is_turned_upright_and_loses_its_exif() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # rotate 90 degrees clockwise
    exif[0x010F] = "SECRET CAMERA"
    exif.get_ifd(0x8825)[1] = "N"  # GPS
    clean = clean_upload(jpeg(exif=exif), "IMG_1.JPEG")
    picture = Image.open(BytesIO(clean.data))
    assert picture.size == (40, 60)
    assert dict(picture.getexif()) == {}
    assert b"SECRET CAMERA" not in clean.data
    assert (clean.media_type, clean.filename, clean.pages) == ("image/jpeg", "IMG_1.jpg", 1)


def test_a_png_loses_comments_and_transparency() -> None:
    from PIL.PngImagePlugin import PngInfo

    info, out = PngInfo(), BytesIO()
    info.add_text("Author", "SECRET AUTHOR")
    Image.new("RGBA", (5, 5), (255, 0, 0, 0)).save(out, "PNG", pnginfo=info)
    clean = clean_upload(out.getvalue(), "scan.png")
    assert b"SECRET AUTHOR" not in clean.data
    assert Image.open(BytesIO(clean.data)).getpixel((0, 0)) == (255, 255, 255)


def armed(made: pikepdf.Pdf) -> None:
    script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
    launch = pikepdf.Dictionary(S=pikepdf.Name.Launch, F="cmd.exe")
    made.Root.OpenAction = script
    made.attachments["inside.txt"] = b"SECRET ATTACHMENT"
    link = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 9, 9], A=launch)
    made.pages[0].Annots = pikepdf.Array([link])
    made.pages[0].AA = pikepdf.Dictionary(O=script)
    made.docinfo["/Author"] = "SECRET AUTHOR"


def test_a_pdf_is_rebuilt_without_scripts_attachments_and_metadata() -> None:
    clean = clean_upload(pdf(armed), "statement.pdf")
    opened = pikepdf.open(BytesIO(clean.data))
    out = BytesIO()
    opened.save(out, static_id=True, object_stream_mode=pikepdf.ObjectStreamMode.disable, qdf=True)
    for trace in (b"JavaScript", b"app.alert", b"Launch", b"cmd.exe", b"SECRET"):
        assert trace not in out.getvalue()
    assert len(opened.pages) == clean.pages == 1


@pytest.mark.parametrize(
    ("data", "filename", "reason"),
    [
        (b"", "a.pdf", uploads.EMPTY),
        (b"%PDF-" + b"0" * (10 * 1024 * 1024), "a.pdf", uploads.TOO_LARGE),
        (b"MZ\x90\0" + b"0" * 100, "a.pdf", uploads.ACTIVE),
        (b"<html><script>alert(1)</script>", "a.pdf", uploads.ACTIVE),
        (b'<?xml version="1.0"?><svg onload="alert(1)"/>', "a.png", uploads.ACTIVE),
        (b"PK\x03\x04word/document.xml", "a.docx", uploads.OFFICE),
        (b"\0\0\0\x18ftypheic", "a.heic", uploads.HEIC),
        (b"just some words", "a.pdf", uploads.NOT_ACCEPTED),
        (b"%PDF-1.7\n%nothing follows", "a.pdf", uploads.UNREADABLE),
        (b"%PDF-1.4\n<html><script>alert(1)</script>", "a.pdf", uploads.HIDDEN),
        (jpeg() + b"<?php system($_GET[0]); ?>", "a.jpg", uploads.HIDDEN),
        (jpeg() + b"PK\x03\x04archive", "a.jpg", uploads.HIDDEN),
        (jpeg()[:200], "a.jpg", uploads.UNREADABLE),
        (pdf() + b"\n<script>alert(1)</script>", "a.pdf", uploads.HIDDEN),
        (pdf(encryption=pikepdf.Encryption(user="u", owner="o")), "a.pdf", uploads.PASSWORD),
        (empty_png(30_000, 30_000), "a.png", uploads.TOO_MANY_PIXELS),
        (pdf(lambda made: [made.add_blank_page() for _ in range(200)]), "a.pdf", uploads.TOO_MANY_PAGES),
        # the EICAR test string, www.eicar.org, in two parts
        (
            pdf() + rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*",
            "a.pdf",
            uploads.MALWARE,
        ),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, str) else "",
)
def test_each_bad_file_gets_its_own_reason(data: bytes, filename: str, reason: str) -> None:
    assert refusal(data, filename) == reason


def test_a_name_that_lies_is_told_what_the_file_is() -> None:
    assert (
        refusal(jpeg(), "id.png")
        == "The name ends in .png, but the file is a JPEG. Rename it or choose the right file."
    )


def test_a_bomb_is_refused_without_unpacking_it() -> None:
    packer = zlib.compressobj(9)
    first = packer.compress(b"\0" * 1_000_000) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(b"\0" * 1_000_000) + packer.flush(zlib.Z_FULL_FLUSH)
    packed = first + again * 1_999 + packer.flush()  # 2 GB; the checksum at the end is never reached

    def arm(made: pikepdf.Pdf) -> None:
        made.pages[0].Contents = pikepdf.Stream(made, packed, Filter=pikepdf.Name.FlateDecode)

    assert refusal(pdf(arm), "a.pdf") == uploads.BOMB


def test_a_pdf_that_only_forbids_printing_is_welcome() -> None:
    clean = clean_upload(pdf(encryption=pikepdf.Encryption(user="", owner="o")), "a.pdf")
    assert not pikepdf.open(BytesIO(clean.data)).is_encrypted


@given(st.binary(max_size=300), st.sampled_from([b"%PDF-1.7\n", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b""]))
@settings(max_examples=150)
def test_no_bytes_whatever_raise_anything_else(tail: bytes, head: bytes) -> None:
    try:
        clean = clean_upload(head + tail, "a")
    except InvalidInput:
        return
    assert isinstance(clean, CleanFile)


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../app.py", "app.pdf"),
        ("C:\\temp\\收入证明.pdf", "收入证明.pdf"),
        ("a\0b\r\n.pdf", "ab.pdf"),
        ('q"u<o>t;e.pdf', "quote.pdf"),
        ("", "document.pdf"),
        ("...", "document.pdf"),
        ("x" * 300, "x" * 96 + ".pdf"),
    ],
)
def test_names_are_harmless_and_readable(given_name: str, kept: str) -> None:
    assert safe_filename(given_name, ".pdf") == kept
