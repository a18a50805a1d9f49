"""What KPIs ask of meetings, groups, training and heads, against rows made by hand."""

import datetime
import pathlib
from collections.abc import Iterator

import pendulum
import pytest

from models.database import Database
from models.evidence import Evidence, Load
from models.meeting import Attendance, GroupPlace, Meeting, SupportGroup
from models.supporter import DueDiligence, Supporter
from models.visit import Visit
from models.words import AttendanceStatus, Role, Status, SupporterKind, VisitStatus
from programmes.sessions import TRAINING
from reports.summary import summarise
from stages.brief import load_brief
from stages.evaluate import gatherings
from tests.stages.meeting_builders import NETWORK, Company, company, meeting_programme, triads

D = datetime.date
CAME, ABSENT, APOLOGIES, EXPECTED, GIVEN_BACK = (
    AttendanceStatus.CAME, AttendanceStatus.ABSENT, AttendanceStatus.APOLOGIES, AttendanceStatus.EXPECTED, AttendanceStatus.GIVEN_BACK
)  # fmt: skip
TRAINING_DAY = {"id": "training", "title": "Training", "kind": "training", "held": "group", "hosts": "online", "attendance": True, "note": False}
REVIEWED = {"id": "review", "title": "Review", "kind": "review_visit", "count": 2}
OTHER = {"id": "re", "title": "A visit whose name begins another's", "kind": "visit"}


@pytest.fixture
def four(database: Database, tmp_path: pathlib.Path) -> Iterator[Company]:
    """Four cases that were just opened, in a programme with meetings, training and reviews."""
    return company(database, tmp_path, meeting_programme(NETWORK, TRAINING_DAY, REVIEWED, OTHER, places=4))


def meet(one: Company, name: str, held_on: datetime.date | None, *places: AttendanceStatus | None) -> None:
    """Enter a meeting by hand with the places of the cases in order; None for no place."""
    with one.database.writing() as session:
        meeting = Meeting(
            commission_id=one.commission_id, session=name, purpose="x", place="online", day=held_on or D(2027, 1, 1), part="morning",
            status=VisitStatus.HELD if held_on else VisitStatus.CONFIRMED, held_on=held_on,
        )  # fmt: skip
        session.add(meeting)
        session.flush()
        for case, status in zip(one.cases, places, strict=False):
            if status is not None:
                session.add(Attendance(meeting_id=meeting.id, case_id=case.id, status=status))


def by_place(one: Company, found: dict[int, list[datetime.date]]) -> list[list[datetime.date]]:
    """Return what was found for each case in order."""
    return [found.get(case.id, []) for case in one.cases]


def test_a_school_attended_the_meetings_to_which_it_sent_somebody_in_the_order_of_their_days(four: Company) -> None:
    meet(four, "network", D(2026, 11, 3), CAME, ABSENT, APOLOGIES, None)
    meet(four, "network", D(2026, 10, 1), CAME, CAME, GIVEN_BACK, None)
    meet(four, "training", D(2026, 12, 1), None, CAME, None, None)
    meet(four, "network", None, EXPECTED, EXPECTED, None, EXPECTED)
    meet(four, "long-gone", D(2026, 12, 5), CAME, CAME, CAME, CAME)
    found = four.read(lambda session: gatherings.attended(session, load_brief(session, four.commission_id)))
    assert by_place(four, found) == [[D(2026, 10, 1), D(2026, 11, 3)], [D(2026, 10, 1), D(2026, 12, 1)], [], []]


def test_a_school_is_trained_at_a_training_or_by_what_was_recorded_of_it_as_a_supporter(four: Company) -> None:
    meet(four, "training", D(2026, 12, 1), CAME, ABSENT, None, None)
    meet(four, "network", D(2026, 10, 1), None, CAME, None, None)
    with four.database.writing() as session:
        programme = load_brief(session, four.commission_id).programme.programme
        for number, (check, name) in enumerate(((TRAINING, programme), ("Insurance", programme), (TRAINING, "another-programme"))):
            supporter = Supporter(name=f"S{number}", email="s@x.example", kind=SupporterKind.SUPPORTING_SCHOOL, half_days_a_year=1, cost_a_day=0,
                                  employer_urn=four.cases[number if number else 0].urn)  # fmt: skip
            session.add(supporter)
            session.flush()
            session.add(DueDiligence(supporter_id=supporter.id, programme=name, check=check, seen="x", done_by="x", done_on=D(2026, 9, 9)))
    found = four.read(lambda session: gatherings.trained(session, load_brief(session, four.commission_id)))
    assert by_place(four, found) == [[D(2026, 9, 9), D(2026, 12, 1)], [], [], []]


def test_a_school_was_reviewed_when_a_review_of_it_was_held(four: Company) -> None:
    supporter = four.rows(Supporter)[0].id
    with four.database.writing() as session:
        for number, key, status, day in (
            (0, "review.2", VisitStatus.HELD, D(2027, 2, 1)), (0, "review.1", VisitStatus.HELD, D(2026, 11, 1)),
            (1, "review.1", VisitStatus.CONFIRMED, None), (2, "re", VisitStatus.HELD, D(2026, 11, 1)), (3, "review.1", VisitStatus.CANCELLED, None),
        ):  # fmt: skip
            session.add(Visit(case_id=four.cases[number].id, supporter_id=supporter, session=key, ordinal=int(key[-1:] == "2") + 1, purpose="x",
                              day=D(2026, 11, 1), part="morning", status=status, held_on=day))  # fmt: skip
    found = four.read(lambda session: gatherings.reviewed(session, load_brief(session, four.commission_id)))
    assert by_place(four, found) == [[D(2026, 11, 1), D(2027, 2, 1)], [], [], []]


def group(one: Company, further: str, *members: int, left: dict[int, datetime.date] | None = None) -> None:
    """Enter a group of cases by hand; those in `left` have left it."""
    with one.database.writing() as session:
        made = SupportGroup(commission_id=one.commission_id, further=further, title="A group", formed_at=one.at)
        session.add(made)
        session.flush()
        for number in members:
            session.add(GroupPlace(group_id=made.id, case_id=one.cases[number].id, joined_on=D(2026, 9, 2), left_on=(left or {}).get(number)))


def in_groups(one: Company) -> list[bool]:
    found = one.read(lambda session: gatherings.grouped(session, load_brief(session, one.commission_id)))
    return [case.id in found for case in one.cases]


def test_a_group_of_one_is_none(four: Company) -> None:
    group(four, "", 0, 1)
    group(four, "", 2)
    assert in_groups(four) == [True, True, False, False]


def test_whoever_left_is_in_no_group_and_whoever_is_left_alone_is_not_either(four: Company) -> None:
    group(four, "", 0, 1, left={1: D(2026, 12, 1)})
    group(four, "", 2, 3)
    assert in_groups(four) == [False, False, True, True]


def test_a_case_in_two_groups_is_grouped_if_one_of_them_has_another(four: Company) -> None:
    group(four, "", 0)
    group(four, "circle", 0, 3)
    assert in_groups(four) == [True, False, False, True]


OPENED = D(2026, 9, 2)


def figures(database: Database, *rows: tuple[int, str, float, datetime.date]) -> None:
    """Enter figures by hand, as one file would bring them."""
    with database.writing() as session:
        session.add(
            Load(id=1, kind="own_figures", edition="e", file_name="f", digest="d", rows_read=0, rows_kept=0, at=pendulum.datetime(2026, 8, 3))
        )
        session.flush()
        for urn, indicator, value, as_of in rows:
            session.add(Evidence(urn=urn, indicator=indicator, value=value, as_of=as_of, load_id=1))


@pytest.mark.parametrize(
    ("as_of", "value", "new", "since"),
    [
        # Each mark says that the head changed in the year before it.
        (D(2026, 9, 1), 1, True, False), (D(2025, 9, 3), 1, True, False), (D(2025, 9, 2), 1, False, False), (D(2024, 9, 1), 1, False, False),
        (D(2027, 3, 1), 1, True, False), (D(2027, 8, 1), 1, True, False), (D(2027, 8, 2), 1, False, True), (D(2027, 9, 1), 1, False, True),
        (D(2028, 9, 1), 1, False, True), (D(2027, 9, 1), 0, False, False),
    ],
)  # fmt: skip
def test_a_head_is_new_at_the_opening_or_has_changed_since(
    as_of: datetime.date, value: int, new: bool, since: bool, sqlite_database: Database
) -> None:
    figures(sqlite_database, (990001, "head_changed", value, as_of), (990002, "head_changed", 1, as_of), (990001, "pupils", 100, as_of))
    with sqlite_database.reading() as session:
        assert gatherings.heads(session, {990001: OPENED}) == ({990001} if new else set(), {990001} if since else set())


def test_a_new_head_that_changed_again_is_both(sqlite_database: Database) -> None:
    figures(sqlite_database, (990001, "head_changed", 1, D(2026, 9, 1)), (990001, "head_changed", 1, D(2027, 9, 1)))
    with sqlite_database.reading() as session:
        assert gatherings.heads(session, {990001: OPENED}) == ({990001}, {990001})


def test_promises_about_meetings_and_groups_are_counted_as_people_met(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    kpis = [
        {"id": "group", "title": "In a group", "counts": "grouped", "of": "taking_part"},
        {"id": "met", "title": "Met twice", "counts": "attended", "at_least": 2, "of": "taking_part"},
    ]
    programme = triads().model_copy(update={"evaluate": triads().evaluate.model_validate({"measures": [], "kpis": kpis})})
    one = company(sqlite_database, tmp_path, programme).until(Status.BOOKED)
    for number, came in enumerate(((0, 1, 2), (0, 1))):
        meeting = one.meetings()[number]
        one.wait(meeting.day)
        note = {"strengths": "Clear.", "areas": "Time."} if number == 0 else {}
        one.hold(meeting.id, [one.cases[place].urn for place in came], **note)
    found = one.read(lambda session: {kpi["id"]: kpi for kpi in summarise(session, one.commission_id, one.at)["kpis"]})
    assert (found["group"]["numerator"], found["group"]["denominator"]) == (3, 3)
    assert (found["met"]["numerator"], found["met"]["denominator"]) == (2, 3)
    one.one(2).decide("withdraw", Role.SCHOOL, reason="We merge.")
    one.one(1).decide("withdraw", Role.SCHOOL, reason="We merge too.")
    assert in_groups(one) == [False, False, False]
