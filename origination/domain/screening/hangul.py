"""Korean syllables and the many ways to write them in Latin letters."""

from __future__ import annotations

from functools import lru_cache
from itertools import product

_BASE, _LAST = 0xAC00, 0xD7A3
_INITIALS = (
    "g k", "kk gg k", "n", "d t", "tt dd t", "r l n", "m", "b p", "pp bb p", "s sh", "ss s", "", "j ch",
    "jj tch ch", "ch j",
    "k", "t th", "p ph", "h",
)  # fmt: skip
_VOWELS = (
    "a ah", "ae ai e", "ya", "yae", "eo o u uh", "e", "yeo yo you yu", "ye", "o oh", "wa", "wae", "oe oi", "yo", "u oo",
    "wo weo", "we", "wi", "yu yoo", "eu u", "ui eui i ee", "i ee y",
)  # fmt: skip
_FINALS = (
    "", "k g ck", "k kk", "k", "n", "n", "n", "t d", "l r", "k", "m", "l", "l", "l", "p", "l", "m", "p b", "p",
    "t s", "t s",
    "ng", "t", "t", "k", "t", "p", "",
)  # fmt: skip
# Surnames with spellings that no system gives.
_SURNAMES = {
    "이": "lee yi i rhee ri rhie", "리": "ri lee li", "박": "park pak bak", "최": "choi choe", "임": "lim im rim yim",
    "유": "yoo yu you ryu", "류": "ryu yoo yu", "우": "woo u wu", "오": "oh o", "노": "noh no roh ro", "로": "ro roh",
    "신": "shin sin", "양": "yang ryang", "량": "ryang", "서": "seo suh so", "정": "jung jeong chung jong chong cheong",
    "조": "cho jo", "전": "jeon jun chun jon chon", "심": "shim sim", "태": "thae tae", "김": "kim gim",
    "강": "kang gang",
    "문": "moon mun", "구": "koo gu ku", "윤": "yoon yun youn", "안": "ahn an", "여": "yeo lyo", "려": "ryo",
}  # fmt: skip


# Further surnames, written as the tables above give them.
_OTHER_SURNAMES = (
    "한 오 서 신 권 황 안 송 홍 고 손 배 백 허 남 노 하 곽 성 차 주 우 민 진 지 엄 채 원 천 방 공 현 함 변 염 석 "
    "선 설 마 길 연 위 표 명 기 반 라 나 왕 금 옥 육 인 맹 제 모 탁 국 어 은 편 용 계 리 김 정 조 장 렴 림 련"
)
_FREQUENT_FINALS = (0, 1, 4, 8, 16, 17, 21)


def surname_writings() -> dict[str, tuple[str, ...]]:
    """Surnames of one syllable with their Latin writings."""
    chars = dict.fromkeys((*_SURNAMES, *_OTHER_SURNAMES.split()))
    return {char: hangul_readings(char, surname=True) for char in chars}


def syllables() -> list[str]:
    """The syllables that occur in names: without the rare final consonants."""
    return [
        chr(_BASE + initial * 21 * 28 + vowel * 28 + final)
        for initial in range(len(_INITIALS))
        for vowel in range(len(_VOWELS))
        for final in _FREQUENT_FINALS
    ]


def is_hangul(char: str) -> bool:
    """A whole syllable block."""
    return _BASE <= ord(char) <= _LAST


@lru_cache(maxsize=12_000)
def hangul_readings(char: str, *, surname: bool = False) -> tuple[str, ...]:
    """Latin writings of a syllable (Revised, McCune-Reischauer without marks, passport habits): `은` -> eun, un."""
    code = ord(char) - _BASE
    initial, rest = divmod(code, 21 * 28)
    vowel, final = divmod(rest, 28)
    parts = (_INITIALS[initial].split() or [""], _VOWELS[vowel].split(), _FINALS[final].split() or [""])
    own = _SURNAMES.get(char, "").split() if surname else []
    return tuple(dict.fromkeys((*own, *("".join(chosen) for chosen in product(*parts)))))
