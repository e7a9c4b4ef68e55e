"""Files an application as its applicant would, for journeys that begin at the officer's desk.

Prints its id, reference and state. Run in the environment of the installation:
`python -m tests.journeys.file_case '{"bureau": {...}, "answers": {...}}'`.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from core.domain.actor import SYSTEM
from core.web.work import house
from origination.steps.advance import advance
from origination.steps.verdict import ask_for_person
from tests.origination.steps.journey import KnownBureau, send
from wsgi import app


def file_case(wanted: dict[str, Any]) -> str:
    """One application; `look_again` asks a person to look at the refusal."""
    with app.app_context():
        database = house().database
        sent = send(database, SYSTEM, **wanted.get("answers", {}))
        with database.work() as w:
            done = advance(w, sent.application_id, bureau=KnownBureau(**wanted.get("bureau", {})))
            if wanted.get("look_again"):
                ask_for_person(w, sent.application_id, wanted["look_again"])
    return f"{sent.application_id} {sent.reference} {done.status}"


if __name__ == "__main__":
    print(file_case(json.loads(sys.argv[1])))
