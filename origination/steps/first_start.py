"""What every installation needs before its first application: products, score cards, a screening list to begin with."""

from __future__ import annotations

from core.db import Work
from origination.steps.catalogue import seed_products
from scoring.steps.registry import register_reference_cards


def ensure_reference_data(w: Work) -> None:
    """Puts what is missing in place; what is there, the lender's own included, stays as it is."""
    seed_products(w)
    register_reference_cards(w)
