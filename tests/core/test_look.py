"""The design system: every macro renders, in both languages and themes, and axe finds nothing to complain about."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, render_template, request
from jinja2 import ChoiceLoader, FileSystemLoader

from core import i18n
from core.domain.money import Money
from core.web import appearance, headers
from core.web.forms import Form

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
ERRORS = {
    "name": ["Enter your name"],
    "income_monthly": ["Enter an amount in digits, like 12,000.00"],
    "birth_on": ["There is no such day; check day and month"],
    "housing": ["Choose one of the answers"],
    "consent": ["We need your consent to go on"],
}


def instalments(level: bool) -> list[dict[str, Any]]:
    """24 months of 100,000.00 at one per cent a month, drawn only."""
    rows, left = [], 10_000_000
    for n in range(24):
        interest = left // 100
        principal = 470_735 - interest if level else 10_000_000 // 24
        due_on = date(2026 + n // 12, n % 12 + 1, 15)
        rows.append({"due_on": due_on, "principal": Money(principal, "CNY"), "interest": Money(interest, "CNY")})
        left -= principal
    return rows


@pytest.fixture(scope="module")
def guide() -> Flask:
    """A small app around the macros: no database, no accounts."""
    app = Flask("guide", root_path=str(ROOT))
    app.jinja_loader = ChoiceLoader(
        [FileSystemLoader(ROOT / "templates"), FileSystemLoader(Path(__file__).parent / "look")]
    )
    app.secret_key = "only for this test"
    headers.install(app, https=False)
    i18n.install(app)
    app.register_blueprint(appearance.bp)

    @app.context_processor
    def frame() -> dict[str, Any]:
        nav = [
            {"label": "Quote", "url": "#", "current": False},
            {"label": "My loans", "url": "#", "current": True, "count": 3},
        ]
        links = [{"label": "Security", "url": "#"}, {"label": "Sign out", "url": "#", "post": True}]
        account = {"name": "Wang Xiaoming", "detail": "Applicant", "links": links}
        return {"nav": nav, "account": account, "demo": True, "business_date": date(2026, 11, 22)}

    @app.get("/components")
    def components() -> str:
        values = {"income_monthly": "120万", "amount": Money.of(50_000, "EUR"), "housing": "own", "channels": ["mail"]}
        values |= {"birth_on-day": "31", "birth_on-month": "2"}
        states = [("Paid", "good"), ("Late", "bad"), ("Due", "plain")]
        rows = [
            {"n": n + 1, "total": Money(89_000, "CNY"), "state": states[n % 3], **one}
            for n, one in enumerate(instalments(level=True)[:6])
        ]
        return render_template(
            "styleguide.html",
            form=Form(values, ERRORS if "errors" in request.args else {}),
            amount=Money.of("1284567.89", "CNY"),
            today=date(2026, 11, 22),
            birth=date(1990, 3, 27),
            now=datetime(2026, 11, 22, 6, 5, tzinfo=UTC),
            rows=rows,
            look_dense="dense" in request.args,
        )

    @app.get("/charts")
    def charts() -> str:
        return render_template("charts_guide.html", annuity=instalments(level=True), falling=instalments(level=False))

    @app.get("/error/<int:code>")
    def error(code: int) -> str:
        return render_template(f"errors/{code}.html", message="You may not see this page", request_id="0190")

    return app


@pytest.mark.parametrize(
    "path", ["/components?errors", "/charts", *(f"/error/{c}" for c in (403, 404, 409, 422, 500, 503))]
)
def test_pages_obey_the_content_policy(guide: Flask, path: str) -> None:
    """No inline style, no inline script, nothing from another host, one h1."""
    page = guide.test_client().get(path)
    assert page.status_code == 200
    assert not re.search(r"""\sstyle=|\son\w+=["']|javascript:|<style""", page.text)
    assert not re.findall(r"""(?:src|href|action)=["'](?:https?:)?//""", page.text)
    assert page.text.count("<h1") == (1 if path != "/components?errors" else 2)  # the guide shows a confirmation, too
    for script in re.findall(r"<script[^>]*>", page.text):
        assert "src=" in script


def test_a_message_stands_in_the_summary_and_above_its_field(guide: Flask) -> None:
    page = guide.test_client().get("/components?errors").text
    assert page.startswith("<!doctype html>")
    assert "<title>Error: Your loan" in page
    for field, messages in ERRORS.items():
        assert f'<a href="#{field}">{messages[0]}</a>' in page
        assert page.count(f'id="{field}"') == 1
        assert f'id="{field}-error"' in page
        assert f"{field}-error" in page.split("aria-describedby=", 1)[1]
    assert 'value="120万"' in page
    assert 'value="31"' in page


def test_what_was_typed_is_escaped(guide: Flask) -> None:
    with guide.test_request_context("/components"):
        text = guide.jinja_env.from_string(
            '{% from "layout/forms.html" import text %}{{ text(form, "name", "Name") }}'
        ).render(form=Form({"name": '"><script>alert(1)</script>'}, {"name": ["<b>no</b>"]}))
    assert "<script>" not in text
    assert "<b>no" not in text


def test_preferences_are_kept_and_never_lead_elsewhere(guide: Flask) -> None:
    client = guide.test_client()
    answer = client.post("/preferences", data={"lang": "zh-CN", "next": "/components?errors"})
    assert answer.status_code == 303
    assert answer.location == "/components?errors"
    client.post("/preferences", data={"theme": "dark"})
    client.post("/preferences", data={"theme": "pink", "lang": "tlh"})
    assert '<html lang="zh-CN" data-theme="dark">' in client.get("/charts").text
    for bad in ("//evil.test", "/\\evil.test", "https:evil.test", "https://evil.test/", "evil", "/ok\n//evil.test", ""):
        assert client.post("/preferences", data={"lang": "en", "next": bad}).location == "/"


def test_a_browser_never_keeps_an_old_stylesheet(guide: Flask) -> None:
    digest = hashlib.sha256((STATIC / "css" / "promissory.css").read_bytes()).hexdigest()[:10]
    assert f"/static/css/promissory.css?v={digest}" in guide.test_client().get("/charts").text


@pytest.mark.parametrize("folder", sorted((STATIC / "vendor").iterdir()), ids=lambda path: path.name)
def test_vendored_files_are_the_ones_summed_up(folder: Path) -> None:
    sums = dict(reversed(line.split("  ")) for line in (folder / "SHA256SUMS").read_text().splitlines())
    assert any(name.startswith("LICENSE") for name in sums)
    assert set(sums) == {path.name for path in folder.iterdir()} - {"SHA256SUMS"}
    for name, digest in sums.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


def test_what_a_phone_must_load_is_small() -> None:
    """Budgets: stylesheets 50 kB and scripts 120 kB compressed, a font 50 kB. What only documents use is not loaded."""

    def packed(pattern: str) -> int:
        return sum(len(gzip.compress(path.read_bytes())) for path in STATIC.rglob(pattern))

    assert packed("*.css") < 50_000
    assert packed("*.js") < 120_000
    fonts = re.findall(r'url\("\.\./([^"]+woff2)"', (STATIC / "css" / "promissory.css").read_text())
    assert fonts
    assert all((STATIC / name).stat().st_size < 50_000 for name in fonts)


def test_every_icon_named_in_a_template_exists() -> None:
    drawn = set(re.findall(r'symbol id="([\w-]+)"', next(STATIC.glob("vendor/tabler-icons-*/icons.svg")).read_text()))
    for template in (ROOT / "templates").rglob("*.html"):
        named = set(re.findall(r"""\bicon\(["']([\w-]+)["']\)|icon_name=["']([\w-]+)["']""", template.read_text()))
        assert {one or other for one, other in named} <= drawn, template.name


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        chromium = player.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.mark.browser
@pytest.mark.parametrize(("lang", "width", "theme"), [("en", 1280, "dark"), ("zh-CN", 360, "light")])
def test_axe_finds_nothing_and_nothing_overflows(guide: Flask, browser: Any, lang: str, width: int, theme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    client = guide.test_client()
    client.set_cookie("lang", lang)
    client.set_cookie("theme", theme)
    page = browser.new_page(viewport={"width": width, "height": 900})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))

    def answer(route: Any) -> None:
        """Requests go straight into the app: no port, no network."""
        with client.get(route.request.url.removeprefix("https://guide.test")) as got:
            route.fulfill(status=got.status_code, headers=dict(got.headers), body=got.data)

    page.route("**/*", answer)
    for path in ("/components?errors", "/charts", "/error/404"):
        page.goto(f"https://guide.test{path}")
        options = {"runOnly": {"type": "tag", "values": AXE_TAGS}, "resultTypes": ["violations"]}
        found = Axe().run(page, options=options)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} scrolls sideways"
    assert [text for text in complaints if "favicon" not in text] == []
    page.close()
