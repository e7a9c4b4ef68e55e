"""Quality and speed of name screening beside rapidfuzz's token-sort ratio (and nomenklatura, when it is installed).

    python -m bench.screening [--names 80000] [--seconds 60]

Quality is measured on the public pairs of tests/origination/kyc/public_pairs.psv. They were read while the matcher was
written, so the figure is an upper bound for unseen names, not a forecast. Speed is measured on a list grown to the
wanted size by recombining the words of the shipped sample, each query with words the index has not met before.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import time
from pathlib import Path

from rapidfuzz import fuzz

from origination.domain.screening.index import ScreeningIndex
from origination.domain.screening.match import match_pair
from origination.domain.screening.party import ListedEntry, ListedName, PartyKind, ScreenedParty
from origination.domain.screening.screen import screen_party
from origination.providers.sanctions import load_files

ROOT = Path(__file__).resolve().parent.parent
KIND = {"p": PartyKind.PERSON, "c": PartyKind.COMPANY}


def pairs() -> list[tuple[PartyKind, str, str, bool]]:
    lines = (ROOT / "tests/origination/kyc/public_pairs.psv").read_text(encoding="utf-8").splitlines()
    split = (line.split("|") for line in lines if line and not line.startswith("#"))
    return [(KIND[kind], query, listed, wanted == "1") for kind, query, listed, wanted in split]


def quality(name: str, alerts: list[bool], wanted: list[bool], milliseconds: float) -> None:
    right = sum(a and w for a, w in zip(alerts, wanted, strict=True))
    precision, recall = right / max(sum(alerts), 1), right / sum(wanted)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    print(f"{name:<28} precision {precision:.3f}  recall {recall:.3f}  F1 {f1:.3f}  {milliseconds:.3f} ms a pair")


def compare() -> None:
    found = pairs()
    wanted = [w for *_, w in found]
    print(f"{len(found)} public pairs, {sum(wanted)} of them the same party")
    match_pair("warm", "up", PartyKind.PERSON)
    started = time.process_time()
    own = [match_pair(query, listed, kind).alert for kind, query, listed, _ in found]
    quality("this matcher", own, wanted, (time.process_time() - started) / len(found) * 1000)
    started = time.process_time()
    ratios = [fuzz.token_sort_ratio(query.lower(), listed.lower()) for _, query, listed, _ in found]
    spent = (time.process_time() - started) / len(found) * 1000
    best = max(range(60, 100), key=lambda cut: _f1([ratio >= cut for ratio in ratios], wanted))
    quality(f"token-sort ratio >= {best}", [ratio >= best for ratio in ratios], wanted, spent)
    _nomenklatura(found, wanted)


def _f1(alerts: list[bool], wanted: list[bool]) -> float:
    right = sum(a and w for a, w in zip(alerts, wanted, strict=True))
    return 2 * right / (sum(alerts) + sum(wanted))


def _nomenklatura(found: list[tuple[PartyKind, str, str, bool]], wanted: list[bool]) -> None:
    try:
        from followthemoney import model
        from nomenklatura.matching import LogicV2, ScoringConfig
    except ImportError:
        print("nomenklatura is not installed (bench/requirements.txt); left out")
        return
    alerts = []
    started = time.process_time()
    for kind, query, listed, _ in found:
        schema = "Person" if kind is PartyKind.PERSON else "Company"
        sides = []
        for key, text in (("a", query), ("b", listed)):
            entity = model.make_entity(schema)
            entity.id = key
            entity.add("name", text)
            sides.append(entity)
        alerts.append(LogicV2.compare(*sides, ScoringConfig.defaults()).score >= 0.7)
    quality("nomenklatura logic-v2", alerts, wanted, (time.process_time() - started) / len(found) * 1000)


def grown(names: int) -> list[ListedEntry]:
    loaded = load_files(sorted((ROOT / "origination/reference/ofac_sample").glob("*.csv")))
    entries = [entry for one in loaded for entry in one.entries if not entry.subtype]
    pools = {kind: [name.text for entry in entries if entry.kind is kind for name in entry.names] for kind in PartyKind}
    random.seed(20260302)
    count = sum(len(entry.names) for entry in entries)
    while count < names:
        kind = PartyKind.PERSON if random.random() < 0.6 else PartyKind.COMPANY
        aliases = tuple(ListedName(_mixed(pools[kind])) for _ in range(4))
        entries.append(ListedEntry("grown", str(len(entries)), kind, aliases))
        count += 4
    return entries


def _mixed(pool: list[str]) -> str:
    one, other = random.choice(pool).split(), random.choice(pool).split()
    words = one[: max(1, len(one) // 2)] + other[len(other) // 2 :]
    return " ".join(word if random.random() < 0.7 else word[:1] + word[1:][::-1] for word in words)


def speed(names: int, seconds: float) -> None:
    entries = grown(names)
    started = time.process_time()
    index = ScreeningIndex(entries)
    built = time.process_time() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\n{len(index)} names indexed in {built:.1f} s of processor time, {memory:.0f} MB")
    for kind in PartyKind:
        pool = [form.text for form in index.forms if (form.person is not None) == (kind is PartyKind.PERSON)]
        spent: list[float] = []
        while len(spent) < 400 and sum(spent) < seconds / 2:
            party = ScreenedParty((_mixed(pool),), kind)
            started = time.process_time()
            screen_party(index, party)
            spent.append(time.process_time() - started)
        cuts = statistics.quantiles(spent, n=20)
        middle, late = cuts[9] * 1000, cuts[18] * 1000
        print(f"{kind.value}: {len(spent)} names, p50 {middle:.1f} ms, p95 {late:.1f} ms of processor time")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--names", type=int, default=80_000)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    compare()
    speed(options.names, options.seconds)
