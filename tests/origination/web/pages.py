"""How a browser without JavaScript fills the applicant's pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.db import Database
from core.domain.actor import Actor
from tests.origination.steps.journey import OWNERS, answers_for

_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


def hidden_of(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form that is sent to `action`."""
    form = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', page, re.DOTALL)
    assert form, f"no form for {action} in\n{page[:3000]}"
    return dict(_HIDDEN.findall(form[0]))


def send_form(client: FlaskClient, page: str, to: str | None = None, **fields: Any) -> TestResponse:
    """Loads the page, fills its form, sends it."""
    to = to or page
    values = hidden_of(client.get(page).text, to) | fields
    return client.post(to, data=values, content_type="multipart/form-data")


def begin(client: FlaskClient, product: str = "consumer-cny") -> str:
    """A new draft; returns its address."""
    answer = send_form(client, f"/apply?product={product}", "/apply")
    assert answer.status_code == 303, answer.text
    return answer.location


def fill_draft(client: FlaskClient, product: str = "consumer-cny", **changes: str) -> str:
    """A draft with every page answered through the pages; returns its address."""
    home = begin(client, product)
    segment = "sme" if product.startswith("sme") else "consumer"
    for name, answers in answers_for(segment, **changes).items():
        answer = send_form(client, f"{home}/part/{name}", **answers)
        assert answer.status_code == 303, (name, answer.text)
    if segment == "sme":
        lines: Mapping[str, str] = {
            f"owners-{at}-{name}": value for at, owner in enumerate(OWNERS) for name, value in owner.items()
        }
        assert send_form(client, f"{home}/owners", **lines).status_code == 303
    consents = {f"consent_{kind}": "yes" for kind in ("data", "bureau", "electronic")}
    assert send_form(client, f"{home}/consents", **consents).status_code == 303
    return home


def submit_draft(client: FlaskClient, home: str) -> TestResponse:
    """Sends the application from the page that checks the answers."""
    return send_form(client, f"{home}/check", f"{home}/submit")


def offered(house: Database, app: Any, client: FlaskClient, applicant: Actor) -> str:
    """An application of the applicant with offers; returns its address."""
    from uuid import UUID

    from origination.steps.advance import advance
    from tests.origination.steps.journey import KnownBureau

    home = fill_draft(client)
    assert submit_draft(client, home).status_code == 303
    with app.app_context(), house.work() as w:
        done = advance(w, UUID(home.rpartition("/")[2]), bureau=KnownBureau())
    assert done.status == "OFFERED", done
    return home
