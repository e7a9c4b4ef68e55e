"""The product as its users meet it: `flask serve` with all its processes, a real mail server, a real browser."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from core.settings import ROOT

CHROMIUM = next(
    (path for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser", shutil.which("chromium") or "")
     if path and Path(path).exists()), None,
)  # fmt: skip


MORNING = """
from sqlalchemy import text
from core.web.work import house
from wsgi import app

with app.app_context(), house().database.work() as w:
    w.session.execute(text("UPDATE outbound_message SET not_before = NULL WHERE status = 'queued'"))
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Postbox:
    """What the mail server received, by recipient."""

    mails: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 OK"

    def wait_for(self, recipient: str, pattern: str, seconds: float = 30) -> re.Match[str]:
        """The newest match of `pattern` in a mail to `recipient`; waits for it to arrive."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for mail in reversed(self.mails):
                if recipient in str(mail["To"]) and (found := re.search(pattern, text_of(mail))):
                    return found
            time.sleep(0.2)
        subjects = [f"{mail['To']}: {mail['Subject']}" for mail in self.mails]
        raise AssertionError(f"no mail to {recipient} with {pattern!r}; there are {subjects}")


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    return str(mail["Subject"]) + "\n" + (body.get_content() if body else "")


@dataclass(frozen=True)
class Product:
    """A running installation."""

    url: str
    instance: Path
    postbox: Postbox
    env: dict[str, str]

    def text_message(self, pattern: str, seconds: float = 30) -> re.Match[str]:
        """The newest text message that matches; the stand-in gateway drops them as files."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            dropped = sorted(
                (self.instance / "sms").glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True
            )
            for path in dropped:
                if found := re.search(pattern, json.loads(path.read_text())["text"]):
                    return found
            time.sleep(0.2)
        raise AssertionError(f"no text message with {pattern!r}")

    def let_morning_come(self) -> None:
        """What is held back over the borrower's night may leave at once: the journeys run at any hour."""
        self._run("-c", MORNING)

    def flask(self, *arguments: str) -> str:
        """Runs a command of the installation and returns what it prints."""
        return self._run("-m", "flask", *arguments)

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def product() -> Iterator[Product]:
    """Started by the same command as `make run`, on an empty installation without demo data."""
    postbox = Postbox()
    mail = Controller(postbox, hostname="127.0.0.1", port=free_port())
    mail.start()
    instance = Path(tempfile.mkdtemp(prefix="promissory-journey-"))
    port = free_port()
    env = {
        **{k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "SECRET_KEY"}},
        "PROMISSORY_ENV": "development", "PROMISSORY_DEMO": "1", "DEMO_DAYS": "6", "PROMISSORY_INSTANCE": str(instance),
        "PORT": str(port), "MAIL_HOST": "127.0.0.1", "MAIL_PORT": str(mail.port), "MAIL_SENDER": "lender@example.org",
        "WEB_WORKERS": "1",
    }  # fmt: skip
    log = (instance / "serve.log").open("w")
    served = subprocess.Popen([sys.executable, "-m", "flask", "serve"], cwd=ROOT, env=env, stdout=log, stderr=log)
    try:
        _wait_until_up(f"http://127.0.0.1:{port}/health", served, instance / "serve.log")
        yield Product(f"http://127.0.0.1:{port}", instance, postbox, env)
    finally:
        served.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            served.wait(40)
        served.kill()
        mail.stop(no_assert=True)
        log.close()
        shutil.rmtree(instance, ignore_errors=True)


def _wait_until_up(url: str, served: subprocess.Popen[bytes], log: Path, seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if served.poll() is not None:
            break
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2):
            return
        time.sleep(0.3)
    raise AssertionError(f"the product did not come up:\n{log.read_text()}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window. Its event loop must be gone before other tests start loops of their own."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
        )
        yield chromium
        chromium.close()


@dataclass
class Walk:
    """A page that notices console errors, requests to foreign hosts and accessibility faults as it goes."""

    page: Page
    url: str
    faults: list[str] = field(default_factory=list)
    pages_checked: int = 0

    def watch(self) -> None:
        self.page.on("console", lambda m: self.faults.append(f"console: {m.text}") if self._is_fault(m) else None)
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("request", lambda r: self.faults.append(f"foreign: {r.url}") if not self._own(r.url) else None)

    @staticmethod
    def _is_fault(message: ConsoleMessage) -> bool:
        """A refused answer comes with its status, which the browser reports as an error: that is meant."""
        return message.type == "error" and not re.search(r"status of (409|422)", message.text)

    def _own(self, url: str) -> bool:
        return url.startswith((self.url, "data:", "blob:", "about:", "chrome-extension:"))

    def check(self, name: str) -> None:
        """axe-core finds nothing on this page, and it does not scroll sideways."""
        from axe_playwright_python.sync_playwright import Axe

        tags = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}
        found = Axe().run(self.page, options={"runOnly": tags, "resultTypes": ["violations"]})
        for violation in found.response["violations"]:
            nodes = "; ".join(node["html"][:160] for node in violation["nodes"][:3])
            self.faults.append(f"{name}: axe {violation['id']}: {nodes}")
        wide = self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1")
        if wide:
            self.faults.append(f"{name}: scrolls sideways")
        self.pages_checked += 1
        if folder := os.environ.get("JOURNEY_SHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=f"{folder}/{self.pages_checked:02d}-{name}.png", full_page=True)


@pytest.fixture
def walk(product: Product, browser: Browser) -> Iterator[Callable[..., Walk]]:
    """Opens a fresh browser context: `walk(width=390, locale="zh-CN", dark=True)`."""
    opened: list[Any] = []

    def start(*, width: int, height: int = 900, locale: str = "en-GB", dark: bool = False, touch: bool = False) -> Walk:
        context = browser.new_context(
            viewport={"width": width, "height": height}, locale=locale, has_touch=touch,
            color_scheme="dark" if dark else "light", base_url=product.url,
        )  # fmt: skip
        context.set_default_timeout(20_000)
        opened.append(context)
        walk = Walk(context.new_page(), product.url)
        walk.watch()
        return walk

    yield start
    for context in opened:
        context.close()
