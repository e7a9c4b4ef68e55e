"""Errors a caller is meant to see. Only `core.web.errors` maps them to a page, a status or an exit code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class LendingError(Exception):
    """Expected, and addressed to the caller: a stable `code` and the facts in `details`."""

    code = "lending_error"

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    def as_dict(self) -> dict[str, Any]:
        """The error as JSON-ready data: code, message and whatever facts it carries."""
        return {"code": self.code, "message": self.message, **self.details}


class InvalidInput(LendingError):
    """What was typed or sent cannot be used; `fields` maps each field to its messages."""

    code = "invalid_input"

    def __init__(self, fields: Mapping[str, str | list[str]], message: str | None = None) -> None:
        self.fields = {name: [texts] if isinstance(texts, str) else list(texts) for name, texts in fields.items()}
        first = "; ".join(f"{name}: {', '.join(texts)}" for name, texts in self.fields.items())
        super().__init__(message or first, fields=self.fields)


class NotFound(LendingError):
    """There is no such thing, or the caller may not know that there is."""

    code = "not_found"


class NotAllowed(LendingError):
    """The actor lacks the role, the authority or the second pair of eyes."""

    code = "not_allowed"


class IllegalTransition(LendingError):
    """The state machine has no such move."""

    code = "illegal_transition"

    def __init__(self, subject: str, current: str, wanted: str) -> None:
        super().__init__(f"{subject} is {current} and cannot become {wanted}", current=current, wanted=wanted)


class Conflict(LendingError):
    """Somebody changed the thing meanwhile."""

    code = "conflict"


class IdempotencyConflict(LendingError):
    """The key was used before with other content."""

    code = "idempotency_conflict"


class ProviderUnavailable(LendingError):
    """An outside service did not answer; the step may be tried again."""

    code = "provider_unavailable"


class ModelUnavailable(LendingError):
    """No approved score model can be used. There is no substitute: a person decides."""

    code = "model_unavailable"


class PolicyInvalid(LendingError):
    """The lender's policy contradicts itself or names what does not exist. Stops start-up."""

    code = "policy_invalid"


class SettingsInvalid(LendingError):
    """The environment does not allow a safe start."""

    code = "settings_invalid"
