"""Files from outside: opened by a real reader, written anew, or refused with a reason the sender can act on.

A file is what its reader says it is, never what its name or the browser says. What is kept is always our own writing of
it: pictures are encoded again (EXIF and GPS gone, tails gone), PDF files are rebuilt without scripts, attachments and
actions. Pikepdf and Pillow are imported on first use.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from core import malware
from core.domain.errors import InvalidInput, ProviderUnavailable
from core.domain.texts import Text
from core.page_pictures import SIZE, draw_page

BYTES_MAX = 10 * 1024 * 1024
PIXELS_MAX = 50_000_000
PAGES_MAX = 200
_EXPANDED_MAX = 128 * 1024 * 1024  # of one stream; four times that for a whole file

TOO_LARGE = Text("The file is larger than {n} MB. Send a smaller one, or a photo of lower resolution.", n=10)
EMPTY = Text("The file is empty. Choose it again.")
NOT_ACCEPTED = Text("This is not a PDF, JPEG or PNG file. Save it as one of these and try again.")
HEIC = Text("Photos in HEIC form cannot be read. Save the photo as JPEG and try again.")
OFFICE = Text("Office documents and archives are not accepted. Save the document as PDF and try again.")
ACTIVE = Text("Web pages, drawings with scripts and programs are not accepted. Send a PDF, JPEG or PNG file.")
MALWARE = Text("The virus check stopped this file. It was not kept.")
HIDDEN = Text("The file hides another file inside. Print it to PDF or photograph it, and send that.")
WRONG_NAME = Text("The name ends in {extension}, but the file is a {kind}. Rename it or choose the right file.")
PASSWORD = Text("The PDF is protected by a password. Save a copy without a password and try again.")
UNREADABLE = Text("The file is damaged and cannot be opened. Export or photograph it again.")
TOO_MANY_PIXELS = Text("The picture has more than {n} million pixels. Save it smaller and try again.", n=50)
TOO_MANY_PAGES = Text("The PDF has more than {n} pages. Send only the pages asked for.", n=PAGES_MAX)
BOMB = Text("The PDF unpacks to far more than it seems. Print it to PDF again and send that.")

# The standard test file of the anti-virus trade (eicar.org), joined here so that scanners leave this file alone.
_EICAR = b"EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!"
_CODE = re.compile(rb"<\?php|<script|<html|<svg|<iframe|<!doctype html", re.IGNORECASE)
_KINDS = {
    b"%PDF-": ("PDF", "application/pdf", (".pdf",)),
    b"\xff\xd8\xff": ("JPEG", "image/jpeg", (".jpg", ".jpeg")),
    b"\x89PNG\r\n\x1a\n": ("PNG", "image/png", (".png",)),
}


@dataclass(frozen=True, slots=True)
class CleanFile:
    """A file safe to keep: our own writing of what was sent. `pages` is 1 for a picture."""

    data: bytes
    media_type: str
    filename: str
    pages: int


def clean_upload(data: bytes, filename: str, field: str = "file") -> CleanFile:
    """The file written anew.

    Raises InvalidInput (under `field`) with one reason: too large, empty, of another kind, misnamed, hiding another
    file, active content, the virus test signature, password-protected, damaged, too many pixels or pages, a bomb.
    """
    try:
        return _clean(data, filename)
    except _Refused as refused:
        raise InvalidInput({field: refused.text}) from None
    except InvalidInput as refused:
        raise InvalidInput({field: next(iter(refused.fields.values()))}) from None


class _Refused(Exception):
    def __init__(self, text: Text) -> None:
        super().__init__(text)
        self.text = text


def _clean(data: bytes, filename: str) -> CleanFile:
    if not data:
        raise _Refused(EMPTY)
    if len(data) > BYTES_MAX:
        raise _Refused(TOO_LARGE)
    check_malware(data)
    found = next((kind for magic, kind in _KINDS.items() if data.startswith(magic)), None)
    if found is None:
        raise _Refused(_what_instead(data))
    kind, media_type, extensions = found
    extension = _extension(filename)
    if extension and extension not in extensions:
        raise _Refused(Text(WRONG_NAME.msgid, extension=extension, kind=kind))
    if kind == "PDF":
        clean, pages = _clean_pdf(data)
    else:
        clean, pages = _clean_picture(data, kind), 1
    return CleanFile(clean, media_type, safe_filename(filename, extensions[0]), pages)


def check_malware(data: bytes, field: str = "file") -> None:
    """Raises InvalidInput (under `field`) for bytes with the virus test signature, or that the scanner refuses."""
    try:
        found = is_malware(data)
    except ProviderUnavailable:
        raise InvalidInput({field: SCANNER_DOWN}) from None
    if found:
        raise InvalidInput({field: MALWARE})


def is_malware(data: bytes) -> bool:
    """The test signature, and what a clamd finds where the installation names one (core.malware)."""
    return _EICAR in data or malware.found_in(data)


SCANNER_DOWN = Text("The virus check does not answer just now. Try again in a few minutes; nothing was kept.")


def _what_instead(data: bytes) -> Text:
    head = data[:1024]
    if head[4:12] in {b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypmsf1", b"ftyphevc"}:
        return HEIC
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"Rar!", b"7z\xbc\xaf")):
        return OFFICE
    if head.startswith((b"MZ", b"\x7fELF", b"#!")) or _CODE.search(head) or b"<?xml" in head:
        return ACTIVE
    return NOT_ACCEPTED


def page_picture(data: bytes, media_type: str, page: int = 1) -> bytes | None:
    """A small JPEG of a kept picture, or of a page of a kept PDF; None where it cannot be drawn."""
    from PIL import Image, UnidentifiedImageError

    if media_type == "application/pdf":
        return draw_page(data, page) if page <= PAGES_MAX else None
    if media_type not in {"image/jpeg", "image/png"}:
        return None
    try:
        with Image.open(BytesIO(data), formats=["JPEG", "PNG"]) as picture:
            small = picture.convert("RGB")
        small.thumbnail(SIZE)
        out = BytesIO()
        small.save(out, "JPEG", quality=80)
        return out.getvalue()
    except (OSError, ValueError, UnidentifiedImageError):
        return None


def count_pages(data: bytes) -> int:
    """Pages of a kept PDF; 0 when it cannot be opened any more."""
    from pikepdf import PasswordError, Pdf, PdfError

    try:
        with Pdf.open(BytesIO(data)) as pdf:
            return len(pdf.pages)
    except (PdfError, PasswordError, ValueError, RuntimeError):
        return 0


def turn(data: bytes, media_type: str) -> bytes:
    """A kept file turned by a quarter to the right: the picture, or every page of the PDF.

    Raises InvalidInput for a PDF that cannot be opened any more.
    """
    out = BytesIO()
    if media_type == "application/pdf":
        from pikepdf import Pdf, PdfError

        try:
            with Pdf.open(BytesIO(data)) as pdf:
                for page in pdf.pages:
                    page.rotate(90, relative=True)
                pdf.save(out, deterministic_id=True)
        except PdfError:
            raise InvalidInput({"file": UNREADABLE}) from None
        return out.getvalue()
    from PIL import Image

    with Image.open(BytesIO(data), formats=["JPEG", "PNG"]) as picture:
        turned = picture.transpose(Image.Transpose.ROTATE_270)
        if media_type == "image/jpeg":
            turned.save(out, "JPEG", quality=92)
        else:
            turned.save(out, "PNG", compress_level=4)
    return out.getvalue()


# ---------------------------------------------------------------- names


def _extension(filename: str) -> str:
    name = filename.strip().lower()
    return "." + name.rpartition(".")[2] if "." in name else ""


def safe_filename(filename: str, extension: str) -> str:
    """A name to show and to offer on download: no folders, controls or quotes, at most 100 characters, Han kept."""
    name = unicodedata.normalize("NFC", filename).replace("\\", "/").rpartition("/")[2]
    stem = name.rpartition(".")[0] if "." in name else name
    kept = "".join(c for c in stem if unicodedata.category(c)[0] != "C" and c not in '"<>:|?*;%')
    return (kept.strip(" .")[: 100 - len(extension)] or "document") + extension


# ---------------------------------------------------------------- pictures


def _clean_picture(data: bytes, kind: str) -> bytes:
    from PIL import ImageOps, UnidentifiedImageError
    from PIL.JpegImagePlugin import JpegImageFile
    from PIL.PngImagePlugin import PngImageFile

    end = data.rfind(b"\xff\xd9") + 2 if kind == "JPEG" else data.rfind(b"IEND\xaeB`\x82") + 8
    if _CODE.search(data) or b"%PDF-" in data or b"PK\x03\x04" in data[end:] or data[end:].startswith(b"MZ"):
        raise _Refused(HIDDEN)
    try:
        # The plugin directly: Image.open would guess, and warn about size before we can say it in words.
        picture = JpegImageFile(BytesIO(data)) if kind == "JPEG" else PngImageFile(BytesIO(data))
        if picture.width * picture.height > PIXELS_MAX:
            raise _Refused(TOO_MANY_PIXELS)
        picture.load()
        upright = ImageOps.exif_transpose(picture)
        plain = _on_white(upright)
    except (OSError, SyntaxError, ValueError, KeyError, IndexError, TypeError, UnidentifiedImageError, MemoryError):
        raise _Refused(UNREADABLE) from None
    out = BytesIO()
    if kind == "JPEG":
        plain.save(out, "JPEG", quality=88)
    else:
        plain.save(out, "PNG", compress_level=4)
    return out.getvalue()


def _on_white(picture: Any) -> Any:
    """Only the pixels: RGB or grey, without colour profile, comments or transparency."""
    from PIL import Image

    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        paper = Image.new("RGB", picture.size, "white")
        paper.paste(layer, mask=layer.getchannel("A"))
        return paper
    plain = picture.convert("L" if picture.mode in {"1", "L", "I", "I;16", "F"} else "RGB")
    plain.info = {}
    return plain


# ---------------------------------------------------------------- PDF


def _clean_pdf(data: bytes) -> tuple[bytes, int]:
    from pikepdf import PasswordError, Pdf, PdfError
    from pikepdf.settings import set_qpdf_limits

    tail = data[data.rfind(b"%%EOF") + 5 :] if b"%%EOF" in data else b""
    if _CODE.search(data[:1024]) or _CODE.search(tail) or tail.lstrip().startswith((b"MZ", b"PK\x03\x04")):
        raise _Refused(HIDDEN)
    set_qpdf_limits(
        flate_max_memory=_EXPANDED_MAX, png_max_memory=_EXPANDED_MAX, run_length_max_memory=_EXPANDED_MAX,
        tiff_max_memory=_EXPANDED_MAX, max_stream_filters=4,
    )  # fmt: skip
    try:
        with Pdf.open(BytesIO(data), suppress_warnings=True) as pdf:
            pages = len(pdf.pages)
            if pages == 0:
                raise _Refused(UNREADABLE)
            if pages > PAGES_MAX:
                raise _Refused(TOO_MANY_PAGES)
            _refuse_bombs(pdf)
            _disarm(pdf)
            _drop(pdf.trailer, "/Info")
            out = BytesIO()
            pdf.save(out, encryption=False, fix_metadata_version=False, deterministic_id=True)
            return out.getvalue(), pages
    except PasswordError:
        raise _Refused(PASSWORD) from None
    except (PdfError, ValueError, TypeError, KeyError, AttributeError, RuntimeError, RecursionError):
        raise _Refused(UNREADABLE) from None


def _refuse_bombs(pdf: Any) -> None:
    from pikepdf import PdfError, Stream

    expanded = 0
    for thing in pdf.objects:
        if not isinstance(thing, Stream) or _filters(thing) != ["/FlateDecode"]:
            continue
        try:
            expanded += len(thing.read_bytes())
        except PdfError as error:
            if "memory" in str(error).lower() or "limit" in str(error).lower():
                raise _Refused(BOMB) from None
            raise
        if expanded > 4 * _EXPANDED_MAX:
            raise _Refused(BOMB)


def _filters(stream: Any) -> list[str]:
    named = stream.get("/Filter")
    if named is None:
        return []
    names = [str(name) for name in named] if named._type_name == "array" else [str(named)]  # noqa: SLF001
    if names.count("/FlateDecode") > 1:
        raise _Refused(BOMB)
    return names


_ACTIONS = ("/OpenAction", "/AA", "/URI", "/Metadata", "/PieceInfo", "/Collection", "/AF")
_HARMFUL = {
    "/JavaScript",
    "/Launch",
    "/ImportData",
    "/SubmitForm",
    "/GoToR",
    "/GoToE",
    "/Rendition",
    "/Movie",
    "/Sound",
}


def _disarm(pdf: Any) -> None:
    """Takes out everything that acts: scripts, launches, forms that send, attachments, media."""
    root = pdf.Root
    for name in _ACTIONS:
        _drop(root, name)
    if "/Names" in root:
        for name in ("/JavaScript", "/EmbeddedFiles"):
            _drop(root.Names, name)
    if "/AcroForm" in root:
        for name in ("/XFA", "/CO"):
            _drop(root.AcroForm, name)
    for thing in pdf.objects:
        for part in _direct_parts(thing):
            _disarm_part(part)


def _direct_parts(thing: Any, depth: int = 0) -> Iterator[Any]:
    """The dictionaries of an object, itself included, down to where other indirect objects begin."""
    from pikepdf import Array, Dictionary, Stream

    if depth > 50:
        raise _Refused(UNREADABLE)
    if isinstance(thing, Dictionary | Stream):
        yield thing
        children = [thing[key] for key in thing.keys()]  # noqa: SIM118  (a pikepdf dictionary iterates otherwise)
    elif isinstance(thing, Array):
        children = list(thing)
    else:
        return
    for child in children:
        if isinstance(child, Dictionary | Array) and not child.is_indirect:
            yield from _direct_parts(child, depth + 1)


def _disarm_part(part: Any) -> None:
    from pikepdf import Dictionary

    _drop(part, "/AA")
    for name in ("/A", "/Next"):
        action = part.get(name)
        if isinstance(action, Dictionary) and str(action.get("/S", "")) in _HARMFUL:
            _drop(part, name)
    if str(part.get("/Subtype", "")) in {"/FileAttachment", "/RichMedia", "/Screen", "/3D"}:
        _drop(part, "/FS")
        _drop(part, "/RichMediaContent")


def _drop(holder: Any, name: str) -> None:
    if name in holder:
        del holder[name]
