"""Settings of one installation, read once from the environment."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from core.domain.errors import SettingsInvalid

ROOT = Path(__file__).resolve().parent.parent
SECRET_LENGTH_MIN = 32
_EXAMPLE_SECRETS = frozenset({"change-me", "changeme", "secret", "development", "dev", "test"})


@dataclass(frozen=True, slots=True)
class MailSettings:
    """Where mail leaves. Without a host nothing leaves: messages stay queued and visible."""

    host: str | None
    port: int
    username: str | None
    password: str | None
    starttls: bool
    sender: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Frozen for the life of the process; made by `from_env`.

    `environment` is "development", "production" or "test". `database_url` is None for the embedded PostgreSQL.
    """

    environment: str
    instance: Path
    database_url: str | None
    secret_key: str
    host: str
    port: int
    public_url: str
    time_zone: ZoneInfo
    mail: MailSettings
    sms_gateway_url: str | None
    day_close_hour: int
    demo: bool
    demo_days: int
    lender_name: str
    web_workers: int
    sms_drop: Path
    clamd: str | None = None  # a Unix socket or host:port of a virus scanner

    @property
    def production(self) -> bool:
        """True where nothing may be forgiven."""
        return self.environment == "production"

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None, *, instance: Path | None = None) -> Settings:
        """Reads `env` (the process's environment when None).

        Raises SettingsInvalid in production for a missing, short or example SECRET_KEY, and for the embedded
        database or demo data unless PROMISSORY_ALLOW_EMBEDDED / PROMISSORY_ALLOW_DEMO say so.
        """
        env = os.environ if env is None else env
        environment = env.get("PROMISSORY_ENV", "development")
        if environment not in {"development", "production", "test"}:
            raise SettingsInvalid(f"PROMISSORY_ENV is {environment!r}; use development, production or test")
        instance = instance or Path(env.get("PROMISSORY_INSTANCE", ROOT / "instance"))
        port = _int(env, "PORT", 8000)
        host = env.get("HOST", "127.0.0.1")
        settings = cls(
            environment=environment,
            instance=instance,
            database_url=env.get("DATABASE_URL") or None,
            secret_key=_secret_key(env, environment, instance),
            host=host,
            port=port,
            public_url=env.get("PUBLIC_URL", f"http://127.0.0.1:{port}").rstrip("/"),
            time_zone=ZoneInfo(env.get("LENDER_TIME_ZONE", "Asia/Shanghai")),
            mail=_mail(env),
            sms_gateway_url=env.get("SMS_GATEWAY_URL") or None,
            day_close_hour=_int(env, "DAY_CLOSE_HOUR", 0),
            demo=_flag(env, "PROMISSORY_DEMO", environment == "development"),
            demo_days=_int(env, "DEMO_DAYS", 547),
            lender_name=env.get("LENDER_NAME", "Promissory Demo Lending"),
            web_workers=_int(env, "WEB_WORKERS", 2),
            sms_drop=instance / "sms",
            clamd=env.get("CLAMD") or None,
        )
        if environment == "production":
            _refuse_unsafe(settings, env)
        return settings


def _refuse_unsafe(settings: Settings, env: Mapping[str, str]) -> None:
    if settings.database_url is None and not _flag(env, "PROMISSORY_ALLOW_EMBEDDED", False):
        raise SettingsInvalid("Set DATABASE_URL, or PROMISSORY_ALLOW_EMBEDDED=1 to run on the embedded database")
    if settings.demo and not _flag(env, "PROMISSORY_ALLOW_DEMO", False):
        raise SettingsInvalid("PROMISSORY_DEMO is on; production needs PROMISSORY_ALLOW_DEMO=1 to accept demo data")


def _secret_key(env: Mapping[str, str], environment: str, instance: Path) -> str:
    given = env.get("SECRET_KEY", "")
    if environment == "production":
        if len(given) < SECRET_LENGTH_MIN or given.lower() in _EXAMPLE_SECRETS:
            raise SettingsInvalid(
                f"SECRET_KEY is missing, short or an example; set at least {SECRET_LENGTH_MIN} random characters, "
                'for example from: python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
            )
        return given
    return given or _kept_secret(instance / "secret_key")


def _kept_secret(path: Path) -> str:
    """The development secret, made on first start and kept with the instance."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    secret = secrets.token_urlsafe(48)
    with os.fdopen(descriptor, "w") as file:
        file.write(secret)
    return secret


def _mail(env: Mapping[str, str]) -> MailSettings:
    return MailSettings(
        host=env.get("MAIL_HOST") or None,
        port=_int(env, "MAIL_PORT", 25),
        username=env.get("MAIL_USERNAME") or None,
        password=env.get("MAIL_PASSWORD") or None,
        starttls=_flag(env, "MAIL_STARTTLS", False),
        sender=env.get("MAIL_SENDER", "no-reply@localhost"),
    )


def _int(env: Mapping[str, str], name: str, otherwise: int) -> int:
    text = env.get(name, "")
    try:
        return int(text) if text else otherwise
    except ValueError:
        raise SettingsInvalid(f"{name} is {text!r}; it must be a whole number") from None


def _flag(env: Mapping[str, str], name: str, otherwise: bool) -> bool:
    text = env.get(name, "").strip().lower()
    if text not in {"", "0", "1", "true", "false", "yes", "no"}:
        raise SettingsInvalid(f"{name} is {text!r}; use 1 or 0")
    return otherwise if not text else text in {"1", "true", "yes"}
