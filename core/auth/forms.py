"""The library's forms with our rules: no account is given away, tries are counted, reset also confirms an address."""

from __future__ import annotations

from typing import Any

from flask import current_app
from flask_security import PasswordUtil
from flask_security.forms import (
    ChangePasswordForm,
    ForgotPasswordForm,
    LoginForm,
    RegisterFormV2,
    TwoFactorRescueForm,
    TwoFactorSetupForm,
    TwoFactorVerifyCodeForm,
    VerifyForm,
)
from flask_security.recovery_codes import MfRecoveryForm
from wtforms import RadioField, StringField

from core.auth import throttle
from core.auth.datastore import Account
from core.domain.passwords import LENGTH_MIN, LENGTH_MIN_WITH_SECOND_FACTOR, password_faults
from core.i18n import translate


class SignInForm(LoginForm):
    """E-mail address and password. Unknown and wrong look the same; the rest is told once the password is right."""

    remember = None

    def validate(self, **kwargs: Any) -> bool:
        """Counts every failure alike."""
        right: bool = super().validate(**kwargs)
        if not right and self.email.data and self.password.data and not self.user_authenticated:
            throttle.count_wrong_password(str(self.email.data))
        return right


class SignUpForm(RegisterFormV2):
    """E-mail address and a long password."""


class ForgottenForm(ForgotPasswordForm):
    """A reset link also proves the address, so it is sent to unconfirmed accounts as well."""

    def validate(self, **kwargs: Any) -> bool:
        """Only active accounts get one; the answer is the same for all."""
        valid: bool = super().validate(**kwargs)
        if not valid and self.requires_confirmation and self.user is not None and self.user.is_active:
            self.email.errors = []
            return True
        return valid


class ReauthenticateForm(VerifyForm):
    """The password again before something grave."""

    def validate(self, **kwargs: Any) -> bool:
        """A wrong one counts."""
        right: bool = super().validate(**kwargs)
        if not right and self.password.data:
            throttle.count_wrong_password(self.user.email)
        return right


class NewPasswordForm(ChangePasswordForm):
    """Old and new password."""


class SetupForm(TwoFactorSetupForm):
    """Which second step; there is one kind (the library's own field uses what WTForms is about to remove)."""

    setup = StringField()


class RescueForm(TwoFactorRescueForm):
    """Not offered: recovery codes and administrators help."""

    help_setup = RadioField(choices=[], validate_choice=False)


class CodeForm(TwoFactorVerifyCodeForm):
    """A code by time; spaces as authenticator apps show them are welcome."""

    def validate(self, **kwargs: Any) -> bool:
        """Cleans and checks."""
        self.code.data = "".join(str(self.code.data or "").split())
        return bool(super().validate(**kwargs))


class RecoveryForm(MfRecoveryForm):
    """A recovery code in any spelling."""

    def validate(self, **kwargs: Any) -> bool:
        """A wrong one counts."""
        bare = "".join(str(self.code.data or "").lower().replace("-", "").split())
        self.code.data = "-".join(bare[at : at + 4] for at in range(0, len(bare), 4))
        right: bool = super().validate(**kwargs)
        if not right and bare and self.user is not None:
            throttle.count_wrong_code(str(self.user.id))
        return right


class PasswordRules(PasswordUtil):
    """The lender's rules in the place where the library asks for them."""

    def validate(self, password: str, is_register: bool, **kwargs: Any) -> tuple[list[str] | None, str]:
        """Messages (in the reader's language) or None, and the normalised password."""
        plain = self.normalize(password)
        user = kwargs.get("user")
        account = user if isinstance(user, Account) else getattr(user, "_get_current_object", lambda: None)()
        short = account is not None and not is_register and account.check_tf_required_setup()
        about = [current_app.extensions["promissory"].settings.lender_name]
        about += [account.email, account.name] if account is not None else [str(kwargs.get("email") or "")]
        faults = password_faults(plain, minimum=LENGTH_MIN_WITH_SECOND_FACTOR if short else LENGTH_MIN, about=about)
        return [translate(fault) for fault in faults] or None, plain


def errors_of(form: Any) -> dict[str, Any]:
    """A WTForms form as the field macros read it: typed values (never passwords) and messages by field."""
    if form is None:
        return {"values": {}, "errors": {}}
    values = {field.name: field.data for field in form if field.type not in {"PasswordField", "CSRFTokenField"}}
    errors = {field.name: [str(text) for text in field.errors] for field in form if field.errors}
    if form.form_errors:
        errors["_"] = sorted({str(text) for text in form.form_errors})
    return {"values": values, "errors": errors}
