"""The actions of an agreed plan: numbered, done one by one by those who may, overdue in the worklist, and counted."""

import datetime
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pendulum
import pytest
from sqlmodel import col, select

from models.database import Database
from models.errors import BadInput, LodestarError, NotAllowed, NotFound, NotPossible
from models.message import Message
from models.plan import Action, ActionPlan, Objective
from models.programme import Programme
from models.review import Review
from models.trail import Decision, Event
from models.words import Role, Status
from notifications.rendering import render
from reports.case_file import case_file
from reports.case_words import in_words
from stages.brief import load_brief
from stages.broker.handover import handover_pack
from stages.evaluate.facts import collect
from stages.evaluate.rules import CaseFacts
from stages.evaluate.work import kpis
from stages.plan.decide import _set_done
from stages.reminders.work import remind
from stages.reminders.worklists import next_worklist
from tests.stages.builders import LONDON, Journey, everything, journey, morning, small_programme

DAY = datetime.timedelta(days=1)
STOPS = (Status.AWAITING_SCHOOL, Status.IN_PROGRESS, Status.AWAITING_JUDGEMENT, Status.COMPLETE)
KPIS = [{"id": "acted-on", "title": "Did what they agreed", "counts": "actions_done", "target_percent": 80}]


def counting(**more: Any) -> Programme:
    """Return a small programme that counts the actions that are done."""
    return small_programme(evaluate={"kpis": KPIS}, **more)


@pytest.fixture(scope="module")
def stops(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[Status, tuple[Path, Journey]]:
    """One journey to its end, with a copy of the database at each of the stops."""
    folder = tmp_path_factory.mktemp("stops")
    file = Path(shutil.copy(sqlite_template, folder / "journey.db"))
    database, found = Database(f"sqlite:///{file}"), {}
    one = journey(database, folder, counting())
    for status in STOPS:
        one.until(status)
        database.close()
        found[status] = (Path(shutil.copy(file, folder / f"{status.value}.db")), Journey(database, one.commission_id, one.case_id, one.at))
    database.close()
    return found


At = Callable[[Status], Journey]


@pytest.fixture
def at(stops: dict[Status, tuple[Path, Journey]], tmp_path: Path) -> Iterator[At]:
    """Give the case at one of the stops, in a database of its own."""
    made: list[Database] = []

    def give(status: Status) -> Journey:
        file, one = stops[status]
        made.append(Database(f"sqlite:///{shutil.copy(file, tmp_path / f'{len(made)}.db')}"))
        return Journey(made[-1], one.commission_id, one.case_id, one.at)

    yield give
    for database in made:
        database.close()


def shown(one: Journey, day: datetime.date | None = None) -> list[dict[str, Any]]:
    """Return the actions as the case shows them."""
    with one.database.reading() as session:
        actions: list[dict[str, Any]] = case_file(session, one.case_id, morning(day) if day else one.at)["actions"]
    return actions


def words(one: Journey, day: datetime.date | None = None) -> str:
    with one.database.reading() as session:
        return in_words(case_file(session, one.case_id, morning(day) if day else one.at))


def done(one: Journey, number: int, role: Role = Role.SCHOOL, **more: Any) -> None:
    one.decide("action-done", role, action_number=number, **more)


def refused(one: Journey, error: type[LodestarError], role: Role = Role.SCHOOL, **more: Any) -> str:
    before = everything(one.database)
    with pytest.raises(error) as raised:
        one.decide("action-done", role, **more)
    assert everything(one.database) == before
    said = str(raised.value)
    assert "\n" not in said and said.endswith(".")
    return said


def facts(one: Journey) -> CaseFacts:
    with one.database.reading() as session:
        found = collect(session, load_brief(session, one.commission_id), one.at.date())
    return next(row for row in found if row.case_id == one.case_id)


def agreed_on(one: Journey) -> datetime.date:
    agreed = one.rows(ActionPlan)[-1].agreed_at
    assert agreed is not None
    return pendulum.instance(agreed).in_timezone(LONDON).date()


def worklist(one: Journey, day: datetime.date) -> list[dict[str, Any]]:
    """Return the lines on overdue actions in the adviser's worklist of the first Monday from a day on."""
    day += DAY * ((8 - day.isoweekday()) % 7)
    remind(one.database, one.commission_id, morning(day, 7))
    with one.database.reading() as session:
        query = select(Message).where(Message.kind == "worklist", Message.to_role == "adviser").order_by(col(Message.id))
        messages = session.exec(query).all()
    lines = [line for message in messages[-1:] if str(day) in message.key for line in message.context["lines"]]
    return [line for line in lines if "overdue" in line["says"]]


def test_actions_are_numbered_over_the_whole_plan_with_owner_and_days(at: At) -> None:
    one = at(Status.IN_PROGRESS)
    found = shown(one)
    assert [row["number"] for row in found] == [1, 2, 3, 4]
    assert found[0]["action"] == "Ask families what the school day costs them" and found[-1]["action"] == "Ask families"
    done(one, 2)
    due, today = found[0]["due"], one.at.date()
    with one.database.reading() as session:
        served = session.get_one(Objective, found[0]["objective_id"]).objective.rstrip(".")
    assert f"- Action 1: {found[0]['action']} (headteacher), due {due:%-d %B %Y}: not done yet. Serves: {served}." in words(one)
    assert f"- Action 2: {found[1]['action']} (headteacher), due {due:%-d %B %Y}: done on {today:%-d %B %Y}." in words(one)


def test_an_action_is_done_once_with_its_day_and_its_line_in_the_trail(at: At) -> None:
    one = at(Status.IN_PROGRESS)
    wanted, day = shown(one)[2], one.at.date()
    one.at = one.at.add(days=9)
    done(one, 3, done_on=day + DAY, reason="All staff were there.")
    assert [row["done_on"] for row in shown(one)] == [None, None, day + DAY, None]
    event, decision = one.rows(Event)[-1], one.rows(Decision)[-1]
    assert (event.kind, event.after, event.at, event.detail["reason"]) == ("action.done", wanted["action"], one.at, "All staff were there.")
    assert (decision.kind, decision.role, decision.reason) == ("action.done", Role.SCHOOL, "All staff were there.")
    said = {"action_id": wanted["id"], "number": 3, "done_on": str(day + DAY), "plan_id": one.rows(ActionPlan)[-1].id}
    assert dict(decision.detail) == said and said.items() <= event.detail.items()
    assert f"was done on {day + DAY:%-d %B %Y} already" in refused(one, NotPossible, action_number=3)


@pytest.mark.parametrize("role", [Role.SCHOOL, Role.SUPPORTER, Role.ADVISER, Role.LEAD])
def test_school_supporter_adviser_and_lead_may_say_that_an_action_is_done(at: At, role: Role) -> None:
    one = at(Status.IN_PROGRESS)
    done(one, 1, role)
    assert shown(one)[0]["done_on"] == one.at.date()


@pytest.mark.parametrize("role", [Role.COMMISSIONER, Role.AUDITOR])
def test_nobody_else_may(at: At, role: Role) -> None:
    said = refused(at(Status.IN_PROGRESS), NotAllowed, role, action_number=1)
    assert said == f"The role {role.value} cannot mark an action as done: it is for school, supporter, adviser, lead."


def test_a_number_that_the_plan_does_not_have_is_refused_with_those_it_has(at: At) -> None:
    one = at(Status.IN_PROGRESS)
    assert "has no action 5: its actions are 1 to 4, as `lodestar case show" in refused(one, NotFound, action_number=5)
    assert "--action-number" in refused(one, BadInput)


def test_an_action_is_done_since_the_plan_was_agreed_and_not_in_days_to_come(at: At) -> None:
    one = at(Status.IN_PROGRESS)
    agreed, one.at = agreed_on(one), one.at.add(days=20)
    assert "still to come: look at --done-on" in refused(one, NotPossible, action_number=1, done_on=one.at.date() + DAY)
    before = refused(one, NotPossible, action_number=1, done_on=agreed - DAY)
    assert before.endswith(f"before the plan was agreed on {agreed:%-d %B %Y}: look at --done-on.")
    done(one, 1, done_on=agreed)
    done(one, 2, done_on=one.at.date())
    assert [row["done_on"] for row in shown(one)][:2] == [agreed, one.at.date()]


def test_the_day_is_londons_day(at: At) -> None:
    one = at(Status.IN_PROGRESS)
    one.at = pendulum.datetime(2027, 7, 1, 0, 30, tz=LONDON)
    done(one, 1)
    assert shown(one)[0]["done_on"] == datetime.date(2027, 7, 1)


def test_an_action_is_done_while_the_plan_is_under_way_or_evaluated_and_at_no_other_time(at: At) -> None:
    one = at(Status.AWAITING_JUDGEMENT)
    done(one, 1)
    assert (shown(one)[0]["done_on"], one.case.status) == (one.at.date(), Status.AWAITING_JUDGEMENT)
    assert "plan with the school to agree" in refused(at(Status.AWAITING_SCHOOL), NotPossible, action_number=1)
    assert "evaluated and closed" in refused(at(Status.COMPLETE), NotPossible, action_number=1)


def test_two_who_mark_the_same_action_at_once_do_not_both_succeed(at: At) -> None:
    one = at(Status.IN_PROGRESS)
    with one.database.reading() as session:
        seen = session.get_one(Action, shown(one)[0]["id"])
    done(one, 1)
    with pytest.raises(NotPossible, match="Somebody else marked action 1"), one.database.writing() as session:
        _set_done(session, seen, 1, one.at.date())


def test_numbers_are_those_of_the_edition_that_was_agreed(at: At) -> None:
    one = at(Status.AWAITING_SCHOOL)
    first = [row["id"] for row in shown(one)]
    one.decide("ask-changes", Role.SCHOOL, reason="More time, please.")
    one.until(Status.IN_PROGRESS)
    found = shown(one)
    assert [row["number"] for row in found] == [1, 2, 3, 4] and not {*first} & {row["id"] for row in found}
    done(one, 1)
    assert [row["id"] for row in shown(one) if row["done_on"]] == [found[0]["id"]]


def test_what_is_done_is_handed_over_as_done(at: At) -> None:
    one = at(Status.IN_PROGRESS)
    done(one, 1)
    with one.database.reading() as session:
        pack = handover_pack(session, load_brief(session, one.commission_id), one.case)
    plan = next(part["lines"] for part in pack if part["title"] == "The plan")
    assert "Ask families what the school day costs them (done); Change the policy" in plan[0] and plan[0].count("(done)") == 1


def test_overdue_actions_are_one_line_of_the_advisers_worklist_with_their_number(at: At) -> None:
    one = at(Status.IN_PROGRESS)
    due, name = shown(one)[0]["due"], words(one).partition(": ")[2].partition(" (URN")[0]
    done(one, 1)
    assert worklist(one, due - DAY * 7) == []
    line = worklist(one, due + DAY)[0]
    assert line["says"] == "3 actions overdue. Please ask the school, and record what is done."
    assert (line["dated"], line["schools"], line["more"]) == ("due", [{"name": f"{name}, 3 actions", "due": str(due)}], 0)
    with one.database.reading() as session:
        message = session.exec(select(Message).where(Message.kind == "worklist").order_by(col(Message.id).desc())).first()
    assert message is not None and f"- {name}, 3 actions: due {due:%A %-d %B %Y}" in render("worklist", message.context).text


def test_one_action_is_told_in_the_singular_and_none_not_at_all(at: At) -> None:
    one = at(Status.IN_PROGRESS)
    due = shown(one)[0]["due"]
    for number in (1, 2, 3):
        done(one, number)
    assert [(line["says"].partition(".")[0], ", " in line["schools"][0]["name"]) for line in worklist(one, due + DAY)] == [
        ("1 action overdue", False)
    ]
    waiting = next_worklist(one.database, one.commission_id, morning(due + DAY))
    done(one, 4)
    assert worklist(one, due + DAY * 8) == []
    after = next_worklist(one.database, one.commission_id, morning(due + DAY))
    assert waiting and (after[1] if after else 0) == waiting[1] - 1


@pytest.mark.parametrize(("kind", "overdue"), [("withdraw", False), ("pause", False), ("replace-supporter", False), (None, True)])
def test_nobody_is_asked_for_the_actions_of_a_case_whose_plan_is_not_under_way(at: At, kind: str | None, overdue: bool) -> None:
    one = at(Status.IN_PROGRESS)
    due = shown(one)[0]["due"]
    if kind:
        one.decide(kind, Role.ADVISER, reason="We merge.")
    assert bool(worklist(one, due + DAY)) is overdue


def test_a_case_says_how_many_of_its_actions_are_overdue_and_which(at: At) -> None:
    one = at(Status.IN_PROGRESS)
    due = shown(one)[0]["due"]
    done(one, 4)
    on_the_day, after = words(one, due), words(one, due + DAY)
    assert "verdue" not in on_the_day and "\nOverdue: 3 actions of the plan.\n" in after
    assert after.count(": overdue.") == 3 and f"due {due:%-d %B %Y}: overdue." in after
    assert [row["overdue"] for row in shown(one, due + DAY)] == [True] * 3 + [False]
    assert "verdue" not in words(at(Status.COMPLETE), due + DAY * 999) and "verdue" not in words(at(Status.AWAITING_SCHOOL), due + DAY * 999)


def test_all_actions_are_done_on_the_day_of_the_last_and_only_when_none_is_left(database: Database, tmp_path: Path) -> None:
    one = journey(database, tmp_path, counting()).until(Status.IN_PROGRESS)
    start, one.at = one.at.date(), one.at.add(days=30)
    for number, days in ((1, 3), (2, 20), (3, 4)):
        assert facts(one).actions_done is None
        done(one, number, done_on=start + DAY * days)
    assert kpi(one) == (0, 4)
    done(one, 4, done_on=start + DAY * 2)
    assert facts(one).actions_done == start + DAY * 20
    assert kpi(one) == (1, 4)


def kpi(one: Journey) -> tuple[int, int]:
    with one.database.reading() as session:
        value = kpis(session, load_brief(session, one.commission_id), one.at)[0]
    return value.numerator, value.denominator


def test_a_plan_without_actions_is_never_all_done(sqlite_database: Database, tmp_path: Path) -> None:
    plan = {"drafted_from": ["needs"], "objectives": [], "agreed_by": ["school"]}
    one = journey(sqlite_database, tmp_path, counting(plan=plan)).until(Status.IN_PROGRESS)
    assert shown(one) == [] and facts(one).actions_done is None
    assert "has no action 1: it has none" in refused(one, NotFound, action_number=1)


def test_reviews_go_on_whatever_is_done(at: At) -> None:
    one = at(Status.IN_PROGRESS)
    for number in range(1, 5):
        done(one, number)
    one.engine()
    assert one.case.status is Status.IN_PROGRESS and [row.held_on for row in one.rows(Review)] == [None]
