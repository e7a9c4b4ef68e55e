"""Where files are written to."""

from __future__ import annotations

import os
from pathlib import Path

from core.domain.errors import InvalidInput
from core.domain.texts import Text


def make_parent(out: Path) -> None:
    """Makes the folder `out` will stand in. Raises InvalidInput when it cannot be made or written."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        text = Text("{path} cannot be made ({reason})", path=out.parent, reason=error.strerror)
        raise InvalidInput({"out": text}) from error
    if not os.access(out.parent, os.W_OK):
        raise InvalidInput({"out": Text("{path} cannot be written", path=out.parent)})
