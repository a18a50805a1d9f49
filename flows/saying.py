"""What Prefect says, in our own words: schedules, parameters that are missing, and runs that failed; it imports no Prefect."""

import datetime
import re
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from models import errors
from models.errors import BadInput, LodestarError

_WEEK = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAILY = re.compile(r"(\d{1,2}) (\d{1,2}) \* \* (?:(\d)-(\d)|\*)")
_FAILED = re.compile(r"(?:Flow run encountered an exception: )?(\w+): (.*)", re.DOTALL)


def schedule_in_words(cron: str) -> str:
    """Return when something runs, as people say it; a schedule of another form stays as it is written."""
    found = _DAILY.fullmatch(cron)
    if found is None:
        return cron
    minute, hour, first, last = found.groups()
    days = f"{_WEEK[int(first)]} to {_WEEK[int(last)]}" if first else "every day"
    return f"{int(hour):02d}:{int(minute):02d}, {days}"


def needed(schema: Mapping[str, Any]) -> list[str]:
    """Return the parameters that a deployment cannot do without."""
    return list(schema.get("required", ()))


def check_parameters(name: str, schema: Mapping[str, Any], given: Mapping[str, object]) -> None:
    """Raise BadInput if a parameter is missing, or is none of the deployment's."""
    known = list(schema.get("properties", ()))
    strange = [one for one in given if one not in known]
    if strange:
        raise BadInput(f'{name} has no parameter "{strange[0]}": it takes {", ".join(known) or "none"}.')
    missing = [one for one in needed(schema) if one not in given]
    if missing:
        raise BadInput(f"{name} needs {' and '.join(missing)}: give {' '.join(f'--set {one}=...' for one in missing)}")


def sentence_of(message: str | None) -> str | None:
    """Return the sentence of a failed run if it failed of something that a person can put right; None otherwise."""
    found = _FAILED.fullmatch(message or "")
    kind = getattr(errors, found[1], None) if found else None
    return found[2] if found and isinstance(kind, type) and issubclass(kind, LodestarError) else None


def moment_in_london(value: datetime.datetime | None) -> str | None:
    """Return a moment as tables show it, in London time."""
    return None if value is None else f"{value.astimezone(ZoneInfo('Europe/London')):%Y-%m-%d %H:%M}"
