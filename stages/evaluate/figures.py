"""The figures of a case in words, as its school and its adviser read them."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from models.programme import MeasureRule
from models.review import Measure

_TITLES = {
    "visits_held": "Visits held", "first_visit": "First visit", "notes_published": "Notes of visit published",
    "plan_agreed": "Plan agreed", "reviews_held": "Reviews held", "next_grade": "Grade at the next inspection",
}  # fmt: skip
_DAYS = {"first_visit", "plan_agreed"}
_NOT = {"next_grade": "not inspected since"}


def figures_in_words(figures: Mapping[str, Any]) -> list[str]:
    """Return each figure with its title; a date as people write it, and what has not happened said so."""
    return [f"{_TITLES.get(name, name.replace('_', ' '))}: {_value(name, value)}" for name, value in figures.items()]


def measures_in_words(rules: Sequence[MeasureRule], rows: Sequence[Measure]) -> list[str]:
    """Return each measure of a case with its title: from what to what, or why that cannot be said."""
    found, titles = [], {rule.id: rule for rule in rules}
    for row in rows:
        rule = titles.get(row.measure)
        if rule is None or rule.kind == "inspection":
            continue
        unit = f" {row.unit}" if row.unit else ""
        if row.baseline is not None and row.endline is not None:
            sign = "+" if rule.kind == "rate_against_national" else ""
            found.append(f"{rule.title}: from {round(row.baseline, 1):{sign}g} to {round(row.endline, 1):{sign}g}{unit}")
        else:
            found.append(f"{rule.title}: not known ({row.why_missing or 'no baseline'})")
    return found


def _value(name: str, value: Any) -> str:
    if value is None:
        return _NOT.get(name, "not yet")
    return f"{datetime.date.fromisoformat(value):%-d %B %Y}" if name in _DAYS else str(value)
