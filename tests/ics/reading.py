"""Two programs that read calendar files and know nothing of each other: the Python library, and one in JavaScript."""

import base64
import datetime
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import icalendar

HERE = Path(__file__).parent


def _utc(value: Any) -> str:
    return str(value.dt.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"))


def _people(event: Any, name: str) -> list[dict[str, Any]]:
    found = event.get(name, [])
    return [{"name": one.params.get("CN"), "address": str(one)} for one in (found if isinstance(found, list) else [found])]


def read_in_python(content: bytes) -> dict[str, Any]:
    """Return what the Python library reads in a calendar file."""
    calendar = icalendar.Calendar.from_ical(content)
    events = [
        {
            "uid": str(one["uid"]), "sequence": int(one["sequence"]), "status": str(one["status"]), "stamp": _utc(one["dtstamp"]),
            "start": _utc(one["dtstart"]), "end": _utc(one["dtend"]), "zone": one["dtstart"].params.get("TZID"), "title": str(one["summary"]),
            "place": str(one["location"]), "about": str(one["description"]), "organizer": _people(one, "organizer"),
            "attendees": _people(one, "attendee"),
        }
        for one in calendar.walk("VEVENT")
    ]  # fmt: skip
    return {"method": str(calendar["method"]), "zones": len(calendar.walk("VTIMEZONE")), "events": events}


class SecondReader:
    """The reader in JavaScript, one process for all that is read."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(["node", str(HERE / "read.mjs")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=HERE)

    def __call__(self, content: bytes) -> dict[str, Any]:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(base64.b64encode(content) + b"\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        assert "error" not in answer, answer
        return answer

    def stop(self) -> None:
        """End the process."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def why_not() -> str | None:
    """Return why the reader in JavaScript cannot be used; None if it can."""
    if shutil.which("node") is None:
        return "node is not on this machine"
    if not (HERE / "node_modules" / "ical.js").exists():
        return "ical.js is not installed: npm ci --prefix tests/ics"
    return None
