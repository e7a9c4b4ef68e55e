"""The way out to an address somebody typed: only to public machines, only by TLS, to the very address that was checked.

A name is resolved once; when any of its addresses is not public nothing is sent, and the connection goes to the address
that was looked at, so that a name which changes its answer in between leads nowhere (DNS rebinding). Redirects are not
followed. Sources: OWASP SSRF Prevention Cheat Sheet; IANA special-purpose address registries through `ipaddress`.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from core.domain.texts import Text

SECONDS_MAX = 5.0  # for connecting, sending and the answer together; looking up the name has as long before
ANSWER_MAX = 64 * 1024
URL_LENGTH_MAX = 500
PORTS = frozenset({443, 8443})


class AddressRefused(OSError):
    """Nothing is sent there; `text` says why in words for people."""

    def __init__(self, text: Text) -> None:
        super().__init__(str(text))
        self.text = text


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart: where to connect, and what to ask for there."""

    secure: bool
    host: str
    port: int
    path: str
    host_header: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and after how many milliseconds."""

    status: int
    milliseconds: int

    @property
    def is_good(self) -> bool:
        """Taken: any 2xx. A redirect is not followed, so it is not good."""
        return 200 <= self.status < 300


def read_url(url: str, *, production: bool) -> Target:
    """The URL taken apart; nobody is asked. Raises AddressRefused.

    In production https on one of `PORTS`; elsewhere http and any port, too, so that a developer can receive.
    """
    if not url.isascii() or not url.isprintable() or " " in url or len(url) > URL_LENGTH_MAX:
        raise AddressRefused(
            Text("Use at most {n} plain letters, without spaces; a name in other letters as xn--", n=URL_LENGTH_MAX)
        )
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise AddressRefused(Text("This is not an address; write it like https://example.com/hooks")) from None
    if parts.scheme not in ({"https"} if production else {"https", "http"}):
        raise AddressRefused(Text("The address must begin with https://"))
    if not host:
        raise AddressRefused(Text("This is not an address; write it like https://example.com/hooks"))
    if "@" in parts.netloc or parts.fragment:
        raise AddressRefused(Text("Leave out names, passwords and # from the address"))
    secure = parts.scheme == "https"
    found = (443 if secure else 80) if port is None else port
    if production and found not in PORTS:
        raise AddressRefused(Text("Use one of the ports {ports}", ports=", ".join(map(str, sorted(PORTS)))))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(secure, host, found, path, parts.netloc)


def resolve(target: Target, *, production: bool) -> tuple[str, ...]:
    """The addresses behind the name. Raises AddressRefused for an unknown name, and when any of them is not public."""
    found = _look_up(target)
    for one in found:
        if not is_public(one) and (production or not _is_loopback(one)):
            raise AddressRefused(
                Text("{address} is not a public address", address=one) if one == target.host
                else Text("{host} leads to {address}, which is not a public address", host=target.host, address=one)
            )  # fmt: skip
    return found


def _look_up(target: Target) -> tuple[str, ...]:
    """`getaddrinfo` knows no time limit, so it is asked from a thread of its own."""
    found: list[str] = []

    def ask() -> None:
        with suppress(OSError, UnicodeError):
            answers = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
            found.extend(dict.fromkeys(str(answer[4][0]) for answer in answers))

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(SECONDS_MAX)
    if not found:
        raise AddressRefused(Text("The name {host} is not known", host=target.host))
    return tuple(found)


def is_public(address: str) -> bool:
    """Whether an address belongs to the public internet; what is wrapped in an IPv6 address is looked at, too."""
    found = _unwrapped(address)
    if isinstance(found, ipaddress.IPv6Address) and (found.is_site_local or found.teredo is not None):
        return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def _is_loopback(address: str) -> bool:
    return _unwrapped(address).is_loopback


def _unwrapped(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        return found.ipv4_mapped or found.sixtofour or found
    return found


def post(url: str, body: bytes, headers: Mapping[str, str], *, production: bool) -> Answer:
    """Posts once. Raises AddressRefused, or OSError (TimeoutError, ssl.SSLError ...) when nobody answers in time."""
    target = read_url(url, production=production)
    addresses = resolve(target, production=production)
    started = time.monotonic()
    deadline = started + SECONDS_MAX
    with closing(_connect(target, addresses, deadline)) as line:
        asking = http.client.HTTPConnection(target.host, target.port)
        asking.sock = _Limited(line, deadline)
        try:
            asking.request("POST", target.path, body, {**headers, "Host": target.host_header, "Connection": "close"})
            answer = asking.getresponse()
        except http.client.HTTPException as error:
            raise OSError(f"not an answer in HTTP: {type(error).__name__}") from None
        with suppress(OSError, http.client.HTTPException):  # what it says is dropped; read, so that it may end politely
            answer.read(ANSWER_MAX)
        return Answer(answer.status, int((time.monotonic() - started) * 1000))


def _connect(target: Target, addresses: tuple[str, ...], deadline: float) -> socket.socket:
    """To the first of the checked addresses that takes the call."""
    failed: OSError = TimeoutError()
    for address in addresses:
        try:
            plain = socket.create_connection((address, target.port), timeout=_left(deadline))
        except OSError as error:
            failed = error
            continue
        if not target.secure:
            return plain
        try:
            plain.settimeout(_left(deadline))
            return tls_context().wrap_socket(plain, server_hostname=target.host)
        except BaseException:
            plain.close()
            raise
    raise failed


def tls_context() -> ssl.SSLContext:
    """Certificates and names are checked."""
    return ssl.create_default_context()


def _left(deadline: float) -> float:
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


class _Limited:
    """A socket as `http.client` uses one: one deadline for all of it, and an end to what is read."""

    def __init__(self, line: socket.socket, deadline: float) -> None:
        self._line = line
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        self._line.settimeout(_left(self._deadline))
        self._line.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reading(self._line, self._deadline))

    def close(self) -> None:
        """The connection is closed by who opened it."""


class _Reading(io.RawIOBase):
    def __init__(self, line: socket.socket, deadline: float) -> None:
        self._line = line
        self._deadline = deadline
        self._room = ANSWER_MAX

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._room <= 0:
            raise OSError(f"the answer is longer than {ANSWER_MAX} bytes")
        self._line.settimeout(_left(self._deadline))
        count = self._line.recv_into(buffer, min(len(buffer), self._room))
        self._room -= count
        return count
