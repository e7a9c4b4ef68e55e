"""What every installation needs before its first application: products, score cards, a screening list to begin with."""

from __future__ import annotations

from core.db import Work
from origination.steps.catalogue import seed_products
from origination.steps.screening_lists import lists_in_use, load_sample_list, take_sample
from scoring.steps.registry import register_reference_cards


def ensure_reference_data(w: Work, *, demo: bool) -> None:
    """Puts what is missing in place; what is there, the lender's own included, stays as it is.

    The shipped excerpt of a sanctions list serves demonstrations only: elsewhere names are not screened, and every
    case waits for a person, until the lender loads current lists.
    """
    seed_products(w)
    register_reference_cards(w)
    if demo:
        keep_sample_fresh(w)


def keep_sample_fresh(w: Work) -> None:
    """Loads the excerpt again where it is the list in use, once a day, so that a demonstration does not stop for its
    age."""
    load_sample_list(w)
    if any(one.is_sample and one.loaded_on < w.today for one in lists_in_use(w)):
        take_sample(w)
    load_sample_list(w)
