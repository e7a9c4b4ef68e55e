"""Signing by one-time code: the code, its life, and the evidence that is kept.

The code is bound to the hash of what was shown, so that it signs that text and no other. Evidence follows what the
E-Signature Law of the PRC (art. 13) and Regulation (EU) 910/2014 (art. 25) ask of an electronic signature: who, what,
when, whence, and that the signatory alone controlled the means.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from core.domain.errors import InvalidInput
from core.domain.texts import Text

CODE_DIGITS = 6
CODE_LIFE = timedelta(minutes=10)
TRIES_MAX = 5
SEND_PAUSE = timedelta(seconds=30)  # before another code may be asked for

NOT_A_CODE = Text("Enter the {n} digits of the code", n=CODE_DIGITS)
CODE_EXPIRED = Text("This code has expired. Ask for a new one.")
CODE_EXHAUSTED = Text("There were too many wrong tries. Ask for a new code.")
NO_CODE = Text("No code was sent for this contract yet. Ask for one.")
CODE_USED = Text("This code was already used. Ask for a new one.")

_CONSENTS = {
    "en": (
        "I have read contract {reference} and received it in a form I can keep. By entering the code sent to me "
        "I sign it electronically, and agree that this signature binds me like one on paper."
    ),
    "zh": (
        "本人已阅读并收到可留存的合同（编号：{reference}）。本人输入所收到的验证码，即以电子签名方式签署本合同，"
        "并确认该电子签名与手写签名具有同等法律效力。"
    ),
}


def consent_text(reference: str, locale: str) -> str:
    """What the signatory agrees to, in the language of the contract; shown beside the code and kept as evidence."""
    return _CONSENTS["zh" if locale.startswith("zh") else "en"].format(reference=reference)


def new_code() -> str:
    """Six digits from the system's random source."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


@dataclass(frozen=True, slots=True)
class SigningCode:
    """A code that was sent, without the code: salt and digest, when, and how often it was tried."""

    salt: bytes = field(repr=False)
    digest: bytes = field(repr=False)
    sent_at: datetime
    tries: int = 0
    used: bool = False

    @classmethod
    def made(cls, code: str, content_sha256: str, at: datetime, key: bytes) -> SigningCode:
        """The record of `code`, good for the content of that hash for ten minutes from `at`.

        `key` is the installation's own: who has only the record cannot try codes against it.
        """
        salt = secrets.token_bytes(16)
        return cls(salt, _digest(code, content_sha256, salt, key), at)

    @property
    def expires_at(self) -> datetime:
        """The first instant at which it is no longer good."""
        return self.sent_at + CODE_LIFE

    def tried(self, typed: str, content_sha256: str, at: datetime, key: bytes) -> tuple[bool, SigningCode]:
        """Whether `typed` is the code, and the record afterwards: a wrong try is counted, the right one uses it up.

        Keep the record in either case. Raises InvalidInput (field `code`) without counting when the text is no code,
        and when this one is used, expired or tried too often.
        """
        plain = "".join(unicodedata.normalize("NFKC", typed).split())
        if self.used:
            raise InvalidInput({"code": CODE_USED})
        if at >= self.expires_at:
            raise InvalidInput({"code": CODE_EXPIRED})
        if self.tries >= TRIES_MAX:
            raise InvalidInput({"code": CODE_EXHAUSTED})
        if len(plain) != CODE_DIGITS or not plain.isascii() or not plain.isdigit():
            raise InvalidInput({"code": NOT_A_CODE})
        if hmac.compare_digest(_digest(plain, content_sha256, self.salt, key), self.digest):
            return True, replace(self, tries=self.tries + 1, used=True)
        return False, replace(self, tries=self.tries + 1)

    @property
    def refusal(self) -> Text:
        """What to say after a wrong try."""
        left = TRIES_MAX - self.tries
        return Text("That code is not right. Tries left: {n}", n=left) if left > 0 else CODE_EXHAUSTED


@dataclass(frozen=True, slots=True)
class SignatureEvidence:
    """Who signed what, when and whence. `sent_to` is masked; `address` is the network address of the signatory."""

    signer: str
    content_sha256: str
    consent: str
    sent_to: str
    code_sent_at: datetime
    signed_at: datetime
    address: str

    def __post_init__(self) -> None:
        if self.code_sent_at.tzinfo is None or self.signed_at.tzinfo is None:
            raise ValueError("instants are aware")
        if self.signed_at < self.code_sent_at:
            raise ValueError("a code is sent before it signs")


def masked_address(recipient: str) -> str:
    """A phone number or mail address, recognisable only to its owner: `138****5678`, `l•••@example.org`."""
    name, at, host = recipient.partition("@")
    if at:
        return f"{name[:1]}•••@{host}"
    return f"{recipient[:3]}****{recipient[-4:]}" if len(recipient) > 8 else f"****{recipient[-2:]}"


def _digest(code: str, content_sha256: str, salt: bytes, key: bytes) -> bytes:
    return hmac.digest(key, salt + f"{code}:{content_sha256}".encode(), hashlib.sha256)
