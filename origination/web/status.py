"""Where a sent application stands: steps with dates, who acts next, what is asked, reasons, messages."""

from __future__ import annotations

from flask import render_template

from core.db import Work
from origination.queries.applicant import ApplicationView


def status_page(r: Work, view: ApplicationView) -> str:
    """The page after sending."""
    return render_template("applicant/status.html", view=view)
