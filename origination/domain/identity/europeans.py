"""Personal numbers of European countries, by python-stdnum; birth dates where the number carries a whole one."""

from __future__ import annotations

from datetime import date
from importlib import import_module
from types import ModuleType

from core.domain.texts import Text
from origination.domain.identity.result import IdCheck, accept
from origination.domain.identity.rule import Rule, by_stdnum

_NO_SUCH = Text("No such number is issued: one of its parts does not exist")


def _module(name: str) -> ModuleType:
    return import_module(f"stdnum.{name}")


def _rule(kind: str, module: str, label: Text, form: Text) -> Rule:
    plain = by_stdnum(lambda: _module(module), form, _NO_SUCH)

    def check(number: str, today: date | None) -> IdCheck:
        """By the module of python-stdnum, with the birth date where it reads a whole one from the number."""
        found = plain(number, today)
        born = getattr(_module(module), "get_birth_date", None)
        if not found.valid or found.normalised is None or born is None:
            return found
        birth_on = born(found.normalised)
        return accept(found.normalised, birth_on=birth_on) if isinstance(birth_on, date) else found

    return Rule(kind, label, form, check)


RULES = (
    _rule("es_nif", "es.nif", Text("Spanish DNI or NIE"), Text("a Spanish number has eight digits and a letter")),
    _rule("fr_nir", "fr.nir", Text("French social security number"), Text("a French number has 15 digits")),
    _rule("de_idnr", "de.idnr", Text("German tax identification number"), Text("a German tax number has 11 digits")),
    _rule("nl_bsn", "nl.bsn", Text("Dutch citizen service number"), Text("a BSN has nine digits")),
    _rule("be_nn", "be.nn", Text("Belgian national number"), Text("a Belgian national number has 11 digits")),
    _rule("pl_pesel", "pl.pesel", Text("Polish PESEL"), Text("a PESEL has 11 digits")),
    _rule("pt_nif", "pt.nif", Text("Portuguese taxpayer number"), Text("a Portuguese number has nine digits")),
)
