"""What the database says in keys, in the words of people: kinds of events and decisions, statuses, days, promises."""

import datetime
from collections.abc import Mapping
from typing import Any

import pendulum

from models.words import VisitStatus
from stages.journey import MOVES, STANDINGS

SELECTED = {"invited": "in", "asked": "asked", "out": "out"}
NO_REPLY = "did not reply"
_TITLES = {
    "action.done": "action of the plan done",
    "case.open": "case opened", "commission.open": "commission opened", "commission.pause": "commission paused",
    "commission.resume": "commission resumed", "commission.close": "commission closed", "conflict.decided": "conflict of interest decided",
    "guide.issued": "guide issued", "note.disputed": "note of visit disputed by the school", "note.published": "note of visit published",
    "note.settled": "disputed note of visit settled", "note.drafted": "draft of a note of visit saved",
    "note.accurate": "note of visit accurate", "note.passed": "note of visit passed by the lead and published",
    "note.closed": "note of visit closed unpublished",
    "note.returned": "note of visit given back by the lead", "note.sent": "note of visit sent to the school again",
    "note.corrected": "published note of visit corrected", "visit.prepared": "what is asked before a visit answered",
    "meeting.corrected": "attendance of a meeting put right",
    "review.held": "review held", "supporter.leave": "leave of a supporter recorded",
    "case.ask-again": "asked again", "census.reported": "report of a census sent to the school", "report.issued": "report on themes issued",
    "case.opened-by-evidence": "the adviser was told that evidence opened the case",
    "commission.roll-on": "commission without an end moved on by a year",
    "commission.set-end": "last day of the commission set", "supporter.checked": "check on a supporter done",
    "themes.read": "themes read", "visit.cancelled": "visit cancelled", "visit.held": "visit held",
    "visit.moved": "visit moved", "visit.to-move": "visit to be moved", "visit.stuck": "no new day found for a visit",
    "visit.dates-offered": "days offered for a visit", "visit.joined": "second supporter joins a visit",
}  # fmt: skip


def title_of(kind: str) -> str:
    """Return what a kind of event or decision is called; one without a title of its own is its key in plain words."""
    move = MOVES.get(kind.removeprefix("case."))
    return _TITLES.get(kind) or (move.says if move else kind.replace(".", " ").replace("-", " ").replace("_", " "))


def plainly(value: str | None) -> str:
    """Return a word of a closed list with spaces; a dash if there is none."""
    return "-" if value is None else value.replace("self_evaluation", "self-evaluation").replace("_", " ")


def day(value: str | datetime.date | pendulum.DateTime | None) -> str:
    """Return a date, or a moment's date in London, as people write it: 5 February 2027."""
    if value is None:
        return "-"
    found = pendulum.parse(value) if isinstance(value, str) else value
    if isinstance(found, pendulum.DateTime):
        found = found.in_timezone("Europe/London")
    return f"{found:%-d %B %Y}"


def by_status(summary: Mapping[str, Any]) -> dict[str, int]:
    """Return how many cases stand at each status, in words; those that never replied are told from those that said no."""
    found: dict[str, int] = {}
    for status, count in summary["cases"]["by_status"].items():
        silent = summary["cases"]["did_not_reply"] if status == "declined" else 0
        found |= {plainly(status): count - silent, NO_REPLY: silent} if silent else {plainly(status): count}
    return {words: count for words, count in found.items() if count}


def means(status: Any, *, silent: bool) -> str:
    """Return what a case's status means; a school whose invitation lapsed did not say no."""
    return NO_REPLY if silent else STANDINGS[status].means


# How a visit stands, by its status.
_VISITS = {
    VisitStatus.PROPOSED: "on offer, for the school to agree", VisitStatus.CONFIRMED: "agreed", VisitStatus.HELD: "held",
    VisitStatus.CANCELLED: "cancelled", VisitStatus.NO_SHOW: "nobody was there",
    VisitStatus.TO_MOVE: "to be moved, a new day is found at the engine's next turn",
}  # fmt: skip


def visit_means(visit: Mapping[str, Any], today: datetime.date) -> str:
    """Return how a visit stands, by its row in a case file with its days on offer and what keeps it from having a day."""
    if visit["offers"]:
        return f"to be moved, the school may choose another day until {day(visit['offers'][0]['due'])}"
    if visit["no_day"]:
        return f"to be moved, no new day is found since {day(visit['no_day']['since'])}"
    if visit["status"] == VisitStatus.CONFIRMED and visit["day"] < today:
        return "agreed, its day has passed and it is not recorded as held yet"
    return _VISITS[VisitStatus(visit["status"])]


def as_range(lowest: float | None, highest: float | None) -> str:
    """Return an interval as people write it; a dash if there is none."""
    return "-" if lowest is None or highest is None else f"{lowest:g} to {highest:g}"


def left_out(kpi: Mapping[str, Any]) -> str:
    """Return how many cases a promise leaves out, and why."""
    return ", ".join(f"{count} {plainly(reason)}" for reason, count in kpi["excluded"].items()) or "-"


def met(kpi: Mapping[str, Any], summary: Mapping[str, Any]) -> str:
    """Return whether a promise is kept; before the commission's first day nothing is due yet."""
    begun = summary["as_of"][:10] >= summary["commission"]["starts"]
    return {True: "yes", False: "no", None: "-"}[kpi["met"] if begun else None]


def who_decided(decision: Mapping[str, Any]) -> str:
    """Return who decided and when."""
    by, role = decision["by"], decision["role"]
    return f"by {by}{'' if role in by else f' ({role})'} on {day(decision['at'])}"
