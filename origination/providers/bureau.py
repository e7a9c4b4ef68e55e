"""Credit bureaus: the protocol, a provider that reads files dropped in, and a marked demonstration provider.

Nothing is asked without evidence of the applicant's consent. A provider that cannot answer, or answers nonsense,
raises ProviderUnavailable; the case then waits, it never goes on without a report.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from core.domain.errors import InvalidInput, NotAllowed, ProviderUnavailable
from core.domain.fact import FactType, FactValue, Source
from core.domain.facts import CATALOGUE, facts_from_json
from core.domain.texts import Text

REPORT_BYTES_MAX = 1_000_000
_SAFE_NAME = re.compile(r"[A-Za-z0-9_-]{3,40}")


@dataclass(frozen=True, slots=True)
class BureauSubject:
    """Who is asked about: segment consumer or sme, and the identity as checked."""

    segment: str
    name: str
    identity_kind: str
    identity_number: str = field(repr=False)
    birth_on: date | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class ConsentEvidence:
    """The consent that allows the query."""

    consent_id: UUID
    agreed_at: datetime
    text_sha256: str


@dataclass(frozen=True, slots=True)
class BureauReport:
    """What the bureau knows. `found` False: it knows nobody of that identity, and `facts` is empty."""

    provider: str
    is_demo: bool
    reference: str | None
    found: bool
    facts: Mapping[str, FactValue]
    raw: str

    @property
    def sha256(self) -> str:
        """The hash of the raw answer."""
        return hashlib.sha256(self.raw.encode()).hexdigest()


class BureauProvider(Protocol):
    """A source of credit reports. Raises ProviderUnavailable when it cannot answer now."""

    @property
    def name(self) -> str:
        """The source, as it is kept beside its reports."""

    def query(self, subject: BureauSubject, consent: ConsentEvidence) -> BureauReport:
        """The report on the subject. Raises ProviderUnavailable; NotAllowed without consent."""


def require_consent(consent: ConsentEvidence | None) -> ConsentEvidence:
    """Raises NotAllowed without evidence of consent."""
    if consent is None:
        raise NotAllowed(Text("The applicant has not agreed to a bureau query"))
    return consent


def read_bureau_facts(raw: Mapping[str, Any], segment: str, *, where: str) -> dict[str, FactValue]:
    """Typed bureau facts of that segment. Raises ProviderUnavailable naming file and field for anything else."""
    wrong = [
        name
        for name in raw
        if name not in CATALOGUE
        or CATALOGUE[name].source is not Source.BUREAU
        or segment not in CATALOGUE[name].segments
    ]
    if wrong:
        raise ProviderUnavailable(f"{where}: {', '.join(sorted(wrong))} is no bureau fact of a {segment} report")
    try:
        facts = facts_from_json(raw)
    except InvalidInput as refused:
        raise ProviderUnavailable(f"{where}: {refused.message}") from None
    for name, value in facts.items():
        entry = CATALOGUE[name]
        if entry.choices and all(choice.value != value for choice in entry.choices):
            raise ProviderUnavailable(f"{where}: {value!r} is not a value of {name}")
        if entry.type is FactType.INTEGER and isinstance(value, int) and value < 0:
            raise ProviderUnavailable(f"{where}: {name} is negative")
    return facts


@dataclass(frozen=True, slots=True)
class FileBureau:
    """Reports dropped into a folder: `<identity number>.json` with {"reference", "facts"}, or any `*.csv` with a column
    `identity_number` and one column per bureau fact."""

    folder: Path
    name: str = "file"

    def query(self, subject: BureauSubject, consent: ConsentEvidence | None) -> BureauReport:
        """The report of that identity number; not found when no file has it."""
        require_consent(consent)
        number = re.sub(r"[\s.-]", "", subject.identity_number).upper()
        if not _SAFE_NAME.fullmatch(number):
            return self._nobody()
        found = self._from_json(number, subject.segment)
        return found or self._from_csv(number, subject.segment) or self._nobody()

    def _nobody(self) -> BureauReport:
        return BureauReport(self.name, is_demo=False, reference=None, found=False, facts={}, raw="{}")

    def _read(self, path: Path) -> str:
        try:
            if path.stat().st_size > REPORT_BYTES_MAX:
                raise ProviderUnavailable(f"{path.name}: a report has at most {REPORT_BYTES_MAX} bytes")
            return path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise ProviderUnavailable(f"{path.name} cannot be read: {type(error).__name__}") from error

    def _from_json(self, number: str, segment: str) -> BureauReport | None:
        path = self.folder / f"{number}.json"
        if not path.exists():
            return None
        text = self._read(path)
        try:
            raw = json.loads(text)
            facts, reference = dict(raw["facts"]), str(raw.get("reference", path.stem[-4:]))
        except (ValueError, TypeError, KeyError) as error:
            raise ProviderUnavailable('A bureau report must be {"reference": ..., "facts": {...}}') from error
        typed = read_bureau_facts(facts, segment, where="bureau report")
        return BureauReport(self.name, is_demo=False, reference=reference, found=True, facts=typed, raw=text)

    def _from_csv(self, number: str, segment: str) -> BureauReport | None:
        for path in sorted(self.folder.glob("*.csv")):
            lines = csv.DictReader(self._read(path).splitlines())
            if lines.fieldnames is None or "identity_number" not in lines.fieldnames:
                raise ProviderUnavailable(f"{path.name} has no column identity_number")
            for row in lines:
                if re.sub(r"[\s.-]", "", row["identity_number"] or "").upper() == number:
                    return self._csv_report(path, row, segment)
        return None

    def _csv_report(self, path: Path, row: Mapping[str, str | None], segment: str) -> BureauReport:
        given = {name: text.strip() for name, text in row.items() if name and isinstance(text, str) and text.strip()}
        reference = given.pop("reference", None)
        given.pop("identity_number")
        raw: dict[str, Any] = {}
        for name, text in given.items():
            entry = CATALOGUE.get(name)
            whole = entry is not None and entry.type in {FactType.INTEGER, FactType.ORDINAL}
            if whole and not re.fullmatch(r"\d{1,9}", text):
                raise ProviderUnavailable(f"{path.name}: {text!r} in column {name} is not a whole number")
            raw[name] = int(text) if whole else text
        facts = read_bureau_facts(raw, segment, where=path.name)
        text = json.dumps({"reference": reference, "facts": raw}, ensure_ascii=False, sort_keys=True)
        return BureauReport(self.name, is_demo=False, reference=reference, found=True, facts=facts, raw=text)


@dataclass(frozen=True, slots=True)
class DemoBureau:
    """Invented reports for demonstrations, the same for the same identity number; marked as such wherever shown.

    About 70 of 100 are clean, 20 have a blemish, 10 are bad.
    """

    name: str = "demo"

    def query(self, subject: BureauSubject, consent: ConsentEvidence | None) -> BureauReport:
        """A report drawn from the hash of the identity number."""
        require_consent(consent)
        draw = hashlib.sha256(f"bureau:{subject.identity_number}".encode()).digest()
        raw = _demo_facts(draw, subject.segment)
        reference = f"DEMO-{draw.hex()[:8].upper()}"
        text = json.dumps({"reference": reference, "facts": raw, "demo": True}, sort_keys=True)
        facts = read_bureau_facts(raw, subject.segment, where="demo bureau")
        return BureauReport(self.name, is_demo=True, reference=reference, found=True, facts=facts, raw=text)


def _demo_facts(draw: bytes, segment: str) -> dict[str, Any]:
    share = draw[0] * 100 // 256
    if share < 70:
        raw = {"delinquencies_24m": 0, "inquiries_6m": draw[1] % 3, "worst_dpd_24m": 0}
    elif share < 90:
        raw = {"delinquencies_24m": 1 + draw[2] % 3, "inquiries_6m": draw[1] % 6, "worst_dpd_24m": 5 + draw[3] % 40}
    else:
        raw = {
            "delinquencies_24m": 4 + draw[2] % 6,
            "inquiries_6m": 3 + draw[1] % 6,
            "worst_dpd_24m": 60 + draw[3] % 90,
        }
    facts: dict[str, Any] = {f"bureau_{name}": value for name, value in raw.items()}
    if segment == "consumer":
        good = (4, 4, 2, 3) if share < 70 else (2, 3, 2, 1)
        facts["credit_history"] = good[draw[4] % 4] if share < 90 else draw[4] % 2
        facts["other_plans"] = "none" if draw[5] < 210 else ("bank", "stores")[draw[5] % 2]
    return facts


@dataclass(frozen=True, slots=True)
class NoBureau:
    """No bureau is connected: every query fails, so that cases wait for a person."""

    name: str = "none"

    def query(self, subject: BureauSubject, consent: ConsentEvidence | None) -> BureauReport:  # noqa: ARG002
        """Raises ProviderUnavailable."""
        require_consent(consent)
        raise ProviderUnavailable(Text("No credit bureau is connected"))


@dataclass(frozen=True, slots=True)
class FirstFound:
    """Asks one provider after the other until one knows the subject."""

    providers: tuple[BureauProvider, ...]
    name: str = "first_found"

    def query(self, subject: BureauSubject, consent: ConsentEvidence | None) -> BureauReport:
        """The first report that was found, else the last answer."""
        evidence = require_consent(consent)
        report = self.providers[0].query(subject, evidence)
        for provider in self.providers[1:]:
            if report.found:
                break
            report = provider.query(subject, evidence)
        return report


def choose_bureau(instance: Path, *, demo_allowed: bool) -> BureauProvider:
    """Files in `instance/bureau` first; invented reports after them where demonstrations are allowed, else nobody."""
    folder = instance / "bureau"
    files: tuple[BureauProvider, ...] = (FileBureau(folder),) if folder.is_dir() else ()
    last: tuple[BureauProvider, ...] = (DemoBureau(),) if demo_allowed else ()
    providers = files + last
    return FirstFound(providers) if providers else NoBureau()
