"""Cyrillic to Latin, after the ICAO and BGN/PCGN habits that lists and passports use."""

from __future__ import annotations

_LETTERS = {
    "а": "a", "б": "b", "в": "v", "г": "g", "ґ": "g", "ѓ": "g", "д": "d", "ђ": "dj", "е": "e", "ё": "yo", "є": "ye",
    "ж": "zh", "з": "z", "ѕ": "dz", "и": "i", "і": "i", "ї": "yi", "й": "y", "ј": "j", "к": "k", "ќ": "k", "л": "l",
    "љ": "lj", "м": "m", "н": "n", "њ": "nj", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "ћ": "c", "у": "u",
    "ў": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "џ": "dz", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y",
    "ь": "", "э": "e", "ю": "yu", "я": "ya",
    "ә": "a", "ғ": "g", "қ": "q", "ң": "ng", "ө": "o", "ү": "u", "ұ": "u", "һ": "h", "ҷ": "j", "ҳ": "h", "ӣ": "i",
    "ӯ": "u", "ҝ": "g", "ҹ": "j",
}  # fmt: skip
_VOWELS = frozenset("аеёиоуыэюяіїєў")


def latin_from_cyrillic(word: str) -> str:
    """`Кононов` -> `kononov`; Ukrainian only where its letters say so (`Гулієв` keeps g: h and g are kindred)."""
    lower = word.lower()
    out = []
    for i, letter in enumerate(lower):
        following = lower[i + 1] if i + 1 < len(lower) else ""
        if letter == "е" and (i == 0 or lower[i - 1] in _VOWELS or lower[i - 1] in "ьъ"):
            out.append("ye")
        elif letter in "ьъ" and following in {"о", "и"}:
            out.append("y")
        else:
            out.append(_LETTERS.get(letter, letter))
    latin = "".join(out)
    # Final -ий, -ый and -ой: passports write -iy, -yy or just -y.
    for ending in ("iy", "yy"):
        if latin.endswith(ending) and len(latin) > 3:
            return latin[: -len(ending)] + "y"
    return latin
