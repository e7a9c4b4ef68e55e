"""Which passwords are refused, and why (NIST SP 800-63B-4 §3.1.1.2): short, common, and those about their owner.

No composition rules, no forced change: length and a blocklist only. The blocklist is a rule, not a file: a password
that is nothing but common words, keyboard rows, counting or repetition is refused whatever its length.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from core.domain.texts import Text

LENGTH_MIN = 15  # single factor, 63B-4
LENGTH_MIN_WITH_SECOND_FACTOR = 12  # 63B-4 asks for 8
LENGTH_MAX = 128
_LOOKALIKES = str.maketrans("013457@$!€", "oieastasie")
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop",
    "azertyuiop",    "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "qazwsxedcrfvtgbyhnujm", "1q2w3e4r5t6y7u8i9o0p", "!@#$%^&*()",
)  # fmt: skip
_WORDS = """
password passwort passwd pass word secret geheim mima login logon signin admin administrator root user guest test
tester testing default welcome willkommen huanying hello hallo nihao changeme change letmein let me in open
opensesame sesame access master key keys iloveyou iloveu love loveyou woaini wo ai ni aini princess prince dragon
monkey tiger lion shadow sunshine moon star starwars superman batman spiderman hero ninja samurai football fussball
soccer basketball baseball hockey liverpool arsenal chelsea barcelona madrid juventus yankees michael jordan jessica
jennifer ashley daniel thomas robert andrew joshua matthew charlie george amanda nicole hannah maria anna lisa peter
hans wang zhang chen liu yang zhao huang zhou spring summer autumn fall winter monday tuesday wednesday thursday
friday saturday sunday january february march april may june july august september october november december money
bank banking loan loans lending lender credit debit mortgage finance financial cash dollar euro yuan company office
work business computer internet google facebook apple microsoft windows linux android iphone samsung huawei xiaomi
alibaba tencent wechat qwerty qwertz azerty asdf asdfgh zxcv zxcvbn trustno one trust nobody whatever forever
freedom cookie chocolate cheese banana orange coffee flower flowers lovely beautiful baby babygirl angel jesus
christ god bless heaven killer hunter ranger buster pepper ginger maggie bailey snoopy correct horse battery staple
and the is my your this that for new old big good bad very super mega abc abcd xyz aaa zzz china beijing shanghai
germany berlin london paris england america newyork promissory
"""
_COMMON = frozenset(_WORDS.split())
_LONGEST = max(len(word) for word in _COMMON)


def password_faults(password: str, *, minimum: int = LENGTH_MIN, about: Iterable[str] = ()) -> list[Text]:
    """What is wrong with a password, in sentences that say what to do; empty when it may be used.

    `about` holds what others know of the owner (e-mail address, name, the lender's name). Length counts code points.
    """
    plain = unicodedata.normalize("NFKC", password)
    if len(plain) < minimum:
        return [Text("Use at least {minimum} characters: three or four words you will remember do it", minimum=minimum)]
    if len(plain) > LENGTH_MAX:
        return [Text("Use at most {maximum} characters", maximum=LENGTH_MAX)]
    told = [part for text in about for part in _parts(text)]
    bare = _bare(plain)
    if any(part in bare for part in told) and len(_without(bare, told)) < minimum - 3:
        return [Text("This password is built from your name, your e-mail address or our name: choose other words")]
    if len(set(plain)) < 6 or is_repetition(bare):
        return [Text("This password repeats itself and is guessed at once: choose several different words")]
    if is_common(plain) or is_common(_without(bare, told)):
        return [Text("This password is on the list of those tried first: add a few words nobody would expect")]
    return []


def is_repetition(text: str) -> bool:
    """True for one short piece over and over: `abcabcabcabcabc`."""
    return any(_repeats(text, size) for size in range(1, len(text) // 3 + 1))


def _repeats(text: str, size: int) -> bool:
    return (text[:size] * (len(text) // size + 1))[: len(text)] == text


def is_common(text: str) -> bool:
    """True when it is at most three common pieces, digits at its ends and look-alikes aside."""
    bare = _bare(text)
    meant = _bare(text.casefold().translate(_LOOKALIKES))
    return any(_pieces(form) <= 3 for form in {bare, bare.strip("0123456789"), meant})


def _pieces(text: str) -> int:
    """The least number of common words, rows, years and short digit groups that make up the text; 99 when none do."""
    best = [0] + [99] * len(text)
    for end in range(1, len(text) + 1):
        for start in range(max(0, end - 30), end):
            piece = text[start:end]
            if best[start] < 99 and _is_piece(piece):
                best[end] = min(best[end], best[start] + 1)
    return best[len(text)]


def _is_piece(piece: str) -> bool:
    if len(piece) <= _LONGEST and piece in _COMMON:
        return True
    if piece.isdigit() and len(piece) <= 4:
        return True
    if len(piece) >= 3 and len(set(piece)) == 1:
        return True
    return len(piece) >= 3 and any(piece in row or piece[::-1] in row for row in _ROWS)


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


def _parts(text: str) -> list[str]:
    return [part for part in re.split(r"[\W_]+", text.casefold()) if len(part) >= 3]


def _without(text: str, parts: Iterable[str]) -> str:
    for part in parts:
        text = text.replace(part, "")
    return text
