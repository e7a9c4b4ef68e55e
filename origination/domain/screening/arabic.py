"""Arabic, Persian, Urdu and Hebrew words against Latin ones: short vowels are not written, so only the rest binds."""

from __future__ import annotations

from functools import lru_cache

from rapidfuzz.distance import OSA

from origination.domain.screening.fold import single

# Each letter: the Latin beginnings it may appear as, the nearest first. "" means that it may be silent.
LETTERS: dict[str, tuple[str, ...]] = {
    "ا": ("a", "e", "i", "u", "o", ""), "أ": ("a", "e", "u", "o", "i", ""), "إ": ("i", "e", "a", ""),
    "آ": ("aa", "a", "o"), "ٱ": ("a", "i", "e", ""), "ء": ("",), "ئ": ("i", "y", "e", ""), "ؤ": ("u", "o", "w", ""),
    "ب": ("b", "p"), "پ": ("p", "b"), "ت": ("t",), "ث": ("th", "s", "t"), "ج": ("j", "dj", "g", "dzh", "zh"),
    "چ": ("ch", "tch", "c", "tsh"), "ح": ("h",), "خ": ("kh", "k", "h", "x"), "د": ("d",), "ذ": ("dh", "z", "d", "th"),
    "ر": ("r",), "ز": ("z",), "ژ": ("zh", "j", "z"), "س": ("s", "c"), "ش": ("sh", "ch", "sch", "s"), "ص": ("s", "c"),
    "ض": ("d", "dh", "z"), "ط": ("t",), "ظ": ("z", "dh", "d"), "ع": ("a", "e", "i", "o", "u", ""),
    "غ": ("gh", "g", "rh", "q"), "ف": ("f", "v"), "ڤ": ("v",), "ق": ("q", "k", "g", "gh", "c", "kh"),
    "ک": ("k", "c", "q", "g"), "ك": ("k", "c", "q", "g"), "گ": ("g",), "ل": ("l",), "م": ("m",), "ن": ("n",),
    "ه": ("h", "a", "e", ""), "ھ": ("h", ""), "ہ": ("h", "a", ""), "ة": ("a", "ah", "h", "at", "eh", "e", "et"),
    "و": ("w", "v", "u", "oo", "ou", "o", "au", "aw", "ow", "ue", ""),
    "ي": ("y", "i", "ee", "ie", "ei", "ai", "ay", "e", "j", "iy", ""),
    "ی": ("y", "i", "ee", "a", "ie", "ei", "ai", "e", ""),
    "ى": ("a", "i", "y", "e", ""), "ے": ("e", "ay", "ai", "i", ""), "ں": ("n", ""), "ٹ": ("t",), "ڈ": ("d",),
    "ڑ": ("r",),
    "א": ("a", "e", "i", "o", "u", ""), "ב": ("b", "v", "bb"), "ג": ("g", "j"), "ד": ("d",), "ה": ("h", "a", "e", ""),
    "ו": ("v", "w", "o", "u", "oo", "ou", "vv", ""), "ז": ("z",), "ח": ("h", "ch", "kh"), "ט": ("t",),
    "י": ("y", "i", "ei", "ee", "ai", "ay", "e", "j", "ey", ""), "כ": ("k", "ch", "kh", "c"), "ל": ("l",), "מ": ("m",),
    "נ": ("n",), "ס": ("s",), "ע": ("a", "e", "i", "o", "u", ""), "פ": ("p", "f", "ph"), "צ": ("tz", "ts", "z", "c"),
    "ק": ("k", "c", "q"), "ר": ("r",), "ש": ("sh", "s", "sch"), "ת": ("t", "th"),
}  # fmt: skip
SHORT_VOWELS = frozenset("aeiouy")
# Letters of which every writing has a consonant.
ALWAYS_HEARD = frozenset(
    letter for letter, sounds in LETTERS.items() if all(set(sound) - SHORT_VOWELS for sound in sounds)
)
_MARKS = frozenset(chr(point) for point in (*range(0x064B, 0x0660), 0x0670, 0x0640, *range(0x0591, 0x05C8)))
# Consonants that one writing may have twice or that typists mix up, cheaper than a wrong letter.
_HOPELESS = 0.5
LONG_CONSONANTS = 6
_ROUNDING = 1e-9
MISS, WRONG, EXTRA_CONSONANT, EXTRA_START = 0.9, 1.1, 0.9, 0.5
DOUBTED_VOWEL, FINAL_H = 0.04, 0.1
_CONSONANTS = {
    "ب": "b", "پ": "p", "ت": "t", "ث": "t", "ج": "j", "چ": "c", "ح": "h", "خ": "h", "د": "d", "ذ": "d", "ر": "r",
    "ز": "z", "ژ": "z", "س": "s", "ش": "sh", "ص": "s", "ض": "d", "ط": "t", "ظ": "z", "غ": "g",
    "ف": "f", "ڤ": "v", "ق": "k",
    "ک": "k", "ك": "k", "گ": "g", "ل": "l", "م": "m", "ن": "n", "ه": "h", "ہ": "h", "ھ": "h", "ں": "n",
    "ٹ": "t", "ڈ": "d", "ڑ": "r",
    "ב": "b", "ג": "g", "ד": "d", "ז": "z", "ט": "t", "כ": "k", "ל": "l", "מ": "m", "נ": "n", "ס": "s", "פ": "p",
    "צ": "c", "ק": "k", "ר": "r", "ש": "sh", "ת": "t",
}  # fmt: skip


def bare(word: str) -> str:
    """Without vowel marks and lengthening."""
    return "".join(char for char in word if char not in _MARKS)


_SETTLE = str.maketrans(
    {"ی": "ي", "ک": "ك", "ى": "ي", "ہ": "ه", "ھ": "ه", "ۀ": "ه", "ٱ": "ا", "ے": "ي"}
    | dict(zip("ךםןףץ", "כמנפצ", strict=True))
)


def settle(word: str) -> str:
    """Persian and Urdu letter forms as their Arabic ones, Hebrew final ones as the others, without marks."""
    return bare(word).translate(_SETTLE)


def latin_from_arabic(word: str) -> str:
    """A readable transcription with the vowels that are written: `تكريتي` -> `tkryty`. For display and the index."""
    return "".join(LETTERS.get(char, ("",))[0] for char in bare(word))


@lru_cache(maxsize=50_000)
def arabic_similarity(word: str, latin: str, least: float = 0.0) -> float:
    """How well a Latin word can be a reading of the Arabic one: 1 for a perfect reading, symmetric in no way needed.

    A walk over both: an Arabic letter consumes one of its Latin writings (doubled letters count once), Latin vowels in
    between cost nothing after a consonant; what fits nowhere costs. The cost is set against the length. A reading that
    is hopeless, or cannot reach `least`, is given up: 0.
    """
    letters = bare(word)
    if not letters or not latin:
        return 0.0
    written = sum(1 for char in letters if "" not in LETTERS.get(char, ("",)))
    heard = sum(1 for char in latin if char not in SHORT_VOWELS)
    size = max(written, heard, 2)
    most = min(_HOPELESS, 1.0 - least) * size + _ROUNDING
    if (sum(1 for char in letters if char in ALWAYS_HEARD) - heard) * MISS > most:
        return 0.0
    return max(0.0, 1.0 - _walk(letters, latin, most) / size)


def _walk(letters: str, latin: str, most: float) -> float:
    """Least cost of reading `letters` as `latin`: a forward pass over (position in letters, position in latin).

    A reading that has cost more than `most` is given up: its cost is infinite.
    """
    far = float("inf")
    width = len(latin)
    row = [far] * (width + 1)
    row[0] = 0.0
    for place, letter in enumerate(letters):
        _skip_latin(row, latin)
        following = [far] * (width + 1)
        sounds = LETTERS.get(letter, ("",))
        if letter == "ي" and place == len(letters) - 1:
            sounds = (*sounds, "a")
        silent_cost = silent(letter, last=place == len(letters) - 1)
        for at, cost in enumerate(row):
            if cost == far:
                continue
            following[at] = min(following[at], cost + silent_cost)
            for sound in sounds:
                if sound and latin.startswith(sound, at):
                    end = at + len(sound)
                    following[end] = min(following[end], cost)
                    # a doubled consonant is written once in Arabic
                    if latin.startswith(sound, end):
                        following[end + len(sound)] = min(following[end + len(sound)], cost)
            if at < width and latin[at] not in SHORT_VOWELS:
                following[at + 1] = min(following[at + 1], cost + WRONG)
        if min(following) > most:
            return far
        row = following
    _skip_latin(row, latin)
    return row[width]


def silent(letter: str, *, last: bool) -> float:
    """What it costs that a letter is not heard: consonants most, long vowels some, alif and ayn little."""
    if letter in "وييى":
        return 0.35
    if letter == "ه":
        return 0.05 if last else MISS
    return 0.1 if "" in LETTERS.get(letter, ("",)) else MISS


def _skip_latin(row: list[float], latin: str) -> None:
    last = len(latin) - 1
    for at, char in enumerate(latin):
        if row[at] != float("inf"):
            if char in SHORT_VOWELS:
                step = DOUBTED_VOWEL if at else EXTRA_START
            else:
                step = FINAL_H if char == "h" and at == last else EXTRA_CONSONANT
            row[at + 1] = min(row[at + 1], row[at] + step)


@lru_cache(maxsize=50_000)
def consonants(word: str) -> str:
    """The consonants in the letters that the skeleton of a folded Latin word uses: `محمد` -> `mhmd`."""
    out = ""
    for char in bare(word):
        sound = _CONSONANTS.get(char, "")
        if not out.endswith(sound) or not sound:
            out += sound
    return out


_PLAIN = str.maketrans({"c": "S", "z": "d", "h": None, "v": None})


def plausible_consonants(word: str) -> str:
    """The consonants of an Arabic-script word as `plausible` compares them: h and w are heard or not, z may be d."""
    return single(consonants(word).replace("sh", "S").translate(_PLAIN))


def plain_skeleton(skeleton: str) -> str:
    """The skeleton of a Latin word as `plausible` compares it."""
    return single(skeleton.removeprefix("a").translate(_PLAIN))


def allowed_misses(longest: int) -> int:
    """How many consonants may differ in words of which the longer has so many."""
    return 1 if longest < LONG_CONSONANTS else 2


def plausible(word: str, skeleton: str) -> bool:
    """Quickly, whether a Latin word with this skeleton can be a reading at all; the walk is dear."""
    own, other = plausible_consonants(word), plain_skeleton(skeleton)
    allowed = allowed_misses(max(len(own), len(other)))
    return int(OSA.distance(own, other, score_cutoff=allowed)) <= allowed
