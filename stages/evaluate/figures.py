"""The figures of a case in words, as its school and its adviser read them."""

import datetime
from collections.abc import Mapping
from typing import Any

_TITLES = {
    "visits_held": "Visits held", "first_visit": "First visit", "notes_published": "Notes of visit published",
    "plan_agreed": "Plan agreed", "reviews_held": "Reviews held", "next_grade": "Grade at the next inspection",
}  # fmt: skip
_DAYS = {"first_visit", "plan_agreed"}
_NOT = {"next_grade": "not inspected since"}


def figures_in_words(figures: Mapping[str, Any]) -> list[str]:
    """Return each figure with its title; a date as people write it, and what has not happened said so."""
    return [f"{_TITLES.get(name, name.replace('_', ' '))}: {_value(name, value)}" for name, value in figures.items()]


def _value(name: str, value: Any) -> str:
    if value is None:
        return _NOT.get(name, "not yet")
    return f"{datetime.date.fromisoformat(value):%-d %B %Y}" if name in _DAYS else str(value)
