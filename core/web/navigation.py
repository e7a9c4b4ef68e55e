"""What each role finds in the frame: main navigation, account menu, banner, business day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, request, url_for
from sqlalchemy import text
from werkzeug.routing import BuildError

from core.domain.actor import STAFF, Actor, Role
from core.domain.texts import Text
from core.i18n import translate
from core.web import demo
from core.web.work import actor, house, read

ANYBODY: frozenset[Role] = frozenset()
ROLE_NAMES = {
    Role.APPLICANT: Text("Applicant"),
    Role.OFFICER: Text("Credit officer"),
    Role.APPROVER: Text("Approver"),
    Role.COLLECTOR: Text("Collector"),
    Role.RISK_MANAGER: Text("Risk manager"),
    Role.ADMIN: Text("Administrator"),
    Role.AUDITOR: Text("Auditor"),
    Role.SYSTEM: Text("System"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One item: shown to holders of a role (everybody when there are none) once its page exists."""

    label: str
    endpoint: str
    roles: frozenset[Role] = ANYBODY


# In the order shown. A page that is not registered is left out.
ENTRIES: tuple[Entry, ...] = (
    Entry(Text("Quote"), "quote.calculator", frozenset({Role.APPLICANT})),
    Entry(Text("My applications"), "applicant.home", frozenset({Role.APPLICANT})),
    Entry(Text("My loans"), "borrower.home", frozenset({Role.APPLICANT})),
    Entry(Text("Messages"), "status.messages", frozenset({Role.APPLICANT})),
    Entry(Text("Applications"), "officer.queue", frozenset({Role.OFFICER, Role.APPROVER})),
    Entry(Text("Collections"), "collector.worklist", frozenset({Role.COLLECTOR})),
    Entry(Text("Proposals"), "changes.inbox", frozenset({Role.COLLECTOR, Role.APPROVER})),
    Entry(Text("Portfolio"), "manager.portfolio", frozenset({Role.RISK_MANAGER, Role.AUDITOR})),
    Entry(Text("Score models"), "monitoring.overview", frozenset({Role.RISK_MANAGER, Role.AUDITOR})),
    Entry(Text("Users"), "users.listing", frozenset({Role.ADMIN})),
    Entry(Text("Products"), "products.listing", frozenset({Role.ADMIN})),
    Entry(Text("Jobs"), "admin.jobs", frozenset({Role.ADMIN})),
    Entry(Text("Messages"), "admin.messages", frozenset({Role.ADMIN})),
    Entry(Text("Keys"), "keys.listing", frozenset({Role.ADMIN})),
    Entry(Text("Audit"), "admin.audit_trail", frozenset({Role.ADMIN, Role.AUDITOR})),
    Entry(Text("System"), "admin.system", frozenset({Role.ADMIN})),
    Entry(Text("Policy"), "policy.overview", frozenset({Role.RISK_MANAGER, Role.ADMIN, Role.AUDITOR})),
    Entry(Text("Alerts"), "officer.alerts_page", frozenset({Role.OFFICER, Role.APPROVER, Role.RISK_MANAGER})),
    Entry(Text("Screening"), "lists.listing", frozenset({Role.RISK_MANAGER, Role.ADMIN, Role.AUDITOR})),
)
VISITOR: tuple[Entry, ...] = (Entry(Text("Get a quote"), "quote.calculator"),)


def url_or_none(endpoint: str) -> str | None:
    """The page's address, None when no such page is registered (or it needs more than its name)."""
    try:
        return url_for(endpoint) if endpoint in current_app.view_functions else None
    except BuildError:
        return None


def entries_for(who: Actor) -> list[dict[str, Any]]:
    """The main navigation of a person."""
    wanted = VISITOR if who.id is None else [entry for entry in ENTRIES if who.has(*entry.roles)]
    found = [(entry, url) for entry in wanted if (url := url_or_none(entry.endpoint))]
    within = [url for _, url in found if is_within(request.path, url)]
    current = max(within, key=len, default=None)
    return [{"label": translate(entry.label), "url": url, "current": url == current} for entry, url in found]


def is_within(path: str, url: str) -> bool:
    """Whether a path is the page or lies below it."""
    return path == url or path.startswith(url.rstrip("/") + "/")


def home_of(who: Actor) -> str:
    """Where a person starts: the first page of their navigation that is work, else the account page."""
    items = entries_for(who)
    first = next((item for item in items if item["url"] != url_or_none("quote.calculator")), None)
    return str(first["url"]) if first else url_for("site.home" if who.id is None else "site.account")


def role_names(roles: Any) -> str:
    """Roles in words, in a fixed order."""
    held = {Role(role) for role in roles}
    return " · ".join(translate(name) for role, name in ROLE_NAMES.items() if role in held)


def install(app: Flask) -> None:
    """Gives every template what the frame shows."""

    @app.context_processor
    def frame() -> dict[str, Any]:
        settings = house().settings
        shared = {"demo": settings.demo, "lender_name": settings.lender_name}
        if not request:
            return shared
        who = actor()
        shared |= {"nav": entries_for(who), "home_url": url_for("site.home"), "check_url": url_or_none("verify.check")}
        if who.id is None:
            return shared | {"account": None, "sign_in_url": url_for("security.login")}
        return shared | {"account": account_menu(who), "business_date": business_day(who)}

    app.jinja_env.filters["role_names"] = role_names


def account_menu(who: Actor) -> dict[str, Any]:
    """Name, roles and the links under them."""
    links = [{"label": translate(Text("Account and security")), "url": url_for("site.account"), "icon": "settings"}]
    if who.has(Role.APPLICANT) and (mine := url_or_none("my_data.page")):
        links.append({"label": translate(Text("My data")), "url": mine, "icon": "shield-check"})
    if demo.is_open():
        links.append({"label": translate(Text("Demo mailbox")), "url": url_for("demo.mailbox"), "icon": "mail"})
        links.append({"label": translate(Text("Other demo people")), "url": url_for("demo.roles"), "icon": "users"})
    out = {"label": translate(Text("Sign out")), "url": url_for("security.logout"), "post": True, "icon": "logout"}
    return {"name": who.name, "detail": role_names(who.roles), "links": [*links, out]}


def business_day(who: Actor) -> Any:
    """The open business date, for staff."""
    if not who.has(*STAFF):
        return None
    with read() as r:
        return r.session.execute(text("SELECT open_on FROM business_day")).scalar_one_or_none()
