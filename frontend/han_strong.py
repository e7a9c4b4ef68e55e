"""Cuts static/vendor/han-strong/han-strong.woff2: bold Chinese for the headings of printed documents.

Debian's small Chinese font has one weight. This takes the characters that the contract and the letters use
from Noto Sans CJK SC Bold (SIL Open Font License 1.1; Debian: fonts-noto-cjk) and nothing else; names and other text of
the day are printed in the regular weight. Run it after changing a Chinese template:

    python frontend/han_strong.py /usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "static" / "vendor" / "han-strong"
ALWAYS = "零壹贰叁肆伍陆柒捌玖拾佰仟万亿元角分整人民币年月日"


def used_characters() -> set[str]:
    """Every Han character and full-width mark of the Chinese templates."""
    folders = [ROOT / "templates" / name for name in ("contract", "message")]
    texts = [
        file.read_text() for folder in folders for kind in ("*.html", "*.letter.txt") for file in folder.rglob(kind)
    ]
    return {char for text in [*texts, ALWAYS] for char in text if ord(char) > 0x2E00}


def main(collection: str) -> None:
    """Writes the font and its checksum."""
    faces = TTCollection(collection).fonts
    font = next(face for face in faces if face["name"].getDebugName(1) == "Noto Sans CJK SC")
    options = subset.Options(
        flavor="woff2", hinting=False, layout_features=[], name_IDs=["*"], drop_tables=["vhea", "vmtx", "VORG"]
    )
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[ord(char) for char in used_characters()])
    cutter.subset(font)
    font["head"].modified = font["head"].created
    font.recalcTimestamp = False
    FOLDER.mkdir(parents=True, exist_ok=True)
    subset.save_font(font, str(FOLDER / "han-strong.woff2"), options)
    sums = [
        f"{hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()}  {name}\n"
        for name in ("LICENSE", "han-strong.woff2")
    ]
    (FOLDER / "SHA256SUMS").write_text("".join(sums))


if __name__ == "__main__":
    main(sys.argv[1])
