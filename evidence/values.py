"""Single values as published files write them: numbers with percent signs, codes in number columns, dates of several kinds."""

import datetime
import math
import re
from functools import lru_cache

from models.words import Missing

# What stands in a number column where there is no number, and why; the older performance tables use capitals, newer files letters.
CODES: dict[str, Missing] = {
    "SUPP": Missing.SUPPRESSED, "SUP": Missing.SUPPRESSED, "c": Missing.SUPPRESSED, "x": Missing.NOT_PUBLISHED,
    "NE": Missing.NO_ENTRIES, "NA": Missing.NOT_APPLICABLE, "z": Missing.NOT_APPLICABLE, "NP": Missing.NOT_PUBLISHED,
    "u": Missing.LOW_COVERAGE, "LOWCOV": Missing.LOW_COVERAGE, "NEW": Missing.NEW_SCHOOL, "RE": Missing.REDACTED, "SP": Missing.SUPPRESSED,
    "NULL": Missing.NOT_IN_SOURCE, "": Missing.NOT_IN_SOURCE, "N/A": Missing.NOT_APPLICABLE, "DNS": Missing.NOT_PUBLISHED,
    "..": Missing.NOT_PUBLISHED, ":": Missing.NOT_PUBLISHED, "low": Missing.SUPPRESSED, "*": Missing.SUPPRESSED, "-": Missing.NOT_IN_SOURCE,
}  # fmt: skip
_NUMBER = re.compile(r"£?[+-]?(?:(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?\s?%?")
# No figure that is kept here is older: performance tables began in the nineties.
EARLIEST = datetime.date(1990, 1, 1)
_UNKNOWN_DAY = datetime.date(1900, 1, 1)


def number(text: str | None) -> tuple[float | None, Missing | None]:
    """Return a number and None, or None and why it is missing; ValueError for a text that is neither a number nor a known code."""
    text = (text or "").strip()
    missing = CODES.get(text) or CODES.get(text.upper())
    if missing is not None:
        return None, missing
    # Python's own reading takes 1_0 for ten, and 5,5 without its comma is no longer 5.5.
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    value = float(text.rstrip("%").rstrip().replace(",", "").lstrip("£"))
    if not math.isfinite(value):
        raise ValueError(text)
    return value, None


@lru_cache(maxsize=2**16)
def day(text: str | None) -> datetime.date | None:
    """Return a date written dd-mm-yyyy, dd/mm/yyyy, yyyy-mm-dd or yyyymmdd; None for nothing, and for 1 January 1900, which means unknown.

    ValueError, with the text, for what is no date.
    """
    whole = (text or "").strip()
    text = whole if not whole[:1].isdigit() else whole.split(" ")[0].replace("/", "-")
    if text in {"", "NULL"}:
        return None
    parts = [text[:4], text[4:6], text[6:8]] if len(text) == 8 and text.isdigit() else text.split("-")
    if len(parts) != 3 or not all(part.isdigit() for part in parts):
        raise ValueError(whole)
    year, month, date = (int(part) for part in (parts if len(parts[0]) == 4 else parts[::-1]))
    try:
        found = datetime.date(year, month, date)
    except ValueError as error:
        raise ValueError(whole) from error
    return None if found == _UNKNOWN_DAY else found


@lru_cache(maxsize=2**17)
def urn_of(text: str | None) -> int | None:
    """Return a URN (six digits, also as 100000.0 from a spreadsheet); None for anything else, such as NAT."""
    text = (text or "").strip().removesuffix(".0")
    return int(text) if len(text) == 6 and text.isascii() and text.isdigit() else None


def end_of_school_year(year: int) -> datetime.date:
    """Return the last day of the school year that ends in calendar year `year`, the date of all its results."""
    return datetime.date(year, 8, 31)


def last_school_year(today: datetime.date) -> int:
    """Return the calendar year in which the school year ends that it is now."""
    return today.year + (today.month >= 9)
