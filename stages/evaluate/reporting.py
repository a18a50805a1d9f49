"""Giving each school its own report of a census once all schools have answered or been waited for, and what promises count of it."""

import datetime
from collections.abc import Iterable, Sequence

import pendulum
from sqlmodel import Session, col, select

from calendars.school_days import school_year
from models.case import Case
from models.database import Database, until_saved
from models.evidence import Answer, Asking
from models.message import Message
from models.moments import day_of
from models.programme import Instrument
from models.review import SchoolReport
from models.words import CommissionStatus, MessageStatus, Status
from notifications.draft import case_key
from notifications.messages import to_school
from stages.brief import Brief, load_brief
from stages.evaluate.census import Counts, lines
from stages.journey import NOT_TAKING_PART
from stages.record import ENGINE, Note, note
from stages.reminders.rules import gives_up_on

Dates = dict[int, list[datetime.date]]


def censuses(brief: Brief) -> list[Instrument]:
    """Return the censuses of a commission's programme."""
    return [one for one in brief.programme.diagnose.instruments if one.kind == "census"]


@until_saved
def send_reports(database: Database, commission_id: int, at: pendulum.DateTime) -> int:
    """Send each school that answered a census its report, kept as it was shown, and return how many went; run twice, nobody has two.

    A year's reports go when every school that was asked in it has answered, let it lapse or been waited for long enough, so that all are set
    beside the same area; a school that answers after that has its own at once.
    """
    with database.reading() as session:
        brief = load_brief(session, commission_id, [])
        if brief.commission.status is not CommissionStatus.RUNNING or not any(_due(session, brief, one, at) for one in censuses(brief)):
            return 0
    with database.writing() as session:
        brief = load_brief(session, commission_id)
        # Two runs at once must not write to a school twice.
        list(session.exec(select(Case.id).where(Case.commission_id == commission_id).order_by(col(Case.id)).with_for_update()).all())
        notes = [one for instrument in censuses(brief) for one in _reports(session, brief, instrument, at)]
        note(session, notes, at)
    return len(notes)


def _year(brief: Brief, moment: datetime.datetime) -> int:
    """Return the school year that something belongs to; what comes in a holiday belongs to the school days that follow."""
    return school_year(brief.calendar.add(day_of(moment), 0))


def _due(session: Session, brief: Brief, instrument: Instrument, at: pendulum.DateTime) -> dict[int, list[int]]:
    """Return by school year the cases whose report of a census may go and is not there yet."""
    mine = select(Case.id).where(Case.commission_id == brief.commission_id)
    asked = session.exec(select(Asking).where(Asking.instrument == instrument.id, col(Asking.case_id).in_(mine))).all()
    today, open_years = day_of(at), set[int]()
    for one in asked:
        if one.answered_at is None and one.lapsed_at is None and gives_up_on(one.due, brief.programme.messages.reminders, brief.calendar) > today:
            open_years.add(_year(brief, one.asked_at))
    sent = select(SchoolReport.case_id, SchoolReport.year).where(SchoolReport.instrument == instrument.id, col(SchoolReport.case_id).in_(mine))
    there = set(session.exec(sent).all())
    gone = set(session.exec(mine.where(col(Case.status).in_(NOT_TAKING_PART))).all())
    found: dict[int, list[int]] = {}
    for case_id, year in sorted(_answers(session, brief, instrument)):
        if year not in open_years and (case_id, year) not in there and case_id not in gone:
            found.setdefault(year, []).append(case_id)
    return found


def _answers(session: Session, brief: Brief, instrument: Instrument) -> dict[tuple[int, int], Counts]:
    """Return what each case answered in each school year, the newest if it answered more than once; schools that withdrew are left out."""
    query = (
        select(Answer.case_id, Answer.at, Answer.answers)
        .join(Case, col(Case.id) == Answer.case_id)
        .where(Case.commission_id == brief.commission_id, Answer.instrument == instrument.id, Case.status != Status.WITHDRAWN)
        .order_by(col(Answer.edition))
    )
    return {(case_id, _year(brief, at)): answers for case_id, at, answers in session.exec(query).all()}


def _reports(session: Session, brief: Brief, instrument: Instrument, at: pendulum.DateTime) -> list[Note]:
    answers, found = _answers(session, brief, instrument), []
    for year, case_ids in _due(session, brief, instrument, at).items():
        cases = session.exec(select(Case).where(col(Case.id).in_(case_ids)).order_by(col(Case.id))).all()
        schools = sum(one == year for _, one in answers)
        for case in cases:
            own = {one: said for (number, one), said in answers.items() if number == case.id and one <= year}
            others = [said for (number, one), said in answers.items() if one == year and number != case.id]
            found.append(_report(brief, instrument, case, year, lines(instrument, own, others, year), schools, at))
    return found


def _report(
    brief: Brief, instrument: Instrument, case: Case, year: int, told: Sequence[dict[str, object]], schools: int, at: pendulum.DateTime
) -> Note:
    row = {"case_id": case.id, "instrument": instrument.id, "year": year, "lines": list(told), "schools": schools, "at": at}
    message = to_school.census_report(brief.head, brief.to_school(case.urn), case.id, instrument.id, year, brief.school(case).name,
                                      instrument.title, told, schools, instrument.suppress_below or 0)  # fmt: skip
    detail = {"instrument": instrument.id, "year": year}
    return Note("census.reported", ENGINE, brief.commission_id, case.id, detail=detail, rows=[(SchoolReport, row)], messages=[message])


def returned(session: Session, brief: Brief) -> Dates:
    """Return the days on which each case returned a census, one a time that it was asked, however often it corrected its answers."""
    names = [one.id for one in censuses(brief)]
    query = select(col(Asking.case_id), col(Asking.answered_at)).join(Case, col(Case.id) == Asking.case_id)
    mine = (Case.commission_id == brief.commission_id, col(Asking.instrument).in_(names), col(Asking.answered_at).is_not(None))
    return by_case(session.exec(query.where(*mine)).all() if names else [])


def reported(session: Session, brief: Brief) -> Dates:
    """Return the days on which each case was sent a report; one that could not be sent, for want of an address say, is none."""
    query = select(col(SchoolReport.case_id), col(SchoolReport.at), SchoolReport.instrument, SchoolReport.year)
    rows = session.exec(query.join(Case, col(Case.id) == SchoolReport.case_id).where(Case.commission_id == brief.commission_id)).all()
    left = (Message.commission_id == brief.commission_id, Message.kind == "census_report", Message.status == MessageStatus.SENT)
    sent = set(session.exec(select(Message.key).where(*left)).all()) if rows else set()
    return by_case([(number, at) for number, at, name, year in rows if case_key(number, "census_report", f"{name}-{year}") in sent])


def by_case(rows: Iterable[tuple[int | None, datetime.date | datetime.datetime | None]]) -> Dates:
    """Group dates (London dates, for moments) by case, in order."""
    found: Dates = {}
    for case_id, moment in rows:
        if case_id is not None and moment is not None:
            found.setdefault(case_id, []).append(day_of(moment) if isinstance(moment, datetime.datetime) else moment)
    return {case_id: sorted(days) for case_id, days in found.items()}
