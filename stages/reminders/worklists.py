"""The worklist: one message a person with everything that waits for their decision, by school, with its due day."""

import datetime
from collections.abc import Mapping, Sequence

import pendulum
from sqlmodel import Session, col, select

from calendars.school_days import ONE_DAY
from models.case import Case
from models.database import Database
from models.meeting import Meeting
from models.moments import day_of
from models.partnership import Person
from models.plan import Action, ActionPlan
from models.review import Review
from models.supporter import Conflict
from models.words import CommissionStatus, ConflictOutcome, PlanStatus, Role, Status, Turn, VisitStatus
from notifications.draft import Draft, Recipient
from notifications.messages import to_staff
from programmes.sessions import brokers
from stages.actions import is_seen_to, of_plans
from stages.batch import ready_cases
from stages.brief import Brief, load_brief
from stages.broker.conflicts import STOPPING
from stages.broker.declarations import supporters_of
from stages.broker.under_way import links_under_way
from stages.diagnose.overrides import Now, overrides
from stages.groups import open_groups
from stages.journey import MOVES, OPEN, STANDINGS
from stages.matches import without_further
from stages.reminders.lines import Line, Waiting, by_day, counted
from stages.reminders.note_lines import note_lines
from stages.schedule.joining import for_one
from stages.schedule.stuck import without_day
from stages.turns import waits_for_lead

_WANTED = {
    Status.AWAITING_CONFIRMATION: "confirm the diagnosis, or set another category and say why",
    Status.AWAITING_EVIDENCE: "have the need assessed again once the evidence is there",
    Status.UNMET: "find a supporter, or change what stops a match",
    Status.AWAITING_APPROVAL: "approve the match, or say why not",
    Status.UNPLACED: "find a date, or change what stops the visits",
    Status.AWAITING_ADVISER: "agree the plan",
    Status.AWAITING_JUDGEMENT: "judge the impact",
}


def is_day(brief: Brief, day: datetime.date) -> bool:
    """Tell whether worklists go on a day: a Monday on which schools are open, or the last day before a break."""
    return brief.calendar.is_school_day(day) and (day.isoweekday() == 1 or brief.calendar.is_last_before_break(day))


def worklists(session: Session, brief: Brief, cases: Sequence[Case], today: datetime.date) -> list[Draft]:
    """Return one message a person with everything that waits for them, instead of one a case."""
    found: dict[Recipient, list[dict[str, object]]] = {}
    for line in _lines(session, brief, cases, today):
        found.setdefault(line.to, []).append(line.as_json())
    return [to_staff.worklist(brief.head, to, today, lines) for to, lines in found.items()]


def next_worklist(database: Database, commission_id: int, at: pendulum.DateTime) -> tuple[datetime.date, int] | None:
    """Return the next day after today on which worklists go and how many things they would hold as they stand; None if nothing waits."""
    today = day_of(at)
    with database.reading() as session:
        brief = load_brief(session, commission_id)
        cases = ready_cases(session, commission_id, tuple(OPEN))
        if brief.commission.status is not CommissionStatus.RUNNING:
            return None
        days = (day for day in brief.calendar.days(today + ONE_DAY, brief.calendar.last or today) if is_day(brief, day))
        day = next(days, None)
        count = sum(len(line.waiting) for line in _lines(session, brief, cases, day)) if day else 0
    return (day, count) if day and count else None


def _lines(session: Session, brief: Brief, cases: Sequence[Case], today: datetime.date) -> list[Line]:
    """Return everything that waits for the adviser, the commissioner and the supporters."""
    schools = {case.id: brief.school(case).name for case in cases}
    lead = lead_of(session)
    lines = [*_cases(brief, cases, lead), *_run_out(session, brief, cases, today), *_reviews(session, brief, schools, today)]
    lines += note_lines(session, brief, cases, today, lead)
    lines += [*_actions(session, brief, cases, today), *_conflicts(session, brief, cases)]
    lines += [*_links(session, brief, today), *_meetings(session, brief, today), *_undated(session, brief, schools), *_for_one(session, brief, today)]
    return [*lines, *_without(session, brief), *_alone(session, brief, schools)]


def _cases(brief: Brief, cases: Sequence[Case], lead: Recipient | None) -> list[Line]:
    """Return the cases whose turn is the adviser's, the commissioner's or, where the programme says so, the lead's, by what is wanted."""
    found = []
    for turn, to in ((Turn.ADVISER, brief.adviser), (Turn.COMMISSIONER, brief.commissioner)):
        for status in sorted({case.status for case in cases if case.turn is turn}):
            theirs = [case for case in cases if case.status is status]
            for leads in (False, True):
                mine = [(brief.school(case).name, case.due) for case in theirs if waits_for_lead(brief.programme, case) is leads]
                wanted = f". Please {_WANTED[status]}." if status in _WANTED else ""
                # Without a lead who is known by name the adviser passes it on; the commissioner may not decide it.
                whom = f" The partnership lead decides{'' if lead else ' (`--turn lead`)'}." if leads else ""
                says = f"{counted(len(mine), 'case')}: {STANDINGS[status].means}{wanted}{whom}"
                found += [Line((lead or brief.adviser) if leads else to, says, by_day(mine))] if mine else []
    return found


def lead_of(session: Session) -> Recipient | None:
    """Return the partnership's lead, if one is known."""
    person = session.exec(select(Person).where(Person.role == Role.LEAD).order_by(col(Person.id))).first()
    return Recipient("lead", person.name, person.email) if person else None


def _run_out(session: Session, brief: Brief, cases: Sequence[Case], today: datetime.date) -> list[Line]:
    """Return the categories set by hand whose last day is over and at which nobody has looked again."""
    by_id = {case.id: case for case in cases if case.status in MOVES["moderate"].starts}
    titles = {one.id: one.title for one in brief.programme.diagnose.categories}
    found: list[Waiting] = [
        (f"{brief.school(by_id[one.case_id]).name}, case {one.case_id}: {titles.get(one.category, one.category)}", one.until)
        for one in overrides(session, list(by_id), today) if one.now is Now.WAITS
    ]  # fmt: skip
    says = f"{counted(len(found), 'override')} that ran out, to look at again (`lodestar decide moderate`). Nothing changes until you do."
    return [Line(brief.adviser, says, by_day(found), "ran out on")] if found else []


def _reviews(session: Session, brief: Brief, schools: Mapping[int, str], today: datetime.date) -> list[Line]:
    due = session.exec(
        select(col(Review.case_id), col(Review.due)).where(
            col(Review.case_id).in_(schools), col(Review.held_on).is_(None), col(Review.not_needed).is_(None), Review.due <= today
        )
    ).all()
    says = f"{counted(len(due), 'review')} to hold"
    return [Line(brief.adviser, says, by_day([(schools[case_id], day) for case_id, day in due]))] if due else []


def _actions(session: Session, brief: Brief, cases: Sequence[Case], today: datetime.date) -> list[Line]:
    """Return how many actions of agreed plans are overdue, as one line with each school once, by its earliest."""
    schools = {case.id: brief.school(case).name for case in cases if is_seen_to(case)}
    query = of_plans(select(ActionPlan.case_id, col(Action.due)).select_from(Action), PlanStatus.AGREED)
    days: dict[int, list[datetime.date]] = {}
    for case_id, due in session.exec(query.where(col(ActionPlan.case_id).in_(schools), col(Action.done_on).is_(None), Action.due < today)).all():
        days.setdefault(case_id, []).append(due)
    count = sum(len(mine) for mine in days.values())
    waiting = [(schools[case_id] + (f", {counted(len(mine), 'action')}" if len(mine) > 1 else ""), min(mine)) for case_id, mine in days.items()]
    says = f"{counted(count, 'action')} overdue. Please ask the school, and record what is done."
    return [Line(brief.adviser, says, by_day(waiting))] if count else []


def _conflicts(session: Session, brief: Brief, cases: Sequence[Case]) -> list[Line]:
    """Return the conflicts of interest that are still to be decided on, with schools whose support is still to be found."""
    looking = {case.urn: brief.school(case).name for case in cases if case.status in {Status.TO_MATCH, Status.UNMET}}
    mine = {one.id: one.name for one in supporters_of(brief)}
    rows = session.exec(select(Conflict).where(Conflict.outcome == ConflictOutcome.OPEN, col(Conflict.urn).in_(looking))).all()
    found = [(f"{mine[row.supporter_id]} with {looking[row.urn]}", None) for row in rows if row.supporter_id in mine]
    says = f"{counted(len(found), 'conflict')} of interest to decide on, before anybody can be matched there"
    return [Line(brief.adviser, says, by_day(found))] if found else []


def _links(session: Session, brief: Brief, today: datetime.date) -> list[Line]:
    """Return the links that are still to be decided on where support is under way, and the cases whose supporter is barred at their school."""
    touched = links_under_way(session, today, STOPPING, brief.commission_id)
    undecided = [(f"{one.supporter} with {one.school} ({one.kind})", None) for one in touched if one.link.outcome is ConflictOutcome.OPEN]
    # Several barred links with one school are one case to be replaced.
    barred = dict.fromkeys(
        (f"{one.school}, case {one.case.id}: {one.supporter}", None) for one in touched if one.link.outcome is ConflictOutcome.BARRED
    )
    first = f"{counted(len(undecided), 'link')} to decide on where support is under way (`lodestar supporter conflict`)"
    second = f"{counted(len(barred), 'case')} whose supporter is barred there. Please seek another (`lodestar decide replace-supporter`)"
    return [Line(brief.adviser, says, by_day(list(found))) for says, found in ((first, undecided), (second, barred)) if found]


def _meetings(session: Session, brief: Brief, today: datetime.date) -> list[Line]:
    """Return the meetings that have had their day and whose attendance nobody has recorded, for whoever leads each."""
    query = select(Meeting).where(Meeting.commission_id == brief.commission_id, Meeting.status == VisitStatus.CONFIRMED, Meeting.day < today)
    found: dict[int | None, list[Waiting]] = {}
    for one in session.exec(query.order_by(col(Meeting.day))).all():
        found.setdefault(one.supporter_id, []).append((f"{one.purpose} (meeting {one.id})", one.day))
    return [
        Line(brief.to_supporter(number) if number else brief.adviser, f"{counted(len(mine), 'meeting')} to record: who came", by_day(mine), "held on")
        for number, mine in sorted(found.items(), key=lambda pair: pair[0] or 0)
    ]


def _undated(session: Session, brief: Brief, schools: Mapping[int, str]) -> list[Line]:
    """Return the visits that must move and find no new day, each with what stops it and the day that it had."""
    found: list[Waiting] = [
        (f"{schools[one.visit.case_id]}, case {one.visit.case_id}, as of {one.since:%-d %B %Y}: {one.why.rstrip('. ')}", one.visit.day)
        for one in without_day(session, schools)
    ]
    says = (
        f"{counted(len(found), 'visit')} that must move and find{'s' if len(found) == 1 else ''} no new day. Please change what stops it, "
        "seek another supporter (`lodestar decide replace-supporter`) or cancel it (`lodestar decide cancel-visit`)"
    )
    return [Line(brief.adviser, says, found, "was to be on")] if found else []


def _for_one(session: Session, brief: Brief, today: datetime.date) -> list[Line]:
    """Return the visits to which one comes though two should, since the other cannot that day and it is too near to be dated anew."""
    found: list[Waiting] = [
        (f"{brief.school(one.case).name}, case {one.case.id}: {one.stops}", one.visit.day) for one in for_one(session, brief, today) if one.stays
    ]
    says = f"{counted(len(found), 'visit')} to which one comes and not two: too near to be dated anew (`lodestar decide move-visit` does so anyway)"
    return [Line(brief.adviser, says, found, "visit on")] if found else []


def _without(session: Session, brief: Brief) -> list[Line]:
    """Return the cases that go on without one of their further matches."""
    found: list[Waiting] = [(f"{name} ({match})", None) for _, name, match, _ in without_further(session, brief.commission_id)]
    says = f"{counted(len(found), 'case')} without a further match: see `lodestar broker unmet`, and seek it again with replace-supporter --match"
    return [Line(brief.adviser, says, found)] if found else []


def _alone(session: Session, brief: Brief, schools: Mapping[int, str]) -> list[Line]:
    """Return the schools that are left alone in their group."""
    groups = [members for further in brokers(brief.programme) for members in open_groups(session, brief.commission_id, further).values()]
    found: list[Waiting] = [(schools[members[0]], None) for members in groups if len(members) == 1 and members[0] in schools]
    says = f"{counted(len(found), 'school')} left alone in a group: have it matched anew with replace-supporter, so that it joins another"
    return [Line(brief.adviser, says, found)] if found else []
