"""Encryption of single cells and files, with rotation, and the blind index that makes equality searchable.

AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce; what a ciphertext belongs to is bound as associated data, so a
cell copied to another column does not open. Keys are kept newest first: the first encrypts, all decrypt. The blind
index is HMAC-SHA256 under a key of its own.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.domain.errors import LendingError, SettingsInvalid
from core.settings import Settings

_VERSION = "v1"
_NONCE_BYTES = 12
_KEY_BYTES = 32
_CHECK = "the keys of this installation"


class CiphertextInvalid(LendingError):
    """The ciphertext was changed, cut, or belongs to another place."""

    code = "ciphertext_invalid"


class KeyMissing(LendingError):
    """The key a ciphertext was made with is no longer in the ring."""

    code = "key_missing"


@dataclass(frozen=True, slots=True)
class FieldKey:
    """One AES-256 key and the name ciphertexts know it by."""

    kid: str
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != _KEY_BYTES:
            raise SettingsInvalid(f"Field key {self.kid!r} has {len(self.secret)} bytes; it needs {_KEY_BYTES}")
        if not self.kid.isalnum() or not self.kid.isascii():
            raise SettingsInvalid(f"Field key name {self.kid!r} must be letters and digits")


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys of one installation: `keys` newest first, and the separate key of the blind index."""

    keys: tuple[FieldKey, ...]
    index_key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not self.keys:
            raise SettingsInvalid("There is no field key")
        if len({key.kid for key in self.keys}) != len(self.keys):
            raise SettingsInvalid("Two field keys have the same name")

    @classmethod
    def from_secret(cls, secret_key: str, env: Mapping[str, str] | None = None) -> KeyRing:
        """The ring of an installation.

        `env` may carry FIELD_KEYS, `name:base64 name:base64 ...` newest first, and FIELD_INDEX_KEY (base64). What is
        not given is derived from `secret_key` (HKDF, RFC 5869); the derived key always stays in the ring as the
        oldest, so that moving to FIELD_KEYS leaves older rows readable. Raises SettingsInvalid for keys
        that cannot be read.
        """
        env = env or {}
        derived = _derive(secret_key, "field encryption")
        own = FieldKey("s" + hashlib.sha256(derived).hexdigest()[:7], derived)
        given = tuple(_parse_key(part) for part in env.get("FIELD_KEYS", "").split())
        index = env.get("FIELD_INDEX_KEY", "")
        return cls(
            (*given, own), _decode_key(index, "FIELD_INDEX_KEY") if index else _derive(secret_key, "blind index")
        )

    def encrypt_bytes(self, plain: bytes, *, aad: str) -> bytes:
        """`v1:kid:` followed by nonce and ciphertext, bound to `aad`."""
        nonce, head = os.urandom(_NONCE_BYTES), self.head.encode()
        return head + nonce + AESGCM(self.keys[0].secret).encrypt(nonce, plain, _bound(head, aad))

    def decrypt_bytes(self, sealed: bytes, *, aad: str) -> bytes:
        """The plain bytes. Raises CiphertextInvalid when changed or bound elsewhere, KeyMissing for a key not held."""
        version, _, rest = sealed.partition(b":")
        kid, colon, body = rest.partition(b":")
        if version != _VERSION.encode() or not colon or len(body) <= _NONCE_BYTES:
            raise CiphertextInvalid("This is not a ciphertext of this service")
        name = kid.decode("ascii", "replace")
        key = next((key for key in self.keys if key.kid == name), None)
        if key is None:
            raise KeyMissing(f"Field key {name!r} is not in the ring; add it to FIELD_KEYS again", kid=name)
        head = sealed[: len(sealed) - len(body)]
        try:
            return AESGCM(key.secret).decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], _bound(head, aad))
        except InvalidTag:
            raise CiphertextInvalid(f"A ciphertext of {aad} was changed or moved") from None

    def encrypt(self, plain: str, *, aad: str) -> str:
        """Text as `v1:kid:nonce:ciphertext` (base64url), bound to `aad`, usually `table.column`."""
        sealed = self.encrypt_bytes(plain.encode(), aad=aad)
        body = sealed[len(self.head) :]
        return f"{self.head}{_b64(body[:_NONCE_BYTES])}:{_b64(body[_NONCE_BYTES:])}"

    def decrypt(self, sealed: str, *, aad: str) -> str:
        """The plain text. Raises CiphertextInvalid or KeyMissing."""
        parts = sealed.split(":")
        if len(parts) != 4:
            raise CiphertextInvalid("This is not a ciphertext of this service")
        try:
            body = _unb64(parts[2]) + _unb64(parts[3])
        except (ValueError, binascii.Error):
            raise CiphertextInvalid("This is not a ciphertext of this service") from None
        return self.decrypt_bytes(f"{parts[0]}:{parts[1]}:".encode() + body, aad=aad).decode()

    @property
    def head(self) -> str:
        """What every ciphertext of the newest key begins with; a rotation rewrites the others."""
        return f"{_VERSION}:{self.keys[0].kid}:"

    def key_for(self, purpose: str) -> bytes:
        """32 bytes of this installation for keyed hashes of one purpose."""
        return hmac.digest(self.index_key, b"key\x00" + purpose.encode(), hashlib.sha256)

    def blind_index(self, value: str, *, purpose: str) -> str:
        """64 hex digits, equal for values that differ only in width, case and spaces (NFKC, casefolded)."""
        plain = "".join(unicodedata.normalize("NFKC", value).casefold().split())
        return hmac.new(self.index_key, f"{purpose}\x00{plain}".encode(), hashlib.sha256).hexdigest()


_ring: KeyRing | None = None


def use(ring: KeyRing) -> None:
    """Makes `ring` the ring of this process; called once by the composition root."""
    global _ring
    _ring = ring


def use_settings(settings: Settings) -> None:
    """`use` with the keys of the environment: FIELD_KEYS and FIELD_INDEX_KEY are read here and nowhere else."""
    use(KeyRing.from_secret(settings.secret_key, os.environ))


def ring() -> KeyRing:
    """The ring in use. Raises SettingsInvalid before `use` was called."""
    if _ring is None:
        raise SettingsInvalid("The field keys are not loaded; the app calls core.crypto.use at start")
    return _ring


def encrypt(plain: str, *, aad: str) -> str:
    """`KeyRing.encrypt` with the ring in use."""
    return ring().encrypt(plain, aad=aad)


def decrypt(sealed: str, *, aad: str) -> str:
    """`KeyRing.decrypt` with the ring in use."""
    return ring().decrypt(sealed, aad=aad)


def blind_index(value: str, *, purpose: str = "") -> str:
    """`KeyRing.blind_index` with the ring in use."""
    return ring().blind_index(value, purpose=purpose)


def key_for(purpose: str) -> bytes:
    """`KeyRing.key_for` with the ring in use."""
    return ring().key_for(purpose)


def check_keys(path: Path) -> None:
    """Refuses a start with the wrong keys: the first start leaves a ciphertext at `path`, later ones must open it.

    Raises SettingsInvalid when they cannot.
    """
    if not path.exists():
        leave_check(path)
        return
    try:
        decrypt(path.read_text().strip(), aad="check")
    except (CiphertextInvalid, KeyMissing) as error:
        raise SettingsInvalid(
            "SECRET_KEY or FIELD_KEYS differ from those this installation's data was encrypted with; "
            f"restore them ({error.message})"
        ) from None


def leave_check(path: Path) -> None:
    """Writes the ciphertext that `check_keys` opens, under the newest key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(encrypt(_CHECK, aad="check"))


def _bound(head: bytes, aad: str) -> bytes:
    return head + aad.encode()


def _derive(secret_key: str, purpose: str) -> bytes:
    return HKDF(SHA256(), _KEY_BYTES, salt=None, info=f"promissory {purpose}".encode()).derive(secret_key.encode())


def _parse_key(part: str) -> FieldKey:
    name, colon, text = part.partition(":")
    if not colon:
        raise SettingsInvalid("FIELD_KEYS must read name:base64 name:base64 ..., newest first")
    return FieldKey(name, _decode_key(text, f"FIELD_KEYS {name!r}"))


def _decode_key(text: str, what: str) -> bytes:
    try:
        key = base64.b64decode(text, altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise SettingsInvalid(f"{what} is not base64") from None
    if len(key) != _KEY_BYTES:
        raise SettingsInvalid(f"{what} has {len(key)} bytes; it needs {_KEY_BYTES}")
    return key


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode()


def _unb64(text: str) -> bytes:
    return base64.b64decode(text, altchars=b"-_", validate=True)
