"""Chinese names: character forms, readings, romanisations."""

from __future__ import annotations

import tomllib
from functools import cache, lru_cache
from pathlib import Path

from origination.domain.screening.hangul import hangul_readings, is_hangul

_HERE = Path(__file__).parent
READINGS_MAX = 4


@cache
def _variants() -> dict[int, int]:
    """Traditional and variant characters to the simplified ones."""
    table = tomllib.loads((_HERE / "han_variants.toml").read_text(encoding="utf-8"))
    return str.maketrans(table["from"], table["to"])


@cache
def _tables() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads((_HERE / "han_readings.toml").read_text(encoding="utf-8"))


def simplify(text: str) -> str:
    """`滙高國際` -> `汇高国际`."""
    return text.translate(_variants())


@lru_cache(maxsize=20_000)
def mandarin(char: str) -> tuple[str, ...]:
    """The toneless pinyin readings that a character has in names, the commonest first (`重` -> zhong, chong)."""
    if is_hangul(char):
        return hangul_readings(char)[:READINGS_MAX]
    from pypinyin import Style, pinyin

    found = pinyin(char, style=Style.NORMAL, heteronym=True, errors="ignore")
    readings = [reading.replace("ü", "v").replace("ê", "e") for reading in (found[0] if found else [])]
    # Dictionaries also give readings that no name uses (`平` as bian), and names differ in a sound.
    unique = list(dict.fromkeys(readings))[: READINGS_MAX if char in _tables()["polyphones"] else 1]
    return tuple(unique)


_WADE_GILES_INITIALS = (
    ("zh", "ch"), ("ch", "ch"), ("sh", "sh"), ("b", "p"), ("d", "t"), ("g", "k"), ("z", "ts"), ("c", "ts"), ("j", "ch"),
    ("q", "ch"), ("x", "hs"), ("r", "j"),
)  # fmt: skip


@lru_cache(maxsize=2_000)
def wade_giles(syllable: str) -> tuple[str, ...]:
    """The Wade-Giles writings of a pinyin syllable without apostrophes: `xiao` -> `hsiao`, `zhong` -> `chung`."""
    special = {
        "zi": ("tzu", "tze"), "ci": ("tzu", "tze"), "si": ("ssu", "szu", "sze"), "zhi": ("chih",), "chi": ("chih",),
        "shi": ("shih",), "ri": ("jih",), "er": ("erh",), "he": ("ho",), "ge": ("ko",), "ke": ("ko",), "e": ("o",),
        "you": ("yu",), "yan": ("yen",), "ye": ("yeh",), "yi": ("i", "yi"), "yong": ("yung",), "ying": ("ing",),
        "yin": ("in",),
    }  # fmt: skip
    if syllable in special:
        return special[syllable]
    initial, final = "", syllable
    for pinyin_initial, other in _WADE_GILES_INITIALS:
        if syllable.startswith(pinyin_initial):
            initial, final = other, syllable[len(pinyin_initial) :]
            break
    else:
        split = next((i for i, char in enumerate(syllable) if char in "aeiouv"), 0)
        initial, final = syllable[:split], syllable[split:]
    changed = {
        "ong": "ung", "ian": "ien", "ie": "ieh", "ue": "ueh", "ve": "ueh", "uo": "o", "iong": "iung", "ui": "uei"
        if initial == "k" else "ui", "v": "u", "e": "e", "eng": "eng",
    }.get(final, final)  # fmt: skip
    both = {initial + changed}
    if final == "uo" and initial in {"k", "h", "sh"}:
        both.add(initial + "uo")
    return tuple(sorted(both - {syllable}))


@lru_cache(maxsize=20_000)
def readings(char: str, *, surname: bool = False) -> tuple[str, ...]:
    """Every romanisation of one character: pinyin first, then Wade-Giles, Cantonese and other common spellings."""
    if is_hangul(char):
        return hangul_readings(char, surname=surname)
    tables = _tables()
    plain = simplify(char)
    own = tables["surname"].get(plain, []) if surname else []
    pinyin_readings = [*own, *(r for r in mandarin(plain) if r not in own)]
    out = list(pinyin_readings)
    for syllable in pinyin_readings:
        out.extend(wade_giles(syllable))
        if "v" in syllable:
            out.extend((syllable.replace("v", "u"), syllable.replace("v", "yu")))
    out.extend(tables["other"].get(plain, []))
    return tuple(dict.fromkeys(out))


def characters_with_other_readings() -> tuple[str, ...]:
    """The characters for which `other_readings` has something."""
    return tuple(_tables()["other"])


def other_readings(char: str) -> tuple[str, ...]:
    """Spellings of a simplified character from Hong Kong to Indonesia that no system gives."""
    return tuple(_tables()["other"].get(char, ()))


@cache
def double_surnames() -> frozenset[str]:
    """Surnames of two characters (欧阳, 司马)."""
    return frozenset(_tables()["double"])


@cache
def common_surnames() -> frozenset[str]:
    """The commonest surnames of one character."""
    return frozenset(_tables()["common"])


def is_surname(char: str) -> bool:
    """Whether a simplified character is a common surname."""
    return char in common_surnames()


def split_surname(name: str) -> tuple[str, str]:
    """`欧阳修` -> (`欧阳`, `修`); one character is the rule. `name` holds Han characters only."""
    plain = simplify(name)
    cut = 2 if len(plain) > 2 and plain[:2] in double_surnames() else 1
    return name[:cut], name[cut:]


@cache
def pinyin_syllables() -> frozenset[str]:
    """All toneless syllables of standard Mandarin, ü as both v and u."""
    initials = ("", *"bpmfdtnlgkhjqxrzcs", "zh", "ch", "sh")
    finals = {
        "b": "a o ai ei ao an en ang eng i ie iao ian in ing u",
        "p": "a o ai ei ao ou an en ang eng i ie iao ian in ing u",
        "m": "a o e ai ei ao ou an en ang eng i ie iao iu ian in ing u", "f": "a o ei ou an en ang eng u",
        "d": "a e ai ei ao ou an en ang eng ong i ie iao iu ian ing u uo ui uan un",
        "t": "a e ai ao ou an ang eng ong i ie iao ian ing u uo ui uan un",
        "n": "a e ai ei ao ou an en ang eng ong i ie iao iu ian in iang ing u uo uan v ve ue",
        "l": "a e ai ei ao ou an ang eng ong i ia ie iao iu ian in iang ing u uo uan un v ve ue",
        "g": "a e ai ei ao ou an en ang eng ong u ua uo uai ui uan un uang",
        "k": "a e ai ao ou an en ang eng ong u ua uo uai ui uan un uang",
        "h": "a e ai ei ao ou an en ang eng ong u ua uo uai ui uan un uang",
        "j": "i ia ie iao iu ian in iang ing iong u ue uan un", "q": "i ia ie iao iu ian in iang ing iong u ue uan un",
        "x": "i ia ie iao iu ian in iang ing iong u ue uan un",
        "zh": "a e i ai ao ou an en ang eng ong u ua uo uai ui uan un uang",
        "ch": "a e i ai ao ou an en ang eng ong u ua uo uai ui uan un uang",
        "sh": "a e i ai ei ao ou an en ang eng u ua uo uai ui uan un uang",
        "r": "e i ao ou an en ang eng ong u uo ui uan un", "z": "a e i ai ei ao ou an en ang eng ong u uo ui uan un",
        "c": "a e i ai ao ou an en ang eng ong u uo ui uan un", "s": "a e i ai ao ou an en ang eng ong u uo ui uan un",

              "": "a o e ai ei ao ou an en ang er yi ya ye yao you yan yin yang ying yong wu wa wo wai wei wan wen "
        "wang weng yu yue yuan yun",
    }  # fmt: skip
    return frozenset(initial + final for initial in initials for final in finals[initial].split())
