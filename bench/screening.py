"""Quality and speed of name screening beside rapidfuzz's token-sort ratio (and nomenklatura, when it is installed).

    python -m bench.screening [--names 80000] [--seconds 60] [--data FOLDER]

Quality is measured on the public pairs of origination/reference/screening_pairs.psv. They were read while the matcher
was written, so the figure is an upper bound for unseen names, not a forecast. Speed is measured on a list grown to the
wanted size by recombining the words of the shipped sample: names of its words, each with words the index has not met
before, of the commonest words, of Arabic words nobody has met, and ordinary people by language. The share of these that
alert is counted on the list as it is.
With --data (a folder with list files) the aliases of each entry are compared with its main name, by how alike their
letters are, and beside them the nearest names of other entries: recall per class, and alerts on different entries.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import time
from collections import Counter
from pathlib import Path

from rapidfuzz import fuzz, process

from bench.ordinary_names import ordinary_people
from origination.domain.screening import lexicon
from origination.domain.screening.index import ScreeningIndex
from origination.domain.screening.match import match_pair
from origination.domain.screening.party import ListedEntry, ListedName, PartyKind, ScreenedParty
from origination.domain.screening.screen import screen_party
from origination.providers.index_store import pack_index, unpack_index
from origination.providers.sanctions import load_files

ROOT = Path(__file__).resolve().parent.parent
KIND = {"p": PartyKind.PERSON, "c": PartyKind.COMPANY}


def pairs() -> list[tuple[PartyKind, str, str, bool]]:
    lines = (ROOT / "origination/reference/screening_pairs.psv").read_text(encoding="utf-8").splitlines()
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
    for kind in PartyKind:  # tables are read on first use
        match_pair("Warm Upp", "Warm Up Ltd", kind)
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

    def score(number: int, kind: PartyKind, *names: str) -> float:
        sides = []
        for key, text in zip("ab", names, strict=True):
            entity = model.make_entity("Person" if kind is PartyKind.PERSON else "Company")
            entity.id = f"{key}{number}"  # comparisons are remembered by these
            entity.add("name", text)
            sides.append(entity)
        return float(LogicV2.compare(*sides, ScoringConfig.defaults()).score)

    for kind in PartyKind:  # tables are read on first use
        score(-1, kind, "Warm Upp", "Warm Up Ltd")
    started = time.process_time()
    alerts = [score(number, kind, query, listed) >= 0.7 for number, (kind, query, listed, _) in enumerate(found)]
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
    return " ".join(word if random.random() < 0.7 else _turned(word) for word in words)


def _turned(word: str) -> str:
    """A word that nobody has met; a comma behind it stays there."""
    bare = word.rstrip(",")
    return bare[:1] + bare[1:][::-1] + word[len(bare) :]


def aliases(folder: Path) -> None:
    """Recall on the aliases of real lists, and alerts on the nearest names of other entries."""
    loaded = load_files([path for path in sorted(folder.iterdir()) if path.suffix in {".csv", ".xml"}])
    for one in loaded:
        for kind in PartyKind:
            entries = [entry for entry in one.entries if entry.kind is kind and not entry.subtype]
            print(f"\n{one.name}, {kind.value}")
            found = [(n.text, e.names[0].text) for e in entries for n in e.names[1:] if not n.weak]
            for least, most in ((85, 101), (70, 85), (55, 70)):
                chosen = [(a, b) for a, b in found if least <= fuzz.token_sort_ratio(a.lower(), b.lower()) < most]
                hits = sum(match_pair(a, b, kind).alert for a, b in chosen)
                if chosen:
                    print(f"  aliases, token-sort {least} to {most - 1}: {hits} of {len(chosen)} found")
            _neighbours([(e.entry_id, n.text) for e in entries for n in e.names if not n.weak], kind)


def _neighbours(names: list[tuple[str, str]], kind: PartyKind) -> None:
    random.seed(20260302)
    lower = [text.lower() for _, text in names]
    alerts = pairs_seen = 0
    for at in random.sample(range(len(names)), min(300, len(names))):
        near = process.extract(lower[at], lower, scorer=fuzz.token_sort_ratio, limit=8, score_cutoff=65)
        for _, _, other in near:
            if names[other][0] != names[at][0] and lower[other] != lower[at]:
                pairs_seen += 1
                alerts += match_pair(names[at][1], names[other][1], kind).alert
    print(f"  nearest names of other entries: {alerts} of {pairs_seen} alert (some are the same people listed twice)")


def speed(names: int, seconds: float) -> None:
    entries = grown(names)
    started = time.process_time()
    index = ScreeningIndex(entries)
    built = time.process_time() - started
    data = pack_index(index)
    started = time.process_time()
    unpack_index(data, entries)
    loaded = time.process_time() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\n{len(index)} names indexed in {built:.1f} s of processor time, {memory:.0f} MB")
    print(f"kept in {len(data) / 1e6:.1f} MB, loaded again in {loaded:.1f} s")
    for name in ("Abdul Karim", "王强", "محمد"):  # tables are read on first use
        screen_party(index, ScreenedParty((name,), PartyKind.PERSON))
    for kind in PartyKind:
        pool = [form.text for form in index.forms(kind)]
        _timed(index, f"{kind.value}, words of the list", [_mixed(pool) for _ in range(400)], kind, seconds / 4)
    for label, names in (("commonest words", common_words(200)), ("unseen Arabic words", unseen_arabic(200))):
        _timed(index, f"person, {label}", names, PartyKind.PERSON, seconds / 12)
    people = ordinary_people(2_400)
    for language in dict.fromkeys(language for language, _ in people):
        names = list(dict.fromkeys(name for other, name in people if other == language))
        _timed(index, f"person, {language}", names, PartyKind.PERSON, seconds / 24)


def common_words(count: int) -> list[str]:
    """Names of two to four of the words that most listed names share."""
    random.seed(20260302)
    words = sorted(word for word in lexicon.commonest() if word.isascii())
    return [" ".join(random.choices(words, k=random.choice((2, 3, 4)))) for _ in range(count)]


def unseen_arabic(count: int) -> list[str]:
    """Names of two to four words in Arabic letters that no list has: letters at random."""
    random.seed(20260302)

    def word() -> str:
        return "".join(random.choices("ابتثجحخدذرزسشصضطظعغفقكلمنهوي", k=random.randint(3, 6)))

    return [" ".join(word() for _ in range(random.choice((2, 3, 4)))) for _ in range(count)]


def _timed(index: ScreeningIndex, label: str, names: list[str], kind: PartyKind, seconds: float) -> None:
    spent: list[float] = []
    for name in names:
        started = time.process_time()
        screen_party(index, ScreenedParty((name,), kind))
        spent.append(time.process_time() - started)
        if sum(spent) > seconds:
            break
    cuts = statistics.quantiles(spent, n=20)
    middle, late = cuts[9] * 1000, cuts[18] * 1000
    print(f"{label}: {len(spent)} names, p50 {middle:.1f} ms, p95 {late:.1f} ms of processor time")


def ordinary(folder: Path, count: int) -> None:
    """How many of so many ordinary people the real list alerts, without any date of birth."""
    files = sorted(path for path in folder.iterdir() if path.suffix in {".csv", ".xml"})
    index = ScreeningIndex(entry for one in load_files(files) for entry in one.entries)
    people = ordinary_people(count)
    counted: Counter[str] = Counter()
    for language, name in people:
        counted[language] += bool(screen_party(index, ScreenedParty((name,), PartyKind.PERSON)))
    total = sum(counted.values())
    by_language = ", ".join(f"{language} {number}" for language, number in counted.most_common(6))
    print(
        f"\n{total} of {count} ordinary people ({total / count:.2%}) alert on {len(index)} listed names: {by_language}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--names", type=int, default=80_000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--data", type=Path, help="a folder with list files")
    parser.add_argument("--people", type=int, default=12_000)
    options = parser.parse_args()
    compare()
    if options.data:
        aliases(options.data)
    ordinary(options.data or ROOT / "origination/reference/ofac_sample", options.people)
    speed(options.names, options.seconds)
