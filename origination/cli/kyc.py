"""`flask kyc`: check identity numbers, compare names, screen against lists. No database needed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from core.domain.errors import InvalidInput
from origination.cli.kyc_lists import load_list_files, rescreen_book_again, show_lists

_BIRTH_TEXT_MAX, _NAMES_MAX = 80, 100


@click.group()
def kyc() -> None:
    """Identity numbers, name matching, screening."""


def _items(source: str) -> tuple[list[Any], Callable[[Iterable[Any]], str]]:
    """The items of a JSON array, one JSON object, or JSON lines, and a writer that answers in the same form."""
    text = _text(source)
    if not text.strip():
        raise click.ClickException("The input is empty; give a JSON object, an array of objects, or one object a line")
    try:
        data = json.loads(text)
    except ValueError as whole:  # no JSON, or a number of thousands of digits
        lines = [line for line in text.split("\n") if line.strip()]
        try:
            return [json.loads(line) for line in lines], lambda out: "\n".join(map(_dump, out))
        except ValueError:
            raise click.ClickException(f"The input is neither JSON nor one JSON object a line: {whole}") from None
    except RecursionError:
        raise click.ClickException("The input is nested too deep; give an array of plain objects") from None
    if isinstance(data, list):
        return data, lambda out: _dump(list(out))
    if isinstance(data, dict):
        for key in ("items", "pairs"):
            if isinstance(data.get(key), list):
                return data[key], lambda out: _dump(list(out))
        return [data], lambda out: _dump(next(iter(out)))
    raise click.ClickException("Give a JSON object, an array of objects, or one object a line")


def _text(source: str) -> str:
    try:
        data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except OSError as error:
        raise click.ClickException(f"{source} cannot be read: {error.strerror}") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise click.ClickException(f"The input is no UTF-8 text: byte {error.start} fits nowhere") from None


def _dump(value: Any) -> str:
    """JSON as UTF-8; half a character (`\\ud800`), which UTF-8 has not, stays escaped."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()


def _answer(source: str, one: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    items, write = _items(source)
    out = []
    for item in items:
        if not isinstance(item, dict):
            out.append({"error": "each item is a JSON object"})
            continue
        try:
            answer = one(item)
        except InvalidInput as error:
            answer = {"error": error.message}
        out.append({"id": item["id"], **answer} if "id" in item else answer)
    click.echo(write(out))


@kyc.command("check-id")
@click.argument("source", default="-")
def check_id(source: str) -> None:
    """Checks identity numbers: items {"kind", "value"} -> {"valid", "reason", "normalised"}.

    Passports and identity cards take the issuing "country", too; "proven": false means that nothing in the number
    itself could be checked beyond its form.
    """
    from core.clock import SystemClock
    from core.settings import Settings
    from origination.domain.identity.check import check_identity_number

    today = SystemClock(Settings.from_env().time_zone).today()

    def one(item: dict[str, Any]) -> dict[str, Any]:
        try:
            country = str(item["country"]) if item.get("country") else None
            answer = check_identity_number(str(item.get("kind", "")), item.get("value"), today=today, country=country)
        except InvalidInput as error:
            return {"valid": False, "reason": error.message, "normalised": None}
        out: dict[str, Any] = {"valid": answer.valid, "reason": answer.reason, "normalised": answer.normalised}
        if answer.birth_on:
            out["birth_on"] = answer.birth_on.isoformat()
        if not answer.proven:
            out["proven"] = False
        if answer.notes:
            out["notes"] = list(answer.notes)
        return out

    _answer(source, one)


@kyc.command("read-statement")
@click.option("--currency", help="Of the account, where a CSV file does not say it.")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def read_statement(currency: str | None, files: tuple[Path, ...]) -> None:
    """Reads bank statements (CAMT.053, MT940, CSV): balances, entries and cash-flow figures of each account as JSON.

    Files of the same account are joined; one that does not add up ends the command with the reason.
    """
    from core.domain.fact import to_json
    from core.domain.statements.read import read_statements
    from core.domain.statements.statement import join_statements
    from origination.domain.cash_flow import cash_flow

    try:
        found = join_statements(one for file in files for one in read_statements(file.read_bytes(), currency=currency))
    except InvalidInput as error:
        raise click.ClickException("; ".join(_texts(error))) from None
    out = []
    for one in found:
        flow = cash_flow(one)
        out.append(
            {
                "format": one.format.value, "account": one.account, "currency": one.currency,
                "from": one.opened_on.isoformat(), "to": one.closed_on.isoformat(), "entries": len(one.entries),
                "opening": None if one.opening is None else str(one.opening),
                "closing": None if one.closing is None else str(one.closing),
                "facts": {name: to_json(value) for name, value in sorted(flow.facts().items())},
                "salary_from": flow.salary_from, "gambling_sum": str(flow.gambling_sum),
                "days_negative": flow.days_negative,
            }
        )  # fmt: skip
    click.echo(_dump(out))


def _texts(error: InvalidInput) -> list[str]:
    return [str(text) for texts in error.fields.values() for text in ([texts] if isinstance(texts, str) else texts)]


def _kind(item: dict[str, Any]) -> Any:
    from origination.domain.screening.party import PartyKind

    given = str(item.get("schema") or item.get("kind") or "person").lower()
    people = {"person", "individual"}
    if given not in people | {"company", "organization", "organisation", "legalentity", "entity"}:
        raise InvalidInput({"schema": "use person or company"})
    return PartyKind.PERSON if given in people else PartyKind.COMPANY


def _name(item: dict[str, Any], *keys: str) -> str:
    for key in keys:
        value = item.get(key)
        if isinstance(value, str) and value.strip():
            return value
    raise InvalidInput({keys[0]: "give a name as text"})


def _birth(item: dict[str, Any], *keys: str) -> Any:
    from origination.domain.screening.birth import parse_birth

    value = next((item[key] for key in keys if item.get(key) is not None), None)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InvalidInput({keys[0]: "give a date of birth as text: 1970-12-31, 1970-12 or 1970"})
    return parse_birth(str(value)[:_BIRTH_TEXT_MAX])


def _unread(item: dict[str, Any], *keys: str) -> list[str]:
    """What of an item could not be used, for the explanation."""
    from origination.domain.screening.birth import parse_birth
    from origination.domain.screening.writing import LENGTH_MAX

    out = []
    for key in keys:
        value = item.get(key)
        if key.endswith("dob"):
            if value not in (None, "") and parse_birth(str(value)[:_BIRTH_TEXT_MAX]) is None:
                out.append(f"{key} is no date that can be read; the names alone were compared")
        elif isinstance(value, str) and len(value) > LENGTH_MAX:
            out.append(f"{key} is longer than any name; its first {LENGTH_MAX} characters were compared")
    return out


def _texts_of(item: dict[str, Any], key: str) -> tuple[str, ...]:
    """A list of texts (or numbers) of an item; one alone may stand without brackets."""
    value = item.get(key)
    if value is None:
        return ()
    found = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str | int) and not isinstance(one, bool) for one in found):
        raise InvalidInput({key: "give a list of texts"})
    return tuple(map(str, found))


@kyc.command("match")
@click.argument("source", default="-")
def match(source: str) -> None:
    """Compares names: {"query", "listed_name", "schema", "query_dob", "listed_dob"} -> score, alert, explanation."""
    from origination.domain.screening.match import match_pair

    def one(item: dict[str, Any]) -> dict[str, Any]:
        query, listed = _name(item, "query"), _name(item, "listed_name", "listed")
        answer = match_pair(query, listed, _kind(item), _birth(item, "query_dob"), _birth(item, "listed_dob"))
        notes = _unread(item, "query", "listed_name", "query_dob", "listed_dob")
        return {"score": answer.score, "alert": answer.alert, "explanation": [*answer.explanation, *notes]}

    _answer(source, one)


@kyc.command("screen")
@click.option("--list", "lists", multiple=True, type=click.Path(path_type=Path), help="A list file; may be repeated.")
@click.argument("sources", nargs=-1)
def screen(lists: tuple[Path, ...], sources: tuple[str, ...]) -> None:
    """Screens items {"name", "schema", "dob", ...} against list files: `--list FILE... -`."""
    from origination.domain.screening.index import ScreeningIndex
    from origination.domain.screening.party import ScreenedParty
    from origination.domain.screening.screen import screen_party
    from origination.providers.sanctions import load_files

    *more, source = sources or ("-",)
    try:
        loaded = load_files([*lists, *map(Path, more)])
    except InvalidInput as error:
        raise click.ClickException(error.message) from None
    if not loaded:
        raise click.ClickException("Name at least one list file: --list sdn.csv --list alt.csv -")
    index = ScreeningIndex(entry for one_list in loaded for entry in one_list.entries)

    def one(item: dict[str, Any]) -> dict[str, Any]:
        names = [name for name in _texts_of(item, "names") if name.strip()] or [_name(item, "name", "query")]
        if not any(char.isalnum() for name in names for char in name):
            raise InvalidInput({"name": "there are no letters in it, so nobody can be looked for"})
        if len(names) > _NAMES_MAX:
            raise InvalidInput({"names": f"give at most {_NAMES_MAX} names of one party"})
        party = ScreenedParty(
            names=tuple(names),
            kind=_kind(item),
            birth=_birth(item, "dob", "query_dob", "birth_on"),
            countries=_texts_of(item, "countries"),
            identifiers=tuple(("", value) for value in _texts_of(item, "identifiers")),
        )
        alerts = screen_party(index, party)
        notes = _unread(item, "name", "query", "dob", "query_dob")
        return {
            "name": names[0],
            "alert": bool(alerts),
            "alerts": [
                {
                    "list": alert.list_name, "entry_id": alert.entry_id, "listed_name": alert.listed_name,
                    "score": alert.score, "explanation": list(alert.explanation),
                }
                for alert in alerts
            ],
        } | ({"notes": notes} if notes else {})  # fmt: skip

    _answer(source, one)


for _command in (load_list_files, show_lists, rescreen_book_again):
    kyc.add_command(_command)
