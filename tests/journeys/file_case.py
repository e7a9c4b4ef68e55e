"""Files an application as its applicant would, for journeys that begin at the officer's desk.

Run in the environment of the installation. For each line of the input, `{"bureau": {...}, "answers": {...}}`, it
prints a line with id, reference and state.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from core import queue
from core.web.work import house
from origination.steps.advance import advance
from origination.steps.submit import submit
from origination.steps.verdict import ask_for_person
from tests.origination.steps.journey import KnownBureau, answers_for, fill
from wsgi import app


def file_case(wanted: dict[str, Any]) -> str:
    """One application; `look_again` asks a person to look at the refusal."""
    with app.app_context():
        database = house().database
        with database.work() as w:
            queue.mute(w)  # a worker would ask the installation's bureau before this process asks the known one
            sent = submit(w, fill(w, "consumer-cny", answers_for("consumer", **wanted.get("answers", {}))))
        with database.work() as w:
            done = advance(w, sent.application_id, bureau=KnownBureau(**wanted.get("bureau", {})))
            if wanted.get("look_again"):
                ask_for_person(w, sent.application_id, wanted["look_again"])
    return f"{sent.application_id} {sent.reference} {done.status}"


if __name__ == "__main__":
    for line in sys.stdin:
        print(file_case(json.loads(line)), flush=True)
