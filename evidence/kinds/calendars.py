"""Term dates as authorities publish them: as a calendar (ics) here, as a list of terms (yaml) in `term_lists`."""

import datetime
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from calendars.school_days import ONE_DAY, Span, dates
from evidence.kind import Context, Kind
from evidence.kinds import term_lists
from evidence.kinds.term_days import BROKEN, authority_of, check_apart, checked, cut, keep_terms
from evidence.opening import Table
from evidence.understood import Understood
from models.errors import BadFile

if TYPE_CHECKING:
    from icalendar import Event

# What is a term rather than a day or a week, and the day of the week on which none ends as a rule but the others do.
_TERM_DAYS, _THURSDAY = 10, 4
_TERM = re.compile(r"\b(term|school day)\b", re.IGNORECASE)
_NO_TERM = re.compile(r"\b(half|holidays?|break|closed|closure|inset|training|begins?|starts?|ends?|first|last)\b", re.IGNORECASE)
_HOLIDAY = re.compile(r"\b(half[ -]?term|holidays?|break|closed|closure)\b", re.IGNORECASE)
_LONDON = ZoneInfo("Europe/London")


def read_ics(table: Table, context: Context) -> Understood:
    """Read a calendar of term days, one event a day or one a term; the end of an event is the day after it.

    A holiday inside an event of a whole term parts it. What leaves open which days are meant is refused.
    """
    found = Understood("term dates (ics)", "", context.today)
    terms: list[Span] = []
    holidays: list[Span] = []
    named: set[str] = set()
    for event in _events(table):
        found.rows_read += 1
        summary = _one(table, event, "SUMMARY")
        if _one(table, event, "STATUS").upper() == "CANCELLED":
            found.skipped["cancelled"] += 1
        elif not _TERM.search(summary) or _NO_TERM.search(summary):
            found.skipped["no term day"] += 1
            holidays += [_span(table, event)] if _HOLIDAY.search(summary) else []
        else:
            found.rows_kept += 1
            named.add(summary.partition(":")[0].strip().casefold() if ":" in summary else "")
            terms.append(_span(table, event))
    if not terms:
        raise BadFile(f'{table.name} has no term day: its events must have "term" in their names, as in "Sheffield: Term day".')
    _check_ends(table, terms)
    days = {day for span in terms for day in dates(*span)}
    for begins, ends in holidays:
        if any(first < begins and ends < last for first, last in terms):
            days -= set(dates(begins, ends))
    keep_terms(found, table.name, authority_of(table.name, named, context), days, table.name)
    return found


def _events(table: Table) -> Iterable["Event"]:
    """Yield the events of a calendar; BadFile for one that is cut short, damaged or repeats an event."""
    text = table.text or ""
    if not text.rstrip().endswith("END:VCALENDAR"):
        raise BadFile(f"{table.name} is cut short: its last line is not END:VCALENDAR. Download it again.")
    try:
        from icalendar import Calendar  # here, since it takes a while to import and few files are calendars

        calendars = Calendar.from_ical(text, multiple=True)
    except BROKEN as error:
        raise BadFile(f"{table.name} is damaged: {cut(error)}. Download it again.") from error
    for calendar in calendars:
        for event in calendar.events:
            if "RRULE" in event or "RDATE" in event or any(name in ("RRULE", "RDATE") for name, _ in event.errors):
                raise BadFile(
                    f"{table.name} has an event that repeats by a rule, {cut(event.get('SUMMARY', ''))}: give one event for each day or term."
                )
            yield event


def _one(table: Table, event: "Event", name: str) -> str:
    """Return a text of an event, empty if there is none; BadFile where there are several and nobody knows which counts."""
    value = event.get(name, "")
    if isinstance(value, list):
        raise BadFile(f"{table.name} has an event with {len(value)} lines {name}, and which of them counts is not known: leave one of them.")
    return str(value)


def _span(table: Table, event: "Event") -> Span:
    """Return the first and last day of an event, in London."""
    try:
        if event.errors:
            raise ValueError("; ".join(f"{name}: {says}" for name, says in event.errors))
        first, end = event.start, event.end
        if isinstance(first, datetime.datetime) or isinstance(end, datetime.datetime):
            begins, ends = _day_in_london(first), _day_in_london(end - datetime.timedelta(microseconds=1))
        else:
            begins, ends = first, end - ONE_DAY
        backwards = end < first
    except BROKEN as error:
        raise BadFile(
            f"{table.name}: the event {cut(event.get('SUMMARY', ''))} has no usable dates ({cut(error)}). Put them right or download it again."
        ) from error
    # Some calendars end a one-day event on its own day.
    return checked(table, begins, ends if backwards else max(ends, begins))


def _check_ends(table: Table, spans: list[Span]) -> None:
    """Raise BadFile where terms overlap, or where their ends look as if they were meant to be included, which they are not in a calendar."""
    check_apart(table, sorted({span for span in spans if span[0] < span[1]}))
    terms = {last for first, last in spans if (last - first).days >= _TERM_DAYS}
    if len(terms) > 1 and all(last.isoweekday() == _THURSDAY for last in terms):
        raise BadFile(
            f"{table.name}: all its terms end on a Thursday as they stand, such as {min(terms):%-d %B %Y}, since the end of an event is the "
            "day after its last: if Fridays are meant, end each event a day later, and otherwise give the terms as a list (yaml)."
        )


def _day_in_london(moment: Any) -> datetime.date:
    if not isinstance(moment, datetime.datetime):
        return moment  # type: ignore[no-any-return]
    return (moment.astimezone(_LONDON) if moment.tzinfo else moment).date()


ICS = Kind("term dates (ics)", lambda _columns, text: text.startswith("BEGIN:VCALENDAR"), read_ics)
KINDS = (ICS, term_lists.KIND)
