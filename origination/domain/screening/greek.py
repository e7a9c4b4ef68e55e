"""Greek to Latin, as passports write it (ELOT 743): `Παπαδόπουλος` -> `papadopoulos`."""

from __future__ import annotations

import unicodedata

_PAIRS = {
    "ου": "ou", "αι": "ai", "ει": "ei", "οι": "oi", "υι": "yi", "γγ": "ng", "γξ": "nx", "γχ": "nch", "τζ": "tz",
    "τσ": "ts",
}  # fmt: skip
_AT_THE_START = {"μπ": "b", "ντ": "d", "γκ": "g"}
_LETTERS = {
    "α": "a", "β": "v", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "th", "ι": "i", "κ": "k", "λ": "l",
    "μ": "m", "ν": "n", "ξ": "x", "ο": "o", "π": "p", "ρ": "r", "σ": "s", "ς": "s", "τ": "t", "υ": "y", "φ": "f",
    "χ": "ch", "ψ": "ps", "ω": "o",
}  # fmt: skip
_BEFORE_U = {"α": "a", "ε": "e", "η": "i"}
_VOICELESS = frozenset("θκξπστφχψ")


def latin_from_greek(word: str) -> str:
    """One word; marks are dropped but for the two dots that keep vowels apart."""
    lower = unicodedata.normalize("NFD", word.lower())
    letters = [char for char in lower if unicodedata.category(char) != "Mn" or char == "\u0308"]
    out, at = [], 0
    while at < len(letters):
        pair = "".join(letters[at : at + 2])
        apart = letters[at + 2 : at + 3] == ["\u0308"]
        if at == 0 and pair in _AT_THE_START:
            found, at = _AT_THE_START[pair], 2
        elif pair in _PAIRS and not apart:
            found, at = _PAIRS[pair], at + 2
        elif pair[1:] == "υ" and pair[0] in _BEFORE_U and not apart:
            following = letters[at + 2] if at + 2 < len(letters) else "θ"
            found, at = _BEFORE_U[pair[0]] + ("f" if following in _VOICELESS else "v"), at + 2
        else:
            found, at = _LETTERS.get(letters[at], letters[at]), at + 1
        out.append(found)
    return "".join(out).replace("\u0308", "")
