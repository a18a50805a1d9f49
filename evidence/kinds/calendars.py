"""Term dates as authorities publish them (ics, yaml), and the bank holidays of GOV.UK."""

import datetime
import json
import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import yaml

from calendars.bank_holidays import bank_holidays
from calendars.school_days import ONE_DAY, Span, dates
from evidence.kind import Context, Kind
from evidence.opening import Table
from evidence.understood import Understood
from models.errors import BadFile
from models.school import ENGLAND

if TYPE_CHECKING:
    from icalendar import Event

CODES = {"dorset": "838", "essex": "881", "hampshire": "850", "kent": "886", "sheffield": "373"}
# A school year has about 190 school days; one with fewer than this is only a part of it, and saving it would remove the rest.
_WHOLE_YEAR = 150
_TERM = re.compile(r"\b(term|school day)\b", re.IGNORECASE)
_NO_TERM = re.compile(r"\b(half|holidays?|break|closed|closure|inset|training|begins?|starts?|ends?|first|last)\b", re.IGNORECASE)
_LONDON = ZoneInfo("Europe/London")
_ENGLAND = ("common.nations.england-and-wales_slug", "england-and-wales")


def read_ics(table: Table, context: Context) -> Understood:
    """Read a calendar of term days, one event a day or one a term; the end of an event is the day after it."""
    found = Understood("term dates (ics)", "", context.today)
    days: set[datetime.date] = set()
    named: set[str] = set()
    for event in _events(table):
        found.rows_read += 1
        summary = str(event.get("SUMMARY", ""))
        if str(event.get("STATUS", "")).upper() == "CANCELLED":
            found.skipped["cancelled"] += 1
        elif not _TERM.search(summary) or _NO_TERM.search(summary):
            found.skipped["no term day"] += 1
        else:
            found.rows_kept += 1
            named.add(summary.partition(":")[0].strip().casefold() if ":" in summary else "")
            first, last = _span(table, event)
            days.update(dates(first, last))
    if not days:
        raise BadFile(f'{table.name} has no term day: its events must have "term" in their names, as in "Sheffield: Term day".')
    _keep_terms(found, table.name, _authority(table.name, named, context), days, table.name)
    return found


def read_yaml(table: Table, context: Context) -> Understood:
    """Read terms with first and last day included, each parted by its half-terms."""
    found = Understood("term dates (yaml)", "", context.today)
    content, days = _parsed(table), set[datetime.date]()
    for term in _entries(table, content, "terms"):
        found.rows_read += 1
        found.rows_kept += 1
        first, last = _bounds(table, term)
        free: set[datetime.date] = set()
        for half in _entries(table, term, "half_terms") if term.get("half_terms") else ():
            begins, ends = _bounds(table, half)
            if not first <= begins <= ends <= last:
                raise BadFile(f"{table.name}: the half-term of {begins:%-d %B %Y} is not inside its term: put the dates right.")
            free.update(dates(begins, ends))
        days.update(set(dates(first, last)) - free)
    authority = _authority(table.name, {str(content.get("authority", "")).strip().casefold()}, context)
    _keep_terms(found, table.name, authority, days, str(content.get("source_url") or table.name))
    return found


def read_bank_holidays(table: Table, context: Context) -> Understood:
    """Compare GOV.UK's bank holidays with those that are known here; a day by proclamation becomes a closure of the authority given.

    Every calendar takes its bank holidays from the library, so a file that agrees adds nothing. A day that the library has
    and the file has not is counted only: schools are then thought closed for a day too long, which harms no timetable.
    """
    listed, written = _listed(table)
    found = Understood("bank holidays", written or f"{min(listed)} to {max(listed)}", context.today, scope=context.authority or ENGLAND)
    found.rows_read = len(listed)
    here = bank_holidays({day.year for day in listed})
    new = sorted(day for day in listed if day.isoweekday() <= 5 and day not in here)
    gone = sorted(day for day in here if day.isoweekday() <= 5 and day not in listed)
    found.rows_kept = len(new)
    found.skipped["known here already"] = len(listed) - len(new)
    found.skipped.update(f"a bank holiday here but not in the file: {day:%-d %B %Y}" for day in gone)
    if new and context.authority is None:
        told = ", ".join(f"{day:%-d %B %Y}" for day in new)
        raise BadFile(f"{table.name} has bank holidays that are not known here ({told}): load it with --authority, once for each authority.")
    found.closures = [{"authority": context.authority, "urn": None, "day": day, "reason": f"bank holiday: {listed[day]}"} for day in new]
    return found


def _events(table: Table) -> Iterable["Event"]:
    """Yield the events of a calendar; BadFile for one that is cut short or repeats an event by a rule."""
    text = table.text or ""
    if not text.rstrip().endswith("END:VCALENDAR"):
        raise BadFile(f"{table.name} is cut short: its last line is not END:VCALENDAR. Download it again.")
    try:
        from icalendar import Calendar  # here, since it takes a while to import and few files are calendars

        calendars = Calendar.from_ical(text, multiple=True)
    except ValueError as error:
        raise BadFile(f"{table.name} is damaged: {error}. Download it again.") from error
    for calendar in calendars:
        for event in calendar.events:
            if "RRULE" in event:
                raise BadFile(f"{table.name} has an event that repeats by a rule, {event.get('SUMMARY', '')}: give one event for each day or term.")
            yield event


def _span(table: Table, event: "Event") -> Span:
    """Return the first and last day of an event, in London."""
    try:
        first, end = event.start, event.end
    except ValueError as error:
        raise BadFile(f"{table.name}: the event {event.get('SUMMARY', '')} has no usable dates ({error}). Download it again.") from error
    if isinstance(first, datetime.datetime) or isinstance(end, datetime.datetime):
        begins, ends = _day_in_london(first), _day_in_london(end - datetime.timedelta(microseconds=1))
    else:
        begins, ends = first, end - ONE_DAY
    # Some calendars end a one-day event on its own day.
    return _checked(table, begins, max(ends, begins) if end >= first else ends)


def _day_in_london(moment: Any) -> datetime.date:
    if not isinstance(moment, datetime.datetime):
        return moment  # type: ignore[no-any-return]
    return (moment.astimezone(_LONDON) if moment.tzinfo else moment).date()


def _checked(table: Table, first: datetime.date, last: datetime.date) -> Span:
    """Return a span that begins before it ends and is no longer than a school year; BadFile for another."""
    if last < first or (last - first).days > 366:
        raise BadFile(f"{table.name}: {first:%-d %B %Y} to {last:%-d %B %Y} is no term: put the dates right.")
    return first, last


def _parsed(table: Table) -> dict[str, Any]:
    try:
        content = yaml.safe_load(table.text or "")
    except (yaml.YAMLError, ValueError) as error:
        where = getattr(error, "problem_mark", None)
        at = f" at line {where.line + 1}" if where else f" ({error})"
        raise BadFile(f"{table.name} is no YAML{at}: put it right.") from error
    if not isinstance(content, dict):
        raise BadFile(f"{table.name} has no `authority` and `terms` at its top: write it as a list of terms with start and end.")
    return content


def _entries(table: Table, holder: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    entries = holder.get(name)
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise BadFile(f"{table.name}: `{name}` must be a list, each with start and end.")
    return entries


def _bounds(table: Table, entry: Mapping[str, Any]) -> Span:
    """Return the first and last day of a term or half-term; BadFile names the one that is missing or no date."""
    found = []
    for name in ("start", "end"):
        value = entry.get(name)
        try:
            found.append(value if type(value) is datetime.date else datetime.date.fromisoformat(str(value)))
        except ValueError as error:
            raise BadFile(f'{table.name}: "{value}" is no date for `{name}`: write it as 2026-09-01.') from error
    return _checked(table, *found)


def _authority(name: str, named: set[str], context: Context) -> str:
    """Return the three digits of the authority that was given or, failing that, of the one that the file names."""
    if len(named & CODES.keys()) > 1:
        raise BadFile(f"{name} has the term dates of {', '.join(sorted(named & CODES.keys()))}: give a file for each authority.")
    if context.authority is not None:
        return context.authority
    if len(named) == 1 and named <= CODES.keys():
        return CODES[next(iter(named))]
    says = ", ".join(sorted(one for one in named if one)) or "no authority"
    raise BadFile(f"{name} names {says}, and its three-digit code is not known here: give --authority, as in --authority 373.")


def _keep_terms(found: Understood, name: str, authority: str, days: set[datetime.date], source: str) -> None:
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


def _listed(table: Table) -> tuple[dict[datetime.date, str], str | None]:
    """Return England's bank holidays with their names, and when the list was written; the source of GOV.UK's page or what it publishes."""
    content = json.loads(table.text or "")
    divisions = content.get("divisions", content)
    try:
        england = next(divisions[name] for name in _ENGLAND if name in divisions)
        events = england["events"] if "events" in england else [day for year, days in england.items() if year.isdigit() for day in days]
        listed = {_written(event["date"]): str(event["title"]).removeprefix("bank_holidays.").replace("_", " ") for event in events}
        updated = _written(content["last_updated"]).isoformat() if "last_updated" in content else None
    except (KeyError, TypeError, AttributeError, ValueError, StopIteration) as error:
        raise BadFile(f"{table.name} is not laid out as GOV.UK's bank holidays are ({error!r}): download it again.") from error
    if not listed:
        raise BadFile(f"{table.name} has no bank holiday of England: download it again.")
    return listed, updated


def _written(text: str) -> datetime.date:
    return datetime.datetime.strptime(text, "%d/%m/%Y" if "/" in text else "%Y-%m-%d").date()  # noqa: DTZ007 - a date, not a moment


ICS = Kind("term dates (ics)", lambda _columns, text: text.startswith("BEGIN:VCALENDAR"), read_ics)
YAML = Kind("term dates (yaml)", lambda _columns, text: "\nterms:" in f"\n{text}" and not text.startswith("BEGIN:VCALENDAR"), read_yaml)
HOLIDAYS = Kind("bank holidays", lambda _columns, text: text.lstrip().startswith("{") and "england-and-wales" in text, read_bank_holidays)
KINDS = (ICS, YAML, HOLIDAYS)
