"""Production forgives nothing; development keeps its own secret."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from core.domain.errors import SettingsInvalid
from core.settings import Settings

GOOD = {
    "PROMISSORY_ENV": "production",
    "SECRET_KEY": "k3" * 24,
    "DATABASE_URL": "postgresql://lender@127.0.0.1/promissory",
}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"DATABASE_URL": ""}, "DATABASE_URL"),
        ({"PROMISSORY_DEMO": "1"}, "PROMISSORY_ALLOW_DEMO"),
        ({"PROMISSORY_ENV": "prod"}, "PROMISSORY_ENV"),
        ({"PORT": "eighty"}, "PORT"),
        ({"PROMISSORY_DEMO": "maybe"}, "PROMISSORY_DEMO"),
    ],
)
def test_an_unsafe_start_is_refused_and_says_why(tmp_path: Path, change: dict[str, str], reason: str) -> None:
    with pytest.raises(SettingsInvalid, match=reason):
        Settings.from_env({**GOOD, **change}, instance=tmp_path)


def test_a_safe_production_start_is_accepted_and_demo_is_off(tmp_path: Path) -> None:
    settings = Settings.from_env(GOOD, instance=tmp_path)
    assert settings.production
    assert not settings.demo
    told = {**GOOD, "DATABASE_URL": "", "PROMISSORY_ALLOW_EMBEDDED": "1"}
    assert Settings.from_env(told, instance=tmp_path).database_url is None


def test_the_development_secret_is_made_once_and_kept_to_its_owner(tmp_path: Path) -> None:
    first = Settings.from_env({}, instance=tmp_path).secret_key
    assert len(first) >= 32
    assert Settings.from_env({}, instance=tmp_path).secret_key == first
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
