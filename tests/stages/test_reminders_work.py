"""The daily batch of reminders: each rung once, nothing to those who have answered, and silence while schools are closed."""

import datetime
from collections import Counter
from pathlib import Path

import pendulum
import pytest
import yaml
from sqlmodel import col, select

from models.case import Case
from models.commission import Commission, Selection
from models.database import Database
from models.message import Message
from models.school import School
from models.words import CommissionStatus, MessageStatus, Phase, Role, SchoolStatus, Status, VisitStatus
from notifications.rendering import render
from simulation.setting_up import first_moment
from stages.brief import load_brief, load_calendar
from stages.commission.decide import set_status
from stages.commission.membership import NewMembership, add_memberships
from stages.record import Actor
from stages.reminders.work import remind
from stages.reminders.worklists import Line, next_worklist
from tests.stages.builders import Journey, everything, journey, morning, opened, programme_text, small_programme

DAY = datetime.timedelta(days=1)


def remind_on(one: Journey, day: datetime.date, hour: int = 7) -> Counter[str]:
    return remind(one.database, one.commission_id, morning(day, hour))


def reminders(one: Journey) -> list[Message]:
    with one.database.reading() as session:
        query = select(Message).where(Message.case_id == one.case_id, col(Message.kind).in_(["reminder", "overdue"])).order_by(col(Message.id))
        return list(session.exec(query).all())


def school_days(one: Journey, after: datetime.date, count: int) -> datetime.date:
    with one.database.reading() as session:
        return load_calendar(session, "999").add(after, count)


@pytest.fixture
def invited(database: Database, tmp_path: Path) -> Journey:
    """A case that was invited and does not answer."""
    return journey(database, tmp_path, joined_by="asked")


@pytest.fixture
def quick(sqlite_database: Database, tmp_path: Path) -> Journey:
    """The same, on SQLite only."""
    return journey(sqlite_database, tmp_path, joined_by="asked")


def due_of(one: Journey) -> datetime.date:
    due = one.case.due
    assert due is not None
    return due


def test_reminding_twice_a_day_reminds_once(invited: Journey) -> None:
    day = school_days(invited, due_of(invited), -3)
    assert remind_on(invited, day)["reminder"] == 2  # both schools that were asked
    before = everything(invited.database)
    assert remind_on(invited, day, 15) == Counter()
    assert everything(invited.database) == before


def test_a_rung_is_climbed_once_however_often_the_batch_runs(invited: Journey) -> None:
    day = school_days(invited, due_of(invited), -3)
    remind_on(invited, day)
    remind_on(invited, day + DAY)
    assert len(reminders(invited)) == 1


def test_a_school_that_never_answers_gets_each_rung_once_and_then_others_are_told(invited: Journey) -> None:
    due, last = due_of(invited), school_days(invited, due_of(invited), 25)
    day, written = invited.at.date(), dict[datetime.date, Message]()
    while day <= last:
        known = len(reminders(invited))
        remind_on(invited, day)
        for message in reminders(invited)[known:]:
            written[day] = message
        day += DAY
    assert [(message.kind, message.to_role) for message in written.values()] == [
        ("reminder", "headteacher"), ("reminder", "headteacher"), ("reminder", "headteacher"), ("overdue", "adviser"), ("overdue", "commissioner"),
    ]  # fmt: skip
    assert list(written) == [school_days(invited, due, days) for days in (-3, 2, 7, 12, 17)]
    assert [message.context.get("overdue") for message in written.values()][:3] == [False, True, True]
    texts = [render(message.kind, message.context).text for message in written.values()]
    assert all(f"{due:%A %-d %B %Y}" in said for said in texts)
    assert all(written[rung].context["school"] in said for rung, said in zip(written, texts, strict=True))


def test_reminders_stop_as_soon_as_there_is_an_answer(invited: Journey) -> None:
    due = due_of(invited)
    remind_on(invited, school_days(invited, due, -3))
    invited.at = morning(due)
    invited.decide("opt-in", Role.SCHOOL)
    for days in (2, 7, 12, 17):
        remind_on(invited, school_days(invited, due, days))
    assert len(reminders(invited)) == 1


def test_a_paused_case_is_not_reminded(quick: Journey) -> None:
    quick.decide("pause", Role.ADVISER, reason="The head is away.")
    for days in (-3, 2, 7, 12):
        remind_on(quick, school_days(quick, due_of(quick), days))
    assert reminders(quick) == []


def test_a_reminder_that_still_waits_is_not_sent_once_the_case_is_paused(quick: Journey) -> None:
    remind_on(quick, school_days(quick, due_of(quick), -3))
    quick.decide("pause", Role.ADVISER, reason="The head is away.")
    assert [message.status for message in reminders(quick)] == [MessageStatus.SKIPPED]


def test_a_paused_commission_reminds_nobody(quick: Journey) -> None:
    with quick.database.writing() as session:
        commission = session.get_one(Commission, quick.commission_id)
        set_status(session, commission, CommissionStatus.PAUSED, Actor(Role.LEAD, "partnership lead"), "An election.", quick.at)
    before = everything(quick.database)
    assert remind_on(quick, school_days(quick, due_of(quick), 2)) == Counter()
    assert everything(quick.database) == before


@pytest.mark.parametrize(
    "day", ["2026-10-03", "2026-10-04", "2026-10-27", "2026-12-25", "2027-01-01", "2027-05-03", "2027-08-10"]
)  # Saturday, Sunday, half-term, Christmas, New Year, a bank holiday in term, summer
def test_nobody_is_written_to_while_schools_are_closed(quick: Journey, day: str) -> None:
    before = everything(quick.database)
    assert remind_on(quick, datetime.date.fromisoformat(day)) == Counter()
    assert everything(quick.database) == before


def test_a_reminder_whose_day_is_past_is_made_up_for_by_the_next_one_only(quick: Journey) -> None:
    """After a holiday in which nothing ran, the school gets one reminder and not all that were missed."""
    assert remind_on(quick, school_days(quick, due_of(quick), 9))["reminder"] == 2
    assert len(reminders(quick)) == 1


def test_whose_turn_it_is_gets_the_reminder(sqlite_database: Database, tmp_path: Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_SUPPORTER)
    remind_on(one, school_days(one, due_of(one), -3))
    found = reminders(one)
    assert [(message.to_role, message.status) for message in found] == [("supporter", MessageStatus.WAITING)]
    assert "whether you can take on a school" in render("reminder", found[0].context).text


def test_the_adviser_gets_one_worklist_on_a_monday_instead_of_a_message_a_case(sqlite_database: Database, tmp_path: Path) -> None:
    one = journey(sqlite_database, tmp_path)
    for number in range(1, 5):
        Journey(sqlite_database, one.commission_id, number, one.at).until(Status.AWAITING_CONFIRMATION)
    assert remind_on(one, datetime.date(2026, 9, 4))["worklist"] == 0
    assert remind_on(one, datetime.date(2026, 9, 7))["worklist"] == 1
    assert remind_on(one, datetime.date(2026, 9, 7), 15)["worklist"] == 0
    with sqlite_database.reading() as session:
        found = session.exec(select(Message).where(Message.kind == "worklist")).one()
    assert found.to_role == "adviser" and "4 cases: diagnosis proposed, to be confirmed" in render("worklist", found.context).text


def test_of_a_visit_without_a_note_the_supporter_is_told_that_it_is_to_be_recorded(sqlite_database: Database, tmp_path: Path) -> None:
    schedule = yaml.safe_load(programme_text())["schedule"]
    schedule["sessions"][0]["note"] = False
    one = journey(sqlite_database, tmp_path, small_programme(schedule=schedule)).until(Status.BOOKED)
    day = one.visits(VisitStatus.CONFIRMED)[0].day
    remind_on(one, day + DAY * (8 - day.isoweekday()))
    with sqlite_database.reading() as session:
        found = session.exec(select(Message).where(Message.kind == "worklist", Message.to_role == "supporter")).all()
    assert [[line["says"] for line in message.context["lines"]] for message in found] == [
        ["1 visit to record as held; nothing else is written of it"]
    ]


def test_a_supporter_is_told_of_notes_that_are_still_to_be_written(sqlite_database: Database, tmp_path: Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.BOOKED)
    day = one.visits(VisitStatus.CONFIRMED)[0].day
    monday = day + DAY * (8 - day.isoweekday())
    remind_on(one, monday)
    with sqlite_database.reading() as session:
        found = session.exec(select(Message).where(Message.kind == "worklist", Message.to_role == "supporter")).all()
    school = found[0].context["lines"][0]["schools"][0]
    assert [[line["says"] for line in message.context["lines"]] for message in found] == [["1 note of visit to write"]]
    text = render("worklist", found[0].context).text
    assert f"- {school['name']}: visit on {day:%A %-d %B %Y}" in text
    assert "write to The link adviser at" in text and "lodestar" not in text.replace("lodestar.example", "")


def test_a_worklist_names_the_schools_what_is_wanted_and_by_when_and_counts_those_beyond_thirty(sqlite_database: Database, tmp_path: Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_APPROVAL)
    due, monday = due_of(one), datetime.date(2026, 9, 7)
    remind_on(one, monday)
    with sqlite_database.reading() as session:
        found = session.exec(select(Message).where(Message.kind == "worklist", Message.to_role == "commissioner")).one()
        brief = load_brief(session, one.commission_id)
    text = render("worklist", found.context).text
    assert "Please approve the match, or say why not." in text and f": due {due:%A %-d %B %Y}" in text
    assert "What to do: reply to this message" in text and "`lodestar" not in text
    line = Line(brief.adviser, "31 cases", [(f"School {number}", due) for number in range(31)])
    assert len(line.as_json()["schools"]) == 30 and line.as_json()["more"] == 1  # type: ignore[arg-type]


def test_the_next_worklist_is_known_with_what_it_would_hold(sqlite_database: Database, tmp_path: Path) -> None:
    one = journey(sqlite_database, tmp_path)
    assert next_worklist(sqlite_database, one.commission_id, morning(datetime.date(2026, 9, 3))) is None
    one.until(Status.AWAITING_CONFIRMATION)
    assert next_worklist(sqlite_database, one.commission_id, morning(datetime.date(2026, 9, 3))) == (datetime.date(2026, 9, 7), 1)
    assert next_worklist(sqlite_database, one.commission_id, morning(datetime.date(2026, 9, 7))) == (datetime.date(2026, 9, 14), 1)


def test_the_regular_letter_goes_once_a_term_to_every_school(sqlite_database: Database, tmp_path: Path) -> None:
    one, sent = journey(sqlite_database, tmp_path), []
    day = one.at.date()
    while day < datetime.date(2027, 2, 1):
        sent.append((day, remind_on(one, day)["newsletter"]))
        day += DAY
    days = [day for day, count in sent if count]
    assert [count for _, count in sent if count] == [100, 100] and days[0].month == 9 and days[1].month == 1
    with sqlite_database.reading() as session:
        letters = session.exec(select(Message).where(Message.kind == "newsletter")).all()
    assert len({letter.to_address for letter in letters}) == 100
    assert Counter(letter.context["edition"] for letter in letters) == {"Autumn 1 2026": 100, "Spring 1 2027": 100}


def letters_of(one: Journey, first: datetime.date, last: datetime.date) -> dict[str, set[int]]:
    """Remind every day and return who is written to by edition, as the URN in the address."""
    day = first
    while day <= last:
        remind_on(one, day)
        day += DAY
    found: dict[str, set[int]] = {}
    with one.database.reading() as session:
        for letter in session.exec(select(Message).where(Message.kind == "newsletter")).all():
            found.setdefault(letter.context["edition"], set()).add(int(letter.key.rsplit("/", 1)[1]))
    return found


def test_a_letter_to_members_goes_each_half_term_to_those_who_are_members_by_then(sqlite_database: Database, tmp_path: Path) -> None:
    letter = {"newsletter": {"to": "members", "every": "half_term"}}
    one, lead = journey(sqlite_database, tmp_path, small_programme(messages=letter)), Actor(Role.LEAD, "partnership lead")
    with sqlite_database.writing() as session:
        out = session.exec(select(Selection.urn).where(Selection.outcome == "out").order_by(col(Selection.urn))).first()
        elsewhere = School(urn=100_001, name="Elsewhere", authority="998", authority_name="M", type_name="Community school",
                           status=SchoolStatus.MAINTAINED, phase=Phase.PRIMARY, state_funded=True, open=True)  # fmt: skip
        session.add(elsewhere)
        session.flush()
        assert out is not None
        part, autumn = one.case.urn, datetime.date(2026, 9, 1)
        new = [
            NewMembership(urn=out, kind="full", pounds="450", joined=autumn),
            NewMembership(urn=part, kind="full", pounds="0", joined=datetime.date(2026, 11, 20), left=datetime.date(2027, 3, 1)),
            NewMembership(urn=100_001, kind="full", pounds="450", joined=autumn),
        ]
        add_memberships(session, new, lead, one.at)
    assert letters_of(one, one.at.date(), datetime.date(2027, 10, 15)) == {
        "Autumn 1 2026": {out}, "Autumn 2 2026": {out, part}, "Spring 1 2027": {out, part}, "Spring 2 2027": {out, part},
        "Summer 1 2027": {out}, "Summer 2 2027": {out},
    }  # fmt: skip


@pytest.mark.parametrize(("to", "count"), [("every_school", 100), ("taking_part", 6)])
def test_a_letter_of_the_year_goes_once_in_the_first_half_of_autumn(sqlite_database: Database, tmp_path: Path, to: str, count: int) -> None:
    one = journey(sqlite_database, tmp_path, small_programme(messages={"newsletter": {"to": to, "every": "year"}}))
    found = letters_of(one, one.at.date(), datetime.date(2027, 10, 15))
    assert {name: len(urns) for name, urns in found.items()} == {"Autumn 1 2026": count, "Autumn 1 2027": count}


def test_the_letter_counts_no_school_that_left_closed_or_was_only_asked(sqlite_database: Database, tmp_path: Path) -> None:
    one = journey(sqlite_database, tmp_path, small_programme(messages={"newsletter": {"to": "every_school", "every": "year"}}))
    one.decide("close-school", Role.ADVISER, reason="It closed.")
    one.case_id += 1
    one.decide("withdraw", Role.SCHOOL, reason="No longer.")
    letters_of(one, one.at.date(), datetime.date(2026, 9, 30))
    with sqlite_database.reading() as session:
        statuses = session.exec(select(Case.status)).all()
        letter = session.exec(select(Message).where(Message.kind == "newsletter").limit(1)).one()
    assert Counter(statuses) == {Status.SELECTED: 2, Status.INVITED: 2, Status.SCHOOL_CLOSED: 1, Status.WITHDRAWN: 1}
    assert letter.context["figures"]["Schools taking part"] == "2"


def test_the_day_is_londons_day(sqlite_database: Database, tmp_path: Path) -> None:
    """Half past midnight on a Monday in September is Sunday in UTC; schools are open on that Monday."""
    programme = small_programme()
    commission_id = opened(sqlite_database, tmp_path, programme)
    one = Journey(sqlite_database, commission_id, 1, first_moment(programme)).until(Status.AWAITING_CONFIRMATION)
    at = pendulum.datetime(2026, 9, 7, 0, 30, tz="Europe/London")
    assert at.in_timezone("UTC").isoweekday() == 7
    assert remind(one.database, commission_id, at)["worklist"] == 1
