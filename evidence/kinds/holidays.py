"""The bank holidays of GOV.UK."""

import datetime
import json

from calendars.bank_holidays import bank_holidays
from evidence.kind import Context, Kind
from evidence.opening import Table
from evidence.understood import Understood
from models.errors import BadFile
from models.school import ENGLAND

_ENGLAND = ("common.nations.england-and-wales_slug", "england-and-wales")


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


KIND = Kind("bank holidays", lambda _columns, text: text.lstrip().startswith("{") and "england-and-wales" in text, read_bank_holidays)
