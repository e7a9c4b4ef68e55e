"""Composition root: what the product is made of. `flask` and gunicorn find `app` here."""

from __future__ import annotations

import os
import sys
from functools import partial
from importlib import import_module
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from core import crypto, documents, i18n, jobs, malware, outbox
from core.auth.setup import install as install_auth
from core.clock import SystemClock
from core.db import Database, start_embedded
from core.domain.errors import PolicyInvalid, SettingsInvalid
from core.policy import load_policies
from core.settings import ROOT, Settings
from core.web import csrf, errors, guards, headers, navigation
from core.web.work import EXTENSION, House
from core.webhook import deliver, events

# Modules whose tables belong to the schema.
TABLES: tuple[str, ...] = (
    "core.tables",
    "origination.tables.application",
    "origination.tables.contract",
    "origination.tables.decision",
    "origination.tables.evidence",
    "origination.tables.desk",
    "origination.tables.offer",
    "origination.tables.policy",
    "origination.tables.privacy",
    "origination.tables.product",
    "origination.tables.remedy",
    "origination.tables.screening",
    "repayment.tables",
    "scoring.tables",
)
# Modules with a blueprint `bp`.
FEATURES: tuple[str, ...] = (
    "core.web.appearance",
    "core.web.site",
    "core.web.demo",
    "core.web.admin",
    "core.web.admin_keys",
    "core.web.admin_users",
    "core.web.admin_webhooks",
    "core.web.api_pages",
    "origination.web.api",
    "origination.web.quote",
    "origination.web.officer",
    "origination.web.alerts",
    "origination.web.lists",
    "origination.web.case",
    "origination.web.evidence",
    "origination.web.case_decide",
    "origination.web.case_owners",
    "origination.web.case_letters",
    "origination.web.case_notes",
    "origination.web.bulk",
    "origination.web.applicant",
    "origination.web.draft",
    "origination.web.owners",
    "origination.web.year_accounts",
    "origination.web.papers",
    "origination.web.status",
    "origination.web.closing",
    "origination.web.verify",
    "origination.web.borrower",
    "origination.web.contact",
    "origination.web.my_data",
    "origination.web.erasures",
    "origination.web.manager",
    "origination.web.products",
    "origination.web.policy",
    "origination.web.policy_sheets",
    "origination.web.simulator",
    "scoring.web.monitoring",
    "scoring.web.watching",
    "scoring.web.comparing",
    "scoring.web.training",
    "repayment.web.api",
    "repayment.web.api_payments",
    "repayment.web.changes",
    "repayment.web.collector",
    "repayment.web.hand_over",
    "repayment.web.payments",
)
# Modules with `JOBS`, `COMMANDS` or `POLICIES`.
JOBS: tuple[str, ...] = ("core.auth.jobs", "core.web.jobs", "origination.jobs", "repayment.jobs", "scoring.jobs")
COMMANDS: tuple[str, ...] = (
    "core.web.admin_keys",
    "core.web.cli",
    "core.web.cli_access",
    "core.web.cli_field_keys",
    "demo.cli",
    "origination.cli",
    "repayment.cli",
    "scoring.cli",
)
# Modules whose `prepare(house)` runs at every `flask serve`, after the migrations.
PREPARE: tuple[str, ...] = ("demo.cli",)
# Modules with `SOURCES`: the events that webhooks may hear of.
EVENTS: tuple[str, ...] = ("origination.steps.announce", "repayment.steps.announce")
POLICIES: tuple[str, ...] = (
    "origination.domain.evidence",
    "origination.domain.lender",
    "origination.domain.policy",
    "origination.domain.retention",
    "repayment.domain.caps",
    "repayment.domain.policies",
    "scoring.domain.policy",
)


def create_app(settings: Settings | None = None, database: Database | None = None) -> Flask:
    """The product as a Flask app. Touches no database, file or model but the settings and policy texts."""
    settings = settings or Settings.from_env()
    app = Flask(__name__, root_path=str(ROOT), instance_path=str(settings.instance))
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=12 * 1024 * 1024,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.public_url.startswith("https"),
        TESTING=settings.environment == "test",
    )
    crypto.use(crypto.KeyRing.from_secret(settings.secret_key, os.environ))
    documents.use_settings(settings)
    malware.use_settings(settings)
    policies = load_policies(_collect("POLICIES", POLICIES), settings.instance)
    clock = SystemClock(settings.time_zone)
    database = database or Database(
        settings.database_url or partial(start_embedded, settings.instance / "postgres"), clock
    )
    database.policies = policies
    known_jobs = {job.name: job for job in _collect("JOBS", JOBS)}
    app.extensions[EXTENSION] = House(settings, database, known_jobs)
    app.extensions["promissory_prepare"] = [import_module(name).prepare for name in PREPARE]
    if settings.production:
        app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    _install(app, settings, database)
    outbox.register_delivery(app, database, settings)
    events.use_sources(_collect("SOURCES", EVENTS))
    deliver.register_delivery(app, database, settings)
    jobs.register_jobs(app, database, settings, known_jobs)
    for name in JOBS:  # a module may have tasks of its own beside its jobs
        if hasattr(module := import_module(name), "register"):
            module.register(app, database, settings)
    for group in _collect("COMMANDS", COMMANDS):
        app.cli.add_command(group)
    return app


def _install(app: Flask, settings: Settings, database: Database) -> None:
    headers.install(app, https=settings.public_url.startswith("https"))
    i18n.install(app, settings.time_zone)
    errors.install(app)
    csrf.install(app)
    install_auth(app, database)
    app.before_request(guards.check_access)
    navigation.install(app)
    for name in FEATURES:
        app.register_blueprint(import_module(name).bp)


def _collect(attribute: str, modules: tuple[str, ...]) -> list[Any]:
    return [item for name in modules for item in getattr(import_module(name), attribute)]


try:
    app = create_app()
except (SettingsInvalid, PolicyInvalid) as error:
    sys.exit(f"{error.code}: {error.message}")
