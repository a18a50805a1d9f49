"""Due diligence: a supporting organisation is not matched before everything that the programme asks for was seen."""

import pathlib
from typing import Any

import pytest
from sqlmodel import col, select

from models.database import Database
from models.errors import BadInput, LodestarError, NotAllowed
from models.programme import Programme
from models.supporter import DueDiligence, Supporter
from models.trail import Event
from models.words import Role, Status, SupporterKind
from stages.broker.due_diligence import checks_of, open_checks, record_check
from stages.record import Actor
from tests.snapshots import Beginning
from tests.stages.builders import Journey, journey, small_programme

LEAD = Actor(Role.LEAD, "partnership lead")
CHECKS = ["Safeguarding policy", "Insurance in date"]


def checked_first() -> Programme:
    values = small_programme(places=1).model_dump(mode="json")
    values["broker"] |= {"mode": "provider", "due_diligence": CHECKS}
    return Programme.model_validate(values)


@pytest.fixture
def unchecked(database: Database, tmp_path: pathlib.Path) -> Journey:
    """A case for which every provider still has a check to be done."""
    one = journey(database, tmp_path, checked_first())
    with database.writing() as session:
        for row in session.exec(select(DueDiligence)).all():
            session.delete(row)
    one.beginning = Beginning(database, "unchecked")
    return one.until(Status.TO_MATCH)


def provider(database: Database, number: int = 0) -> Supporter:
    with database.reading() as session:
        return session.exec(select(Supporter).order_by(col(Supporter.id))).all()[number]


def record(one: Journey, number: int, seen: str = "seen on 1 September", actor: Actor = LEAD, supporter: Supporter | None = None) -> int:
    with one.database.writing() as session:
        return record_check(session, supporter or provider(one.database), checked_first(), number, seen, actor, one.at)


def test_nobody_is_matched_before_the_checks_are_done_and_the_reason_says_so(unchecked: Journey) -> None:
    one = unchecked
    one.engine()
    assert one.case.status is Status.UNMET
    assert "checks that are not done yet" in (one.case.why or "") and "due diligence stops" in (one.case.why or "")


def test_with_the_last_check_the_supporter_can_be_matched(unchecked: Journey) -> None:
    one = unchecked
    for supporter in [provider(one.database, number) for number in range(12)]:
        assert [record(one, number, supporter=supporter) for number in (2, 1)] == [1, 0]
    one.engine()
    assert one.case.status is Status.AWAITING_APPROVAL


def test_a_check_is_kept_with_who_saw_what_and_when_and_only_once(unchecked: Journey) -> None:
    one, name = unchecked, provider(unchecked.database).name
    assert (record(one, 1), record(one, 1, "again")) == (1, 1)
    with one.database.reading() as session:
        found = checks_of(session, provider(one.database), checked_first())
        events = session.exec(select(Event).where(Event.kind == "supporter.checked", Event.by == "partnership lead")).all()
    assert [(row["number"], row["by"], row["seen"]) for row in found] == [
        (1, "partnership lead (lead)", "seen on 1 September"), (2, None, None)
    ]  # fmt: skip
    assert [event.detail["supporter"] for event in events if event.detail["seen"] != "seen and filed"] == [name]


def test_people_are_not_checked_as_organisations_are() -> None:
    programme = checked_first()
    assert open_checks(programme, SupporterKind.ADVISER, {}, 1) == [] == open_checks(programme, SupporterKind.MENTOR, {}, 1)
    assert open_checks(programme, SupporterKind.PROVIDER, {1: {CHECKS[1]}}, 1) == [CHECKS[0]]


@pytest.mark.parametrize(
    ("number", "more", "error", "says"),
    [
        (3, {}, BadInput, "asks for 2 checks"),
        (0, {}, BadInput, "asks for 2 checks"),
        (1, {"seen": " "}, BadInput, "--seen"),
        (1, {"actor": Actor(Role.SUPPORTER, "supporter")}, NotAllowed, "role supporter"),
    ],
)
def test_a_check_that_cannot_be_recorded_is_refused(
    unchecked: Journey, number: int, more: dict[str, Any], error: type[LodestarError], says: str
) -> None:
    with pytest.raises(error, match=says):
        record(unchecked, number, **more)
