"""Second factor: codes by time that work once, recovery codes kept as keyed hashes."""

from __future__ import annotations

import hmac
from typing import Any

import segno
from flask_security import MfRecoveryCodesUtil, Totp
from passlib.exc import UsedTokenError
from sqlalchemy import or_, update

from core import crypto
from core.auth.datastore import Account, AccountStore, account_of


class OneTimeCodes(Totp):
    """RFC 6238 codes; the time step of the last one taken is kept, so that a code cannot be replayed anywhere."""

    store: AccountStore

    def get_last_counter(self, user: Any) -> int | None:
        """The last step taken."""
        return user.tf_last_counter

    def set_last_counter(self, user: Any, tmatch: Any) -> None:
        """Takes the step unless another process took it meanwhile. Raises UsedTokenError (the code is refused)."""
        session = self.store.db.session
        newer = or_(Account.tf_last_counter.is_(None), Account.tf_last_counter < tmatch.counter)
        query = update(Account).where(Account.id == user.id, newer).values(tf_last_counter=tmatch.counter)
        taken = session.execute(query.execution_options(synchronize_session="evaluate"))
        if taken.rowcount != 1:  # type: ignore[attr-defined]
            raise UsedTokenError

    def generate_qrcode(self, username: str, totp: str) -> str:
        """Dark on white whatever the page's theme."""
        code = segno.make(self.get_totp_uri(username, totp), error="m")
        return str(code.svg_data_uri(scale=5, border=3, dark="#000", light="#fff"))


class RecoveryCodes(MfRecoveryCodesUtil):
    """Codes for the day the phone is lost: shown once, kept as HMAC, each good for one sign-in."""

    store: AccountStore

    def get_recovery_codes(self, user: Any) -> list[str]:  # noqa: ARG002
        """They cannot be shown again: make new ones."""
        return []

    def check_recovery_code(self, user: Any, code: str) -> bool:
        """Whether the code is one of the unused."""
        wanted = hash_code(user, code)
        return any(hmac.compare_digest(wanted, kept) for kept in user.mf_recovery_codes or [])

    def delete_recovery_code(self, user: Any, code: str) -> bool:
        """Uses it up. False when another process did so meanwhile."""
        self.store.db.session.refresh(user, ["mf_recovery_codes"], with_for_update=True)
        kept = list(user.mf_recovery_codes or [])
        wanted = hash_code(user, code)
        if wanted not in kept:
            return False
        kept.remove(wanted)
        user.mf_recovery_codes = kept
        return True

    def create_recovery_codes(self, user: Any) -> list[str]:
        """New codes; the old ones are void."""
        from flask import current_app

        factory: OneTimeCodes = current_app.extensions["security"].totp_factory
        codes: list[str] = factory.generate_recovery_codes(current_app.config["SECURITY_MULTI_FACTOR_RECOVERY_CODES_N"])
        account = account_of(user)
        account.mf_recovery_codes = [hash_code(account, code) for code in codes]
        return codes


def hash_code(user: Any, code: str) -> str:
    """What is kept of a recovery code."""
    return crypto.blind_index(f"{user.id} {code.replace('-', '')}", purpose="recovery code")
