"""What readers of term dates share: what a term can be, and the terms that the term days of a school year make."""

import datetime
from itertools import pairwise

from calendars.school_days import Span
from evidence.kind import Context
from evidence.opening import Table
from evidence.understood import Understood
from models.errors import BadFile

CODES = {"dorset": "838", "essex": "881", "hampshire": "850", "kent": "886", "sheffield": "373"}
# A school year has about 190 school days; one with fewer than this is only a part of it, and saving it would remove the rest.
_WHOLE_YEAR = 150
# And one with more weekdays of term than this, bank holidays and INSET days included, has no holidays in it.
_MOST_DAYS = 215
_LONGEST_TERM = 200
_FIRST_YEAR, _LAST_YEAR = 2000, 2100
_SHOWN = 60
# What goes wrong in the libraries on what is no calendar and no YAML, beside the errors of their own.
BROKEN = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError)


def check_apart(table: Table, spans: list[Span]) -> None:
    """Raise BadFile where two terms overlap."""
    for (first, last), (after, _) in pairwise(sorted(spans)):
        if after <= last:
            raise BadFile(
                f"{table.name}: the term from {first:%-d %B %Y} to {last:%-d %B %Y} and that from {after:%-d %B %Y} overlap: put the dates right."
            )


def cut(words: object) -> str:
    """Return words of a file as a sentence can bear them."""
    return str(words)[:_SHOWN].strip(" .")


def checked(table: Table, first: datetime.date, last: datetime.date) -> Span:
    """Return a span that begins before it ends and is no longer than a term may be, in years of these days; BadFile for another."""
    if last < first or (last - first).days > _LONGEST_TERM or not _FIRST_YEAR <= first.year <= last.year <= _LAST_YEAR:
        raise BadFile(f"{table.name}: {first:%-d %B %Y} to {last:%-d %B %Y} is no term: put the dates right.")
    return first, last


def authority_of(name: str, named: set[str], context: Context) -> str:
    """Return the three digits of the authority that was given or, failing that, of the one that the file names."""
    if len(named & CODES.keys()) > 1:
        raise BadFile(f"{name} has the term dates of {', '.join(sorted(named & CODES.keys()))}: give a file for each authority.")
    if context.authority is not None:
        return context.authority
    if len(named) == 1 and named <= CODES.keys():
        return CODES[next(iter(named))]
    says = ", ".join(sorted(one for one in named if one)) or "no authority"
    raise BadFile(f"{name} names {says}, and its three-digit code is not known here: give --authority, as in --authority 373.")


def keep_terms(found: Understood, name: str, authority: str, days: set[datetime.date], source: str) -> None:
    """Keep the terms that term days make, year by year; a year that is there only in part is left as it was, and counted."""
    weekdays = sorted(day for day in days if day.isoweekday() <= 5)
    found.scope = authority
    years: list[int] = []
    for year in sorted({_year(day) for day in weekdays}):
        mine = [day for day in weekdays if _year(day) == year]
        edition = f"{year}/{(year + 1) % 100:02d}"
        if len(mine) < _WHOLE_YEAR:
            found.skipped[f"{edition} has only {len(mine)} term days, and is left as it was"] += 1
            continue
        if len(mine) > _MOST_DAYS:
            raise BadFile(f"{name} has {len(mine)} term days in {edition}, and a school year has about 190: its holidays are missing, so add them.")
        years.append(year)
        bounds = {"year_first": datetime.date(year, 8, 1), "year_last": datetime.date(year + 1, 7, 31)}
        found.terms += [{"authority": authority, "name": title, "first": first, "last": last, "source": source} | bounds
                        for title, (first, last) in _titled(_merged(mine))]  # fmt: skip
    if not years:
        raise BadFile(f"{name} has no whole school year: give one with at least {_WHOLE_YEAR} term days, from autumn to summer.")
    found.edition = " and ".join(f"{year}/{(year + 1) % 100:02d}" for year in years)


def _year(day: datetime.date) -> int:
    """Return the year in which a school year begins; some authorities begin in late August, so the line is drawn before it."""
    return day.year if day.month >= 8 else day.year - 1


def _merged(days: list[datetime.date]) -> list[Span]:
    """Return spans of days that follow one another with nothing but a weekend between; a bank holiday parts a span."""
    spans: list[Span] = [(days[0], days[0])]
    for before, day in pairwise(days):
        if (day - before).days == 1 or (before.isoweekday() == 5 and (day - before).days == 3):
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    return spans


def _titled(spans: list[Span]) -> list[tuple[str, Span]]:
    """Name the spans of one school year as terms assumed by rule are named: Autumn 1 2025."""
    count: dict[str, int] = {}
    named = []
    for first, last in spans:
        season = "Autumn" if first.month >= 8 else "Spring" if first.month <= 3 else "Summer"
        count[season] = count.get(season, 0) + 1
        named.append((f"{season} {count[season]} {first.year}", (first, last)))
    return named
