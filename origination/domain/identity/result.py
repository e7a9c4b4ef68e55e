"""What a check of an identity number says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from core.domain.texts import Text


@dataclass(frozen=True, slots=True)
class IdCheck:
    """The outcome for one number.

    `normalised` is the number in its shortest official writing and present only when valid. `notes` are findings that
    do not make the number wrong but that an officer should read (a region code nobody knows any more). `number` is the
    document's own number where `normalised` is a whole zone, `issuer` its three letters there. `proven` is False when
    nothing in the number itself can be checked beyond its form.
    """

    valid: bool
    reason: Text | None = None
    normalised: str | None = None
    birth_on: date | None = None
    expires_on: date | None = None
    holder: str | None = None
    number: str | None = None
    issuer: str | None = None
    proven: bool = True
    notes: tuple[Text, ...] = ()

    def __post_init__(self) -> None:
        if self.valid == (self.reason is not None):
            raise ValueError("a valid number has no reason, a wrong one has exactly one")
        if self.valid != (self.normalised is not None):
            raise ValueError("exactly the valid numbers have a normal form")


def refuse(reason: Text) -> IdCheck:
    """A wrong number and why."""
    return IdCheck(valid=False, reason=reason)


def accept(normalised: str, *, birth_on: date | None = None, notes: tuple[Text, ...] = ()) -> IdCheck:
    """A right number in its normal form."""
    return IdCheck(valid=True, normalised=normalised, birth_on=birth_on, notes=notes)
