"""Builds the Chinese catalogue from translations/zh_parts/*.po, the files a translator edits.

`python translations/build.py` compiles them to zh_Hans_CN/LC_MESSAGES/messages.mo when one has changed (`make run` and
`make test` call it); with `--check` it reads the code and lists messages without Chinese, and parts
that contradict each other. A part is a list of `msgid`/`msgstr` pairs; a message may stand in several parts when they
say the same.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import partial
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
LOCALE = "zh_Hans_CN"
MO = HERE / LOCALE / "LC_MESSAGES" / "messages.mo"
PARTS = HERE / "zh_parts"
KEYWORDS = {
    "_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2), "Text": None, "translate": None,
}  # fmt: skip
PACKAGES = ("core", "origination", "scoring", "repayment", "templates")


def messages_of_code() -> Iterator[tuple[str, int, str | tuple[str, ...], str | None]]:
    """Every message: file, line, text (or singular and plural), context."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    for package in PACKAGES:
        for name, line, text, _, context in extract_from_dir(
            ROOT, methods, options, KEYWORDS, directory_filter=partial(_wanted, package)
        ):
            if name.startswith(package + "/"):
                yield name, line, text, context


def _wanted(package: str, path: str) -> bool:
    inside = Path(path).relative_to(ROOT).parts
    return not inside or (inside[0] == package and "__pycache__" not in inside)


def translated() -> tuple[Catalog, list[str]]:
    """All parts as one catalogue, and the contradictions between them (the first part by name wins)."""
    whole = Catalog(locale=LOCALE, fuzzy=False)
    contradictions = []
    for path in sorted(PARTS.glob("*.po")):
        for message in read_po(BytesIO(path.read_bytes()), locale=LOCALE):
            if not message.id or message.fuzzy or not _said(message):
                continue
            earlier = whole.get(message.id, message.context)
            if earlier is None:
                whole.add(message.id, message.string, context=message.context)
            elif earlier.string != message.string:
                contradictions.append(
                    f"{path.name}: {message.id!r} is {message.string!r} here, {earlier.string!r} elsewhere"
                )
    return whole, contradictions


def _said(message: Message) -> bool:
    return all(message.string) if isinstance(message.string, tuple) else bool(message.string)


def missing() -> list[str]:
    """Messages of the code without Chinese, each with the files that say them."""
    known, _ = translated()
    lacking: dict[str, set[str]] = {}
    for name, _, text, context in messages_of_code():
        if known.get(text if isinstance(text, str) else text[0], context) is None:
            lacking.setdefault(str(text), set()).add(name)
    return [f"{text!r} in {', '.join(sorted(names))}" for text, names in sorted(lacking.items())]


def compile_catalogue() -> None:
    """Parts -> messages.mo, only when a part is newer; replaced in one step, so that a reader never sees half of it."""
    newest = max((path.stat().st_mtime for path in [*PARTS.glob("*.po"), PARTS]), default=0)
    if MO.exists() and MO.stat().st_mtime >= newest:
        return
    MO.parent.mkdir(parents=True, exist_ok=True)
    fresh = MO.with_suffix(f".{os.getpid()}")
    with fresh.open("wb") as file:
        write_mo(file, translated()[0])
    fresh.replace(MO)


def main(arguments: list[str]) -> int:
    """Entry point."""
    compile_catalogue()
    if "--check" not in arguments:
        return 0
    faults = [*translated()[1], *missing()]
    sys.stdout.writelines(f"{fault}\n" for fault in faults)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
