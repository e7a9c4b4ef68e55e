"""Fixtures of the loan book's tests."""

from __future__ import annotations

import pytest
from flask import Flask

from core.clock import FixedClock
from core.db import Database
from tests.repayment.house import House


@pytest.fixture
def house(app: Flask, database: Database, clock: FixedClock) -> House:
    """A lender that opened its first business date on 31 January 2025."""
    lender = House(app, database, clock)
    lender.start()
    return lender
