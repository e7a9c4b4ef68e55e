"""One kind of number: what it looks like in words, and the function that checks it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from types import ModuleType

from core.domain.texts import Text
from origination.domain.identity.result import IdCheck, accept, refuse

WRONG_DIGIT = Text("The check digit does not fit: a character was mistyped or two were swapped")


@dataclass(frozen=True, slots=True)
class Rule:
    """`form` finishes the sentence "This is not ...: it has ...", in the reader's words."""

    kind: str
    label: Text
    form: Text
    check: Callable[[str, date | None], IdCheck]


def wrong_length(form: Text) -> IdCheck:
    """Refusal for a number with too few or too many characters."""
    return refuse(Text("The length is wrong: {form}", form=form))


def wrong_form(form: Text) -> IdCheck:
    """Refusal for a number with characters that do not belong where they stand."""
    return refuse(Text("The form is wrong: {form}", form=form))


def by_stdnum(module: Callable[[], ModuleType], form: Text, component: Text) -> Callable[[str, date | None], IdCheck]:
    """A check made of one python-stdnum module, loaded on first use; `component` explains its InvalidComponent."""

    def check(number: str, _today: date | None) -> IdCheck:
        """The verdict of the module, its exceptions turned into reasons."""
        from stdnum import exceptions

        try:
            return accept(module().validate(number))
        except exceptions.InvalidLength:
            return wrong_length(form)
        except exceptions.InvalidChecksum:
            return refuse(WRONG_DIGIT)
        except exceptions.InvalidComponent:
            return refuse(component)
        except (exceptions.ValidationError, LookupError, ValueError):  # a part that the library looks up in vain
            return wrong_form(form)

    return check
