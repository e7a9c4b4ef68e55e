"""Makes the fonts that documents are printed with, under static/vendor/paper-fonts/.

- han-strong: bold Chinese for headings. Debian's small Chinese font has one weight, so the characters that the contract
  and the letters use are cut from Noto Sans CJK SC Bold; names and other text of the day stay in the regular weight.
- inter-*: fixed weights of the variable Inter. Printing from the variable file works too, but works the weights out
  anew for every document.

Both are under the SIL Open Font License 1.1. Run it after changing a Chinese template (Debian: fonts-noto-cjk):

    python frontend/paper_fonts.py /usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection, TTFont
from fontTools.varLib.instancer import instantiateVariableFont

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "static" / "vendor" / "paper-fonts"
INTER = next((ROOT / "static" / "vendor").glob("inter-[0-9]*"))
WEIGHTS = {"latin": (400, 500, 600, 700), "latin-ext": (400, 600)}
ALWAYS = "零壹贰叁肆伍陆柒捌玖拾佰仟万亿元角分整人民币年月日"


def used_characters() -> set[str]:
    """Every Han character and full-width mark that may be printed bold."""
    folders = [ROOT / "templates" / name for name in ("contract", "message")]
    texts = [
        file.read_text() for folder in folders for kind in ("*.html", "*.letter.txt") for file in folder.rglob(kind)
    ]
    return {char for text in [*texts, ALWAYS] for char in text if ord(char) > 0x2E00}


def cut_han(collection: str) -> None:
    """Writes han-strong.woff2."""
    font = next(face for face in TTCollection(collection).fonts if face["name"].getDebugName(1) == "Noto Sans CJK SC")
    options = subset.Options(
        flavor="woff2", hinting=False, layout_features=[], name_IDs=["*"], drop_tables=["vhea", "vmtx", "VORG"]
    )
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[ord(char) for char in used_characters()])
    cutter.subset(font)
    font["head"].modified = font["head"].created
    font.recalcTimestamp = False
    subset.save_font(font, str(FOLDER / "han-strong.woff2"), options)


def fix_weights() -> None:
    """Writes inter-<part>-<weight>.woff2."""
    for part, weights in WEIGHTS.items():
        for weight in weights:
            font = TTFont(INTER / f"inter-{part}-wght-normal.woff2", recalcTimestamp=False)
            fixed = instantiateVariableFont(font, {"wght": weight}, static=True)
            fixed.flavor = "woff2"
            fixed.save(FOLDER / f"inter-{part}-{weight}.woff2")


def main(collection: str) -> None:
    """Writes the fonts and their checksums."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    cut_han(collection)
    fix_weights()
    names = sorted(file.name for file in FOLDER.iterdir() if file.name != "SHA256SUMS")
    sums = [f"{hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    (FOLDER / "SHA256SUMS").write_text("".join(sums))


if __name__ == "__main__":
    main(sys.argv[1])
