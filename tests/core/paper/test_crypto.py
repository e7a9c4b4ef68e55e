"""Field encryption: ciphertexts bound to their place, rotation, blind index."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from core import crypto
from core.crypto import CiphertextInvalid, FieldKey, KeyMissing, KeyRing
from core.domain.errors import SettingsInvalid

SECRET = "a secret of this test, long enough to be one"
OLD, NEW = base64.b64encode(b"o" * 32).decode(), base64.b64encode(b"n" * 32).decode()


def ring(field_keys: str = "") -> KeyRing:
    return KeyRing.from_secret(SECRET, {"FIELD_KEYS": field_keys})


@given(st.text(max_size=200), st.text(max_size=40))
def test_what_goes_in_comes_out(plain: str, place: str) -> None:
    keys = ring()
    sealed = keys.encrypt(plain, aad=place)
    assert keys.decrypt(sealed, aad=place) == plain
    assert plain not in sealed or len(plain) < 4


def test_a_cell_moved_to_another_column_does_not_open() -> None:
    keys = ring()
    sealed = keys.encrypt("310101199003071234", aad="party.identity_number")
    with pytest.raises(CiphertextInvalid):
        keys.decrypt(sealed, aad="contact.value")


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_one_changed_byte_does_not_open(at: int, flip: int) -> None:
    keys = ring()
    sealed = bytearray(keys.encrypt_bytes(b"some bytes of a document", aad="x"))
    sealed[at % len(sealed)] ^= flip
    with pytest.raises((CiphertextInvalid, KeyMissing)):
        keys.decrypt_bytes(bytes(sealed), aad="x")


def test_the_format_is_plain_aes_gcm() -> None:
    """An outsider with the key can read it: version, key name, nonce, ciphertext; head and place are bound."""
    keys = ring(f"k1:{OLD}")
    version, kid, nonce, ciphertext = keys.encrypt("张小莉", aad="party.name").split(":")
    assert (version, kid) == ("v1", "k1")
    opened = AESGCM(b"o" * 32).decrypt(
        base64.urlsafe_b64decode(nonce), base64.urlsafe_b64decode(ciphertext), b"v1:k1:party.name"
    )
    assert opened.decode() == "张小莉"


def test_rotation_keeps_old_ciphertexts_readable_until_the_key_is_gone() -> None:
    before, during, after = ring(f"k1:{OLD}"), ring(f"k2:{NEW} k1:{OLD}"), ring(f"k2:{NEW}")
    sealed = before.encrypt("value", aad="a")
    assert during.decrypt(sealed, aad="a") == "value"
    assert not sealed.startswith(during.head)
    assert during.encrypt("value", aad="a").startswith(during.head)
    with pytest.raises(KeyMissing, match="k1"):
        after.decrypt(sealed, aad="a")


def test_moving_from_the_derived_key_to_own_keys_loses_nothing() -> None:
    sealed = ring().encrypt("value", aad="a")
    assert ring(f"k1:{OLD}").decrypt(sealed, aad="a") == "value"


def test_nonces_do_not_repeat() -> None:
    keys = ring()
    nonces = {keys.encrypt("x", aad="a").split(":")[2] for _ in range(20_000)}
    assert len(nonces) == 20_000


def test_blind_index_finds_the_same_value_in_other_spelling_and_hides_it() -> None:
    keys = ring()
    assert keys.blind_index("ｘｉａｏ@Example.org", purpose="mail") == keys.blind_index(
        "xiao@example.ORG", purpose="mail"
    )
    assert keys.blind_index("a", purpose="mail") != keys.blind_index("a", purpose="phone")
    assert keys.blind_index("a", purpose="mail") != KeyRing.from_secret("another secret " * 3).blind_index(
        "a", purpose="mail"
    )


@pytest.mark.parametrize(
    "bad", ["k1", "k1:short", f"k1:{OLD[:20]}", "k1:" + "!" * 44, f"k-1:{OLD}", f"k1:{OLD} k1:{NEW}"]
)
def test_bad_keys_stop_the_start(bad: str) -> None:
    with pytest.raises(SettingsInvalid):
        ring(bad)


@pytest.mark.parametrize("bad", ["", "v1", "v1:k1:a:b", "v2:x:y:z", "v1:::", "plain text"])
def test_what_is_no_ciphertext_is_said_to_be_none(bad: str) -> None:
    with pytest.raises((CiphertextInvalid, KeyMissing)):
        ring(f"k1:{OLD}").decrypt(bad, aad="a")


def test_a_start_with_other_keys_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crypto, "_ring", ring())
    crypto.check_keys(tmp_path / "check")
    crypto.check_keys(tmp_path / "check")
    monkeypatch.setattr(crypto, "_ring", KeyRing.from_secret("another secret " * 3))
    with pytest.raises(SettingsInvalid, match="SECRET_KEY"):
        crypto.check_keys(tmp_path / "check")


def test_keys_do_not_show_when_printed() -> None:
    assert "oooo" not in repr(FieldKey("k1", b"o" * 32))
    assert "index_key" not in repr(ring())
