"""A distance between folded words in which letters that transcriptions exchange cost less than others."""

from __future__ import annotations

from functools import lru_cache

_NEAR = {
    "hk": 0.35, "gk": 0.4, "gh": 0.4, "gj": 0.4, "jz": 0.4, "sS": 0.35, "cS": 0.35, "ck": 0.6, "cs": 0.4, "ct": 0.5,
    "cj": 0.3, "bv": 0.5, "fv": 0.5, "bp": 0.45, "dt": 0.45, "dz": 0.35, "st": 0.45, "sz": 0.35, "uv": 0.3, "ij": 0.35, "cz": 0.3,
    "ai": 0.45, "au": 0.6, "iu": 0.6, "mn": 0.75, "lr": 0.85, "zS": 0.6, "jS": 0.6,
}  # fmt: skip
_COST = {pair[0] + pair[1]: cost for pair, cost in _NEAR.items()} | {
    pair[1] + pair[0]: cost for pair, cost in _NEAR.items()
}
_LOOSE = {"a": 0.4, "i": 0.4, "u": 0.4, "h": 0.45, "v": 0.7, "j": 0.7}
_SWAP = 0.7


@lru_cache(maxsize=300_000)
def sound_distance(one: str, other: str) -> float:
    """Least cost of turning one folded word into the other: vowels and h come and go cheaply, k may be h, d may be z."""
    previous: list[float] = []
    row = [0.0]
    for char in other:
        row.append(row[-1] + _LOOSE.get(char, 1.0))
    for i, a in enumerate(one):
        gone = _LOOSE.get(a, 1.0)
        following = [row[0] + gone]
        for j, b in enumerate(other):
            if a == b:
                cost = row[j]
            else:
                cost = row[j] + _COST.get(a + b, 1.0)
                cost = min(cost, row[j + 1] + gone, following[j] + _LOOSE.get(b, 1.0))
                if i and j and a == other[j - 1] and b == one[i - 1]:
                    cost = min(cost, previous[j - 1] + _SWAP)
            following.append(cost)
        previous, row = row, following
    return row[-1]
