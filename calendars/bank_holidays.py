"""Bank holidays in England, from the `holidays` library."""

import datetime
from collections.abc import Iterable

import holidays


def bank_holidays(years: Iterable[int]) -> set[datetime.date]:
    """Return the bank holidays in England of the given calendar years."""
    wanted = set(years)
    return set(holidays.country_holidays("GB", subdiv="ENG", years=wanted)) if wanted else set()
