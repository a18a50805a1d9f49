"""KPIs and figures: pure computation from what is known of each case; numerator, denominator and exclusions are all kept."""

import datetime
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from calendars.school_days import SchoolCalendar
from models.programme import Kpi
from models.words import SchoolStatus, Status
from stages.journey import ENDED, ONLY_ASKED

GOOD = frozenset({"Outstanding", "Good"})


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What a KPI may ask of a case; dates are when something happened, None if it has not."""

    case_id: int
    urn: int
    status: Status
    school_status: SchoolStatus
    joined_by: str
    opened: datetime.date
    paused: bool = False
    answers: tuple[datetime.date, ...] = ()
    focus_area: str | None = None
    confirmed: datetime.date | None = None
    match_agreed: bool = False
    visits: tuple[datetime.date, ...] = ()
    notes_published: tuple[datetime.date, ...] = ()
    plan_agreed: datetime.date | None = None
    reviews: tuple[datetime.date, ...] = ()
    next_grade: str | None = None
    near_points: bool = False
    completed: datetime.date | None = None
    attended: tuple[datetime.date, ...] = ()
    grouped: bool = False
    trained: tuple[datetime.date, ...] = ()
    reviewed: tuple[datetime.date, ...] = ()
    post_taken: bool = False
    head_left: bool = False
    actions_done: datetime.date | None = None
    better_than_national: bool | None = None
    censuses: tuple[datetime.date, ...] = ()
    reports: tuple[datetime.date, ...] = ()
    improved: bool | None = None


@dataclass(frozen=True, slots=True)
class KpiValue:
    """A KPI's result: how many of how many, and how many were left out for which reason."""

    kpi: Kpi
    numerator: int
    denominator: int
    excluded: Mapping[str, int] = field(default_factory=dict)

    @property
    def percent(self) -> float | None:
        """Return the share in per cent; None where there is nobody to count."""
        return None if self.denominator == 0 else round(100 * self.numerator / self.denominator, 1)

    @property
    def met(self) -> bool | None:
        """Tell whether the target is met; None without a target or without anybody to count."""
        if self.kpi.target_count is not None:
            return self.numerator >= self.kpi.target_count
        if self.kpi.target_percent is None or self.denominator == 0:
            return None
        # Not by the rounded share: 94.95 % is not 95 %.
        return 100 * self.numerator >= self.kpi.target_percent * self.denominator


def taking_part(facts: CaseFacts) -> bool:
    """Tell whether a case took part: it did not decline, and neither is it still only asked nor does it wait for a place."""
    return facts.status not in ONLY_ASKED


_POPULATIONS: dict[str, Callable[[CaseFacts], bool]] = {
    "invited": lambda f: f.joined_by == "invited",
    "asked_to_opt_in": lambda f: f.joined_by == "asked",
    "taking_part": taking_part,
    "maintained": lambda f: f.school_status is SchoolStatus.MAINTAINED,
    "academy": lambda f: f.school_status is SchoolStatus.ACADEMY,
    "visited": lambda f: bool(f.visits),
    "plan_agreed": lambda f: f.plan_agreed is not None,
    "inspected_since": lambda f: f.next_grade is not None,
    "every_school": lambda f: True,
}
_EXCLUSIONS: dict[str, Callable[[CaseFacts], bool]] = {
    "school_closed": lambda f: f.status is Status.SCHOOL_CLOSED,
    "withdrawn": lambda f: f.status is Status.WITHDRAWN,
    "declined": lambda f: f.status is Status.DECLINED,
    "paused": lambda f: f.paused,
}


def moments(kpi: Kpi, facts: CaseFacts) -> Sequence[datetime.date]:
    """Return the dates on which what the KPI counts came true for a case (the opening, for what has no date of its own)."""
    since_opening: dict[str, bool] = {
        # A school that left before anything was done for it is not held up as one that took part.
        "taking_part": taking_part(facts) and (facts.status is not Status.WITHDRAWN or bool(facts.visits or facts.attended)),
        "focus_chosen": facts.focus_area is not None,
        "match_agreed": facts.match_agreed,
        "evaluated": facts.status is Status.COMPLETE,
        "inspected_since": facts.next_grade is not None,
        "good_or_better_since": facts.next_grade in GOOD,
        "near_points": facts.near_points,
        "grouped": facts.grouped,
        "paired": facts.match_agreed,
        # Whoever has a mentor, or came to an event, is in induction.
        "in_induction": facts.match_agreed or bool(facts.attended),
        "post_taken": facts.post_taken,
        "head_retained": facts.post_taken and not facts.head_left,
        # Where nothing is known of it, it does not count as better.
        "better_than_national": facts.better_than_national is True,
        "improved_since": facts.improved is True,
    }
    if kpi.counts in since_opening:
        return (facts.opened,) if since_opening[kpi.counts] else ()
    dated: dict[str, Sequence[datetime.date | None]] = {
        "self_evaluation_returned": facts.answers,
        "completed": (facts.completed,),
        "visited": facts.visits,
        "visits_held": facts.visits,
        "note_published": facts.notes_published,
        "plan_agreed": (facts.plan_agreed,),
        "review_held": facts.reviews,
        "attended": facts.attended,
        "trained": facts.trained,
        "reviewed_by_peer": facts.reviewed,
        "actions_done": (facts.actions_done,),
        "census_returned": facts.censuses,
        "report_sent": facts.reports,
    }
    return [day for day in dated[kpi.counts] if day is not None]


def compute(kpi: Kpi, cases: Sequence[CaseFacts], calendar: SchoolCalendar, today: datetime.date) -> KpiValue:
    """Compute one KPI on `today`; a case left out is counted under the first reason that fits."""
    excluded: Counter[str] = Counter()
    numerator = denominator = 0
    for facts in cases:
        if not _POPULATIONS[kpi.of](facts):
            continue
        reason = _why_excluded(kpi, facts, calendar, today)
        if reason:
            excluded[reason] += 1
            continue
        denominator += 1
        numerator += _holds(kpi, facts, calendar)
    return KpiValue(kpi, numerator, denominator, dict(excluded))


def _start(kpi: Kpi, facts: CaseFacts) -> datetime.date | None:
    """Return the day from which a KPI's time limit counts."""
    if kpi.since == "first_visit":
        return min(facts.visits, default=None)
    return facts.confirmed if kpi.since == "confirmation" else facts.opened


def _why_excluded(kpi: Kpi, facts: CaseFacts, calendar: SchoolCalendar, today: datetime.date) -> str | None:
    for reason in kpi.excluding:
        if reason == "not_yet_due":
            start = _start(kpi, facts)
            running = start is None or (kpi.within_school_days is not None and calendar.between(start, today) <= kpi.within_school_days)
            # Before it was asked again nobody knows whether a school has come on.
            running = running or (kpi.counts == "improved_since" and facts.improved is None and facts.status not in ENDED)
            if running and not _holds(kpi, facts, calendar):
                return reason
        elif _EXCLUSIONS[reason](facts):
            return reason
    return None


def _holds(kpi: Kpi, facts: CaseFacts, calendar: SchoolCalendar) -> bool:
    """Tell whether what the KPI counts is true of a case, often enough and soon enough."""
    days = moments(kpi, facts)
    if kpi.within_school_days is not None:
        start = _start(kpi, facts)
        days = [] if start is None else [day for day in days if calendar.between(start, day) <= kpi.within_school_days]
    return len(days) >= kpi.at_least
