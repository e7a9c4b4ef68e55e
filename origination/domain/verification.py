"""The answers of a check of a sealed file, in words. Keys are `core.signing.Verification.problem`."""

from __future__ import annotations

from core.domain.texts import Text

ANSWERS: dict[str | None, Text] = {
    None: Text("This file is genuine: we sealed it, and nothing was changed since."),
    "changed": Text("This file was changed after it was sealed. Do not rely on it."),
    "appended": Text("Something was added to this file after we sealed it. Do not rely on it."),
    "foreign": Text("This file carries a seal, but not ours. Do not rely on it."),
    "no_seal": Text("This PDF carries no seal, so it is not a contract of ours."),
    "not_pdf": Text("This is not a PDF file. Choose the contract as you received it."),
    "unreadable": Text("This PDF is damaged and cannot be checked. Download the contract again."),
}
