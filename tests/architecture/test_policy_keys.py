"""Every key of a shipped policy is read by the product and explained on the page about policies."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from fnmatch import fnmatchcase
from importlib import import_module
from typing import Any

import pytest

from core.settings import ROOT
from origination.domain.lender import LenderProfile
from origination.domain.policy import OriginationPolicy
from origination.domain.policy_cases import run_cases

DAY = date(2026, 11, 22)
STAGES = ("origination", "repayment", "scoring")


class Watched(dict[str, Any]):
    """A table that notes each of its keys that is asked for, under its path without list positions."""

    def __init__(self, table: dict[str, Any], path: str, read: set[str]) -> None:
        super().__init__({name: watch(value, f"{path}{name}", read) for name, value in table.items()})
        self.path, self.read = path, read

    def note(self, name: str) -> None:
        self.read.add(f"{self.path}{name}")

    def __getitem__(self, name: str) -> Any:
        self.note(name)
        return super().__getitem__(name)

    def get(self, name: str, other: Any = None) -> Any:
        self.note(name)
        return super().get(name, other)

    def pop(self, name: str, *other: Any) -> Any:
        self.note(name)
        return super().pop(name, *other)

    def items(self) -> Any:
        for name in self:
            self.note(name)
        return super().items()

    def values(self) -> Any:
        for name in self:
            self.note(name)
        return super().values()

    def __iter__(self) -> Iterator[str]:
        return super().__iter__()  # own method, so that dict(x) and {**x} go through __getitem__


def watch(value: Any, path: str, read: set[str]) -> Any:
    if isinstance(value, dict):
        return Watched(value, f"{path}.", read)
    if isinstance(value, list):
        return [watch(one, path, read) for one in value]
    return value


def leaves(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield from leaves(one, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for one in value:
            yield from leaves(one, path)
    else:
        yield path


def shipped(stage: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / stage / "policy.toml").read_text("utf-8"))


@pytest.mark.parametrize("stage", STAGES)
def test_every_policy_key_is_read(stage: str) -> None:
    wsgi = import_module("wsgi")
    read: set[str] = set()
    for policy_class in wsgi._collect("POLICIES", wsgi.POLICIES):
        if stage == policy_class.STAGE:
            policy = policy_class.from_toml(watched := Watched(shipped(stage), "", read))
            if policy_class is OriginationPolicy:  # its test cases are read when they run
                results = run_cases(policy.compiled, watched["case"], DAY)
                assert [one.name for one in results if not one.passed] == []
            if policy_class is LenderProfile:  # its texts are read when a paper is printed
                _ = [policy.text(name, locale) for name in ("address", "complaints") for locale in ("en", "zh_Hans_CN")]
    assert sorted(set(leaves(shipped(stage))) - read) == []


@pytest.mark.parametrize("stage", STAGES)
def test_every_policy_key_is_explained(stage: str) -> None:
    page = (ROOT / "docs" / "policy.md").read_text("utf-8")
    (part,) = re.findall(rf"\(`{stage}/policy\.toml`\)(.*?)(?:\n## |\Z)", page, re.DOTALL)
    explained = set(re.findall(r"`([a-z0-9_.*]+)`", part))
    silent = {path for path in leaves(shipped(stage)) if not any(fnmatchcase(path, name) for name in explained)}
    assert sorted(silent) == []
