"""The consolidated list of the United Nations Security Council in its own XML."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from xml.etree.ElementTree import Element

from origination.domain.screening.birth import Birth, parse_birth
from origination.domain.screening.party import ListedEntry, ListedName, PartyKind
from origination.providers.sanctions_xml import parse_tree

LIST_NAME = "UN Consolidated"


def parse_xml(name: str, data: bytes) -> tuple[list[ListedEntry], date | None]:
    """Individuals and entities with aliases, dates of birth, documents. Raises InvalidInput for a damaged file."""
    root = parse_tree(name, data)
    generated = (root.get("dateGenerated") or "")[:10]
    edition = date.fromisoformat(generated) if len(generated) == 10 else None
    out = [entry for node in root.iter("INDIVIDUAL") if (entry := _entry(node, PartyKind.PERSON))]
    out.extend(entry for node in root.iter("ENTITY") if (entry := _entry(node, PartyKind.COMPANY)))
    return out, edition


def _text(node: Element, tag: str) -> str:
    return " ".join((node.findtext(tag) or "").split())


def _entry(node: Element, kind: PartyKind) -> ListedEntry | None:
    names = tuple(dict.fromkeys(_names(node, kind)))
    if not names:
        return None
    prefix = "INDIVIDUAL" if kind is PartyKind.PERSON else "ENTITY"
    countries = [_text(item, "COUNTRY") for item in node.iter(f"{prefix}_ADDRESS")]
    countries.extend(" ".join((value.text or "").split()) for value in node.findall("NATIONALITY/VALUE"))
    documents = ((_text(item, "TYPE_OF_DOCUMENT"), _text(item, "NUMBER")) for item in node.iter(f"{prefix}_DOCUMENT"))
    return ListedEntry(
        list_name=LIST_NAME,
        entry_id=_text(node, "DATAID") or _text(node, "REFERENCE_NUMBER"),
        kind=kind,
        names=names,
        births=tuple(dict.fromkeys(_births(node))),
        countries=tuple(dict.fromkeys(country for country in countries if country)),
        identifiers=tuple((kind_, number) for kind_, number in documents if number),
        programme=" ".join(part for part in (_text(node, "UN_LIST_TYPE"), _text(node, "REFERENCE_NUMBER")) if part),
        remarks=_text(node, "COMMENTS1"),
    )


def _names(node: Element, kind: PartyKind) -> Iterator[ListedName]:
    parts = [_text(node, tag) for tag in ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME", "FIFTH_NAME")]
    whole = " ".join(part for part in parts if part)
    if whole:
        yield ListedName(whole)
    original = _text(node, "NAME_ORIGINAL_SCRIPT")
    if original:
        yield ListedName(original)
    prefix = "INDIVIDUAL" if kind is PartyKind.PERSON else "ENTITY"
    for alias in node.iter(f"{prefix}_ALIAS"):
        text = _text(alias, "ALIAS_NAME")
        if text:
            yield ListedName(text, weak=_text(alias, "QUALITY").lower() == "low")


def _births(node: Element) -> Iterator[Birth]:
    for item in node.iter("INDIVIDUAL_DATE_OF_BIRTH"):
        kind = _text(item, "TYPE_OF_DATE")
        first, last = _text(item, "FROM_YEAR"), _text(item, "TO_YEAR")
        text = _text(item, "DATE") or _text(item, "YEAR") or _text(item, "NOTE")
        if first.isdigit() and last.isdigit():
            text = f"{first} to {last}"
        elif kind == "APPROXIMATELY" and text:
            text = f"circa {text}"
        birth = parse_birth(text)
        if birth:
            yield birth
