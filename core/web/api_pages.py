"""The description of the JSON interface, for people and their tools."""

from __future__ import annotations

import json

from flask import Blueprint, Response, jsonify

from core.settings import ROOT
from core.web.guards import public

bp = Blueprint("api_pages", __name__, url_prefix="/api/v1")
DESCRIPTION = ROOT / "docs" / "openapi.json"


@bp.get("/openapi.json")
@public
def description() -> Response:
    """OpenAPI 3.1: every path, field and error of the interface."""
    return jsonify(json.loads(DESCRIPTION.read_text(encoding="utf-8")))
