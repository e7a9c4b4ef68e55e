"""The Specially Designated Nationals list of the US Treasury: the CSV files sdn, alt and add, and the classic XML."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from xml.etree.ElementTree import Element

from core.domain.errors import InvalidInput
from core.domain.texts import Text
from origination.domain.screening.birth import Birth, parse_birth
from origination.domain.screening.party import ListedEntry, ListedName, PartyKind
from origination.providers.sanctions_xml import parse_tree

LIST_NAME = "OFAC SDN"
_COLUMNS = {"sdn": 12, "alt": 5, "add": 6}
_NULL = "-0-"
_BIRTH = re.compile(r"(?:alt\. )?DOB ([^;]+)")
_WEAK = re.compile(r"(?:a|f|n)\.k\.a\. '([^']+)'")
_COUNTRY = re.compile(r"(?:alt\. )?(?:nationality|citizen|Nationality|Citizen) ([A-Z][A-Za-z ,]+)")
_IDENTIFIER = re.compile(
    r"(?:alt\. )?((?:Passport|SSN|NIT #?|Cedula No\.|Tax ID No\.|National ID No\.|Identification Number|"
    r"Registration ID|Registration Number|Business Registration Number|Company Number|Commercial Registry Number|"
    r"C\.U\.R\.P\.|R\.F\.C\.|"
    r"RUC #|D\.N\.I\.|V\.A\.T\. Number|D-U-N-S Number|Legal Entity Number|Vessel Registration Identification IMO|"
    r"Unified Social Credit Code \(USCC\)|Government Gazette Number|Birth Certificate Number|Driver's License No\.|"
    r"Cartilla de Servicio Militar Nacional|Stateless Person ID Card|Residency Number|Matricula Mercantil No|RIF #|"
    r"Enterprise Number|Economic Register Number \(CBLS\)|Organization Code|Tax ID No|Trade License No\.|SWIFT/BIC))"
    r" ?#?([A-Z0-9][A-Z0-9\-/. ]{3,}[A-Z0-9])(?: \(([^)]+)\))?"
)


def csv_form(text: str) -> str | None:
    """ "sdn", "alt" or "add" when the first line has that file's columns (there is no header), else None."""
    first = next(csv.reader(io.StringIO(text[:20_000])), [])
    if not first or not first[0].strip().isdigit():
        return None
    if len(first) == _COLUMNS["sdn"]:
        return "sdn"
    if len(first) == _COLUMNS["alt"] and first[2].strip() in {"aka", "fka", "nka"}:
        return "alt"
    return "add" if len(first) == _COLUMNS["add"] else None


def _rows(name: str, text: str, form: str) -> Iterator[list[str]]:
    """The rows; the last line of the published file is a lone control-Z. Refuses a row that was cut."""
    body = text.replace("\x1a", "").rstrip("\0 \r\n")
    if body.count('"') % 2:
        raise InvalidInput({name: Text("The file ends in the middle of a line: it was not written to its end")})
    for number, row in enumerate(csv.reader(io.StringIO(body)), start=1):
        if not row:
            continue
        if len(row) != _COLUMNS[form] or not row[0].strip().isdigit():
            raise InvalidInput(
                {
                    name: Text(
                        "Line {number} has {found} columns instead of {wanted}: the file is damaged or was cut off",
                        number=number, found=len(row), wanted=_COLUMNS[form],
                    )
                }
            )  # fmt: skip
        yield ["" if cell.strip() == _NULL else cell.strip() for cell in row]


def parse_csv(texts: dict[str, tuple[str, str]]) -> list[ListedEntry]:
    """`texts` maps "sdn" (required), "alt", "add" to (file name, content). Raises InvalidInput for a damaged file."""
    aliases: dict[str, list[ListedName]] = defaultdict(list)
    countries: dict[str, list[str]] = defaultdict(list)
    if "alt" in texts:
        for row in _rows(*texts["alt"], "alt"):
            if row[3]:
                aliases[row[0]].append(ListedName(row[3]))
    if "add" in texts:
        for row in _rows(*texts["add"], "add"):
            if row[4] and row[4] not in countries[row[0]]:
                countries[row[0]].append(row[4])
    out = []
    seen: set[str] = set()
    for row in _rows(*texts["sdn"], "sdn"):
        number, name, kind, programme, title, remarks = row[0], row[1], row[2], row[3], row[4], row[11]
        if number in seen:
            raise InvalidInput({texts["sdn"][0]: Text("Entry {number} stands in the file twice", number=number)})
        seen.add(number)
        if name:
            out.append(_entry(number, name, kind, programme, title, remarks, aliases[number], countries[number]))
    return out


def _entry(
    number: str, name: str, kind: str, programme: str, title: str, remarks: str, aliases: list[ListedName],
    countries: list[str],
) -> ListedEntry:  # fmt: skip
    weak = [ListedName(found, weak=True) for found in _WEAK.findall(remarks)]
    nations = [found.strip().rstrip(".") for found in _COUNTRY.findall(remarks)]
    party_kind = PartyKind.PERSON if kind == "individual" else PartyKind.COMPANY
    return ListedEntry(
        list_name=LIST_NAME,
        entry_id=number,
        kind=party_kind,
        names=(ListedName(name), *aliases, *weak),
        births=_births(remarks) if party_kind is PartyKind.PERSON else (),
        countries=tuple(dict.fromkeys((*countries, *nations))),
        identifiers=tuple((found[1].strip(), found[2].strip()) for found in _IDENTIFIER.finditer(remarks)),
        programme=programme,
        remarks="; ".join(part for part in (title, remarks) if part),
        subtype=kind if kind in {"vessel", "aircraft"} else "",
    )


def _births(remarks: str) -> tuple[Birth, ...]:
    found = (parse_birth(part) for part in _BIRTH.findall(remarks))
    return tuple(dict.fromkeys(birth for birth in found if birth))


def parse_xml(name: str, data: bytes) -> tuple[list[ListedEntry], date | None]:
    """The classic `sdn.xml`. Raises InvalidInput for a damaged file or a wrong record count."""
    root = parse_tree(name, data)
    out = [_xml_entry(node) for node in root.iter("sdnEntry")]
    edition, promised = None, None
    for node in root.iter("publshInformation"):
        promised = _text(node, "Record_Count")
        birth = parse_birth(_text(node, "Publish_Date"))
        if birth and birth.month and birth.day:
            # Publish_Date is month/day/year; parse_birth reads day first where it can
            parts = _text(node, "Publish_Date").split("/")
            edition = date(int(parts[2]), int(parts[0]), int(parts[1])) if len(parts) == 3 else None
    if promised and promised.isdigit() and int(promised) != len(out):
        raise InvalidInput(
            {name: Text("The file promises {promised} entries and has {found}", promised=promised, found=len(out))}
        )
    return out, edition


def _text(node: Element, tag: str) -> str:
    return (node.findtext(tag) or "").strip()


def _full_name(node: Element) -> str:
    last, first = _text(node, "lastName"), _text(node, "firstName")
    return f"{last}, {first}" if first else last


def _xml_entry(node: Element) -> ListedEntry:
    kind = _text(node, "sdnType").lower()
    names = [ListedName(_full_name(node))]
    names.extend(
        ListedName(_full_name(aka), weak=_text(aka, "category") == "weak")
        for aka in node.iter("aka")
        if _full_name(aka)
    )
    births = (parse_birth(_text(item, "dateOfBirth")) for item in node.iter("dateOfBirthItem"))
    countries = [_text(item, "country") for tag in ("address", "nationality", "citizenship") for item in node.iter(tag)]
    identifiers = ((_text(item, "idType"), _text(item, "idNumber")) for item in node.iter("id"))
    person = kind == "individual"
    return ListedEntry(
        list_name=LIST_NAME,
        entry_id=_text(node, "uid"),
        kind=PartyKind.PERSON if person else PartyKind.COMPANY,
        names=tuple(name for name in names if name.text),
        births=tuple(dict.fromkeys(birth for birth in births if birth)) if person else (),
        countries=tuple(dict.fromkeys(country for country in countries if country)),
        identifiers=tuple((kind_, number) for kind_, number in identifiers if number),
        programme=", ".join((item.text or "").strip() for item in node.iter("program")),
        remarks="; ".join(part for part in (_text(node, "title"), _text(node, "remarks")) if part),
        subtype=kind if kind in {"vessel", "aircraft"} else "",
    )
