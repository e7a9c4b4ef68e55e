"""Thai to Latin, as names are written there: by sound, not by letter."""

from __future__ import annotations

import re

# Under the cancelling mark fall a consonant, a vowel sign on it, and a t or d before a cancelled r (`จันทร์`, `ศาสตร์`).
_CANCELLED = re.compile("(?:[ตทด](?=ร))?[ก-ฮ][ิุ]?์")
# An h that only gives the tone of the sonorant behind it.
_LEADING_H = re.compile("ห(?=[ลนมรวยงญ])")
# A w between two consonants, the second without a vowel sign of its own, is the vowel ua: `ชวน` is Chuan.
_UA = re.compile("(?<=[ก-ฮ])ว(?=[ก-ฮ](?![ะ-ู็]))")
_PLAIN = (("ph", "p"), ("th", "t"), ("kh", "k"))


def latin_from_thai(word: str) -> str:
    """`ประยุทธ์` -> prayut, `จันทร์โอชา` -> chanoocha."""
    from anyascii import anyascii

    heard = _UA.sub("ua", _LEADING_H.sub("", _CANCELLED.sub("", word)))
    latin = str(anyascii(heard)).lower()
    for written, sound in _PLAIN:
        latin = latin.replace(written, sound)
    return latin
