"""The way out: what is refused (OWASP ASVS 5.0, 1.3.6), where the connection goes, how long and how much."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.clock import SystemClock
from core.webhook import address
from core.webhook.address import AddressRefused, is_public, post, read_url, resolve
from tests.core.receiver import receiving


def names(monkeypatch: pytest.MonkeyPatch, **known: list[str]) -> None:
    """The names that are known; an address given as such is its own answer, as the system's resolver has it."""
    real = socket.getaddrinfo

    def answer(host: str, port: int, **more: Any) -> list[Any]:
        found = known.get(host.replace(".", "_").replace("-", "_"))
        if found is None:
            return real(host, port, **more)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    monkeypatch.setattr(socket, "getaddrinfo", answer)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://0.0.0.0/",
        "https://169.254.169.254/latest/meta-data/",
        "https://10.1.2.3/",
        "https://192.168.0.1/",
        "https://100.64.0.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://127.1/",
        "https://localhost/",
        "https://localhost./",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[2002:7f00:1::]/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://[fec0::1]/",
        "https://[fe80::1]/",
        "https://[fd00::1]/",
        "https://224.0.0.1/",
        "https://255.255.255.255/",
        "https://inside.test/",
        "https://mixed.test/",
    ],
)
def test_what_is_not_public_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    names(monkeypatch, inside_test=["10.0.0.7"], mixed_test=["93.184.215.14", "127.0.0.1"])
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("it called"))
    with pytest.raises(AddressRefused, match="not a public address"):
        post(url, b"{}", {}, production=True)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://example.com/", "must begin with https"),
        ("http://2130706433/", "must begin with https"),
        ("ftp://example.com/", "must begin with https"),
        ("file:///etc/passwd", "must begin with https"),
        ("//example.com/", "must begin with https"),
        ("https:///hooks", "not an address"),
        ("https://example.com:port/", "not an address"),
        ("https://[::1/", "not an address"),
        ("https://example.com:22/", "ports 443, 8443"),
        ("https://example.com:0/", "ports 443, 8443"),
        ("https://user:secret@example.com/", "Leave out"),
        ("https://example.com@127.0.0.1/", "Leave out"),
        ("https://example.com/#x", "Leave out"),
        ("https://example.com/a b", "plain letters"),
        ("https://example.com/\r\nX-Evil: 1", "plain letters"),
        ("https://例子.测试/", "plain letters"),
        ("https://example.com/" + "x" * 500, "plain letters"),
    ],
)
def test_what_is_no_address_says_what_is_wrong(url: str, why: str) -> None:
    with pytest.raises(AddressRefused, match=why):
        read_url(url, production=True)


def test_an_unknown_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(AddressRefused, match="name nowhere"):
        resolve(read_url("https://nowhere.test/", production=True), production=True)


def test_a_name_server_that_hangs_does_not_hold_us_up(monkeypatch: pytest.MonkeyPatch) -> None:
    let_go = threading.Event()
    monkeypatch.setattr(address, "SECONDS_MAX", 0.2)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: let_go.wait(10) and [])
    with pytest.raises(AddressRefused, match="not known"):
        resolve(read_url("https://slow.test/", production=True), production=True)
    let_go.set()


@pytest.mark.parametrize("one", ["93.184.215.14", "8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_are_public(one: str) -> None:
    assert is_public(one)


def test_outside_of_production_loopback_is_allowed_and_nothing_else_inside() -> None:
    assert resolve(read_url("http://127.0.0.1:9/", production=False), production=False) == ("127.0.0.1",)
    with pytest.raises(AddressRefused):
        resolve(read_url("http://10.0.0.1/", production=False), production=False)


def test_a_redirect_is_an_answer_and_not_followed() -> None:
    with receiving() as inside, receiving(answers=[inside.url]) as outside:
        answer = post(outside.url, b"{}", {}, production=False)
        assert (answer.status, answer.is_good) == (302, False)
        assert (len(outside.got), len(inside.got)) == (1, 0)


@pytest.mark.parametrize("how", [{"wait": 1.0}, {"drip": True}])
def test_a_slow_receiver_is_left_after_the_time(monkeypatch: pytest.MonkeyPatch, how: dict[str, Any]) -> None:
    monkeypatch.setattr(address, "SECONDS_MAX", 0.3)
    with receiving(**how) as slow, pytest.raises(TimeoutError):
        post(slow.url, b"{}", {}, production=False)


def test_no_more_than_64_kilobytes_are_read() -> None:
    with receiving(length=50_000_000) as endless:
        assert post(endless.url, b"{}", {}, production=False).status == 200
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_babble, args=(server,))
        thread.start()
        with pytest.raises(OSError, match="longer than 65536"):
            post(f"http://127.0.0.1:{server.getsockname()[1]}/", b"{}", {}, production=False)
        thread.join()


def _babble(server: socket.socket) -> None:
    """90 kB of headers."""
    line, _ = server.accept()
    with line:
        try:
            line.recv(65536)
            line.sendall(b"HTTP/1.1 200 OK\r\n" + (b"X-More: " + b"a" * 1000 + b"\r\n") * 90)
        except OSError:
            return


def test_what_is_not_http_is_a_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            line, _ = server.accept()
            with line:
                line.recv(65536)
                line.sendall(b"220 mail.test ESMTP\r\n")

        thread = threading.Thread(target=greet)
        thread.start()
        with pytest.raises(OSError, match="not an answer in HTTP"):
            post(f"http://127.0.0.1:{server.getsockname()[1]}/", b"{}", {}, production=False)
        thread.join()


@pytest.fixture
def tls_receiver(tmp_path: Path) -> Iterator[tuple[int, list[str | None], ssl.SSLContext]]:
    """A server that holds a certificate for hooks.test alone and notes the names it is called by."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hooks.test")])
    now = SystemClock(ZoneInfo("UTC")).now()
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.test")]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = tmp_path / "hooks.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = certificate.public_bytes(serialization.Encoding.PEM)
    pem.write_bytes(private + public)
    asked: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    context.sni_callback = lambda _line, sni, _context: asked.append(sni)
    trusting = ssl.create_default_context(cadata=public.decode())
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    plain, _ = server.accept()
                except OSError:
                    return
                try:
                    with context.wrap_socket(plain, server_side=True) as line:
                        got = b""
                        while not got.endswith(b"{}"):
                            got += line.recv(65536)
                        asked.extend(part for part in got.decode().split("\r\n") if part.startswith("Host"))
                        line.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
                except OSError:
                    continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1], asked, trusting
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_the_call_goes_to_the_checked_address_under_the_right_name(
    monkeypatch: pytest.MonkeyPatch, tls_receiver: Any
) -> None:
    """The name is looked up once: an answer that changes afterwards (DNS rebinding) is never asked for."""
    port, asked, trusting = tls_receiver
    looked_up: list[str] = []

    def answer(host: str, port: int, **_: Any) -> list[Any]:
        looked_up.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    real = socket.create_connection
    called: list[str] = []

    def call(where: tuple[str, int], **more: Any) -> socket.socket:
        called.append(where[0])
        with monkeypatch.context() as aside:
            aside.setattr(socket, "getaddrinfo", _getaddrinfo)
            return real(where, **more)

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    monkeypatch.setattr(socket, "create_connection", call)
    monkeypatch.setattr(address, "tls_context", lambda: trusting)
    assert post(f"https://hooks.test:{port}/in", b"{}", {}, production=False).status == 204
    assert (looked_up, called) == (["hooks.test"], ["127.0.0.1"])
    assert asked == ["hooks.test", f"Host: hooks.test:{port}"]


_getaddrinfo = socket.getaddrinfo


def test_a_certificate_for_another_name_is_refused(monkeypatch: pytest.MonkeyPatch, tls_receiver: Any) -> None:
    port, _, trusting = tls_receiver
    monkeypatch.setattr(address, "tls_context", lambda: trusting)
    with pytest.raises(ssl.SSLCertVerificationError):
        post(f"https://127.0.0.1:{port}/in", b"{}", {}, production=False)
    monkeypatch.undo()
    with pytest.raises(ssl.SSLCertVerificationError):  # nobody vouches for it
        post(f"https://127.0.0.1:{port}/in", b"{}", {}, production=False)
