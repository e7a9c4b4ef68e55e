"""Names of foreigners in Chinese characters: 弗拉基米尔·普京 is Vladimir Putin.

Such a writing keeps the consonants of the name, roughly: a syllable stands for a consonant and its vowel, voiced and
voiceless are not told apart, `j` and `q` also stand for t and k before i, an `r` before a consonant is dropped.
So each part becomes a pattern over classes of consonants, and a Latin word is read as its classes.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import permutations

from origination.domain.screening.fold import Spelling, spell
from origination.domain.screening.han import double_surnames, is_surname, mandarin, simplify

DOTS = frozenset("·・•‧･∙⋅.．")
_CLASSES = str.maketrans({
    "b": "P", "p": "P", "f": "F", "v": "F", "m": "M", "n": "N", "l": "L", "r": "L", "t": "T", "d": "T", "k": "K",
    "g": "K", "s": "S", "S": "S", "z": "S", "c": "S", "j": "S", "h": None, "a": None, "i": None, "u": None,
})  # fmt: skip
_INITIALS = {
    "zh": "[ST]", "ch": "[ST]", "sh": "K?S", "b": "P", "p": "P", "m": "M", "f": "F", "d": "T", "t": "T", "n": "[NL]",
    "l": "L", "g": "K", "k": "K", "h": "[KF]?", "j": "[KST]", "q": "[KST]", "x": "[SK]?", "r": "[LS]", "z": "[ST]",
    "c": "[ST]", "s": "S", "w": "F?", "y": "S?",
}  # fmt: skip
# Characters that the tables of transcription use for sounds; other names of four characters are Chinese or Japanese.
_SOUNDS = frozenset(
    "阿艾爱安昂奥敖巴芭白拜班邦包宝保贝本比彼毕边别宾波玻伯博勃布采蔡策查察昌楚茨慈达戴丹当道德登邓迪底蒂狄丁东杜杰多朵顿"
    "厄恩尔耳法凡范方菲费芬丰佛弗夫福富伽盖甘冈高戈哥格葛根贡古瓜圭果哈海汉豪赫黑亨洪胡华怀惠霍基吉季加佳贾简江金津京喀卡凯"
    "坎康考柯科可克肯孔库夸魁昆拉莱赖兰朗劳勒雷累黎里李丽利莉琳林龙隆娄卢鲁露吕伦罗洛马玛迈麦曼芒毛梅门蒙孟米密明缪莫墨默姆"
    "木穆纳娜乃奈南瑙内尼宁纽努诺欧帕派潘庞培佩彭蓬皮匹平珀坡普其齐奇恰契钱乔切钦琴青琼丘屈热仁日荣茹儒瑞若撒萨塞赛三桑瑟森"
    "沙莎山尚绍舍申圣施什史士舒斯思丝松苏素孙索塔泰坦汤唐陶特滕提田铁廷汀通图吐托瓦万旺威韦维卫温文翁沃乌武西希锡席夏香肖谢辛"
    "欣兴休许雄逊雅亚延扬杨耀耶叶伊衣依宜因英尤约宰赞泽曾扎詹章哲者珍治朱兹孜祖佐埃坚强依娃茵妮妲黛薇蕾萝娅弥敏绮戎谭韩滋札达"
    "穆罕默德侯赛因本拉登萨达姆卡扎菲哈桑尼鲁"
)
_CONSONANTS_MIN = 3
_WORDS_MAX = 5
_CHARACTERS_MAX = 30


def parts_of(cleaned: str, han: str) -> tuple[str, ...]:
    """The parts of a foreigner's name in characters; empty when it can be a Chinese name.

    `cleaned` is the name with its dots, `han` its characters alone.
    """
    if len(han) > _CHARACTERS_MAX:
        return ()
    plain = simplify(han)
    split = tuple(part for part in re.split(r"[^㐀-鿿]+", simplify(cleaned)) if part)
    if len(split) > 1 and any(char in DOTS for char in cleaned) and len(plain) >= 4:
        return split
    foreign = _SOUNDS.issuperset(plain)
    if foreign and (
        len(plain) >= 5 or (len(plain) == 4 and plain[:2] not in double_surnames() and not is_surname(plain[0]))
    ):
        return (plain,)
    return ()


@lru_cache(maxsize=20_000)
def _syllable(char: str) -> str:
    reading = (mandarin(char) or ("",))[0]
    if reading == "er":
        return "L"
    initial = next((i for i in ("zh", "ch", "sh", *"bpmfdtnlgkhjqxrzcswy") if reading.startswith(i)), "")
    coda = "[NM]?" if reading.endswith("ng") else "[NM]" if reading.endswith("n") else ""
    return _INITIALS.get(initial, "") + coda + "L?"


@lru_cache(maxsize=20_000)
def pattern(part: str) -> re.Pattern[str]:
    """The classes of consonants that a Latin word of this part may have."""
    return re.compile("L?" + "".join(_syllable(char) for char in part))


def begins_with(part: str, first: str) -> bool:
    """Whether a Latin word of this part may begin with that class of consonant (vowels before it do not count)."""
    letters = _syllable(part[0]) + (_syllable(part[1]) if len(part) > 1 else "")
    return first == "L" or first in letters


@lru_cache(maxsize=100_000)
def classes(word: str) -> str:
    """`vladimir` -> FLTML; a class is not repeated."""
    return classes_of(spell(word))


def classes_of(spelling: Spelling) -> str:
    """As `classes`, of a word whose spelling is known."""
    return re.sub(r"(.)\1+", r"\1", spelling.fold.translate(_CLASSES))


def reads_as(part: str, word: str) -> bool:
    """Whether a Latin word can be what the characters stand for."""
    found = classes(word)
    return bool(found) and len(found) >= len(part) / 2 - 1 and pattern(part).fullmatch(found) is not None


def similarity(parts: tuple[str, ...], words: tuple[str, ...]) -> float:
    """0 to 0.9: each part must be read as a word of its own; words left over cost as in person.py."""
    words = tuple(word for word in words if len(word) > 1)[:_WORDS_MAX]
    if not words or sum(len(classes(word)) for word in words) < _CONSONANTS_MIN:
        return 0.0
    if len(parts) == 1:
        joined = ("".join(order) for order in permutations(words)) if len(words) <= 3 else ("".join(words),)
        return 0.85 if any(reads_as(parts[0], word) and len(classes(word)) > 3 for word in joined) else 0.0
    if len(parts) > len(words):
        return 0.0
    for chosen in permutations(words, len(parts)):
        if all(reads_as(part, word) for part, word in zip(parts, chosen, strict=True)):
            read = sum(len(classes(word)) for word in chosen)
            left = len(words) - len(parts)
            return 0.9 * len(parts) / (len(parts) + 0.2 * left) if read > _CONSONANTS_MIN else 0.6
    return 0.0
