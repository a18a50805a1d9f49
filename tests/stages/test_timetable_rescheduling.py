"""Rescheduling against brute force: as few as may be move, and each says why."""

import dataclasses
from collections.abc import Mapping

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from models.errors import BadInput
from models.words import DayPart
from stages.schedule.timetable.checking import broken
from stages.schedule.timetable.problem import CLOSED, Problem, Session, Slot, Supporter
from stages.schedule.timetable.rescheduling import reschedule
from stages.schedule.timetable.solution import Limits
from stages.schedule.timetable.solving import solve
from tests.stages.timetable_oracle import HALVES, WEEKDAYS, day_of, least_moves, problems

LONG = Limits(seconds=60)


def has(problem: Problem) -> dict[int, Slot]:
    return {number: slot for number, slot in solve(problem, LONG).slots.items() if slot is not None}


def kept(problem: Problem, current: Mapping[int, Slot], slots: Mapping[int, Slot | None]) -> Problem:
    """Return the problem with what stayed as a fact, since a confirmed visit may lie before the earliest day for new ones."""
    return dataclasses.replace(
        problem, sessions=tuple(
            dataclasses.replace(one, locked=slots[one.id]) if one.id in current and slots[one.id] == current[one.id] else one for one in problem.sessions
        ),
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(problems(locks=False), st.data())
def test_no_more_move_than_the_fewest_that_brute_force_finds(problem: Problem, data: st.DataObject) -> None:
    problem = dataclasses.replace(problem, earliest=None)
    current = has(problem)
    assume(current)
    gone = data.draw(st.sets(st.sampled_from(sorted(current)), max_size=2))
    away = data.draw(st.sampled_from(problem.days))
    first, *others = problem.supporters
    problem = dataclasses.replace(problem, supporters=(dataclasses.replace(first, away=(*first.away, (away, away))), *others))
    found = reschedule(problem, current, dict.fromkeys(gone, "the head is away"), LONG)
    lacking, moved = least_moves(problem, current, gone)
    assert not broken(problem, found.slots)
    assert (sum(slot is None for slot in found.slots.values()), len(found.moved)) == (lacking, moved)
    assert found.proven and found.least_moved <= moved


@settings(max_examples=40, deadline=None)
@given(problems(most_sessions=14, most_days=12, most_supporters=4), st.data())
def test_whatever_is_disturbed_no_rule_is_broken_and_every_move_is_told(problem: Problem, data: st.DataObject) -> None:
    current = has(problem)
    assume(current)
    gone = data.draw(st.sets(st.sampled_from(sorted(current)), max_size=3))
    today = data.draw(st.none() | st.sampled_from(problem.days))
    problem = dataclasses.replace(problem, earliest=today, closed={**problem.closed, 1: {data.draw(st.sampled_from(problem.days)): CLOSED}})
    found = reschedule(problem, current, dict.fromkeys(gone, "the head is away"), LONG)
    assert not broken(kept(problem, current, found.slots), found.slots)
    locked = {one.id for one in problem.sessions if one.locked}
    told = {one.session: (one.before, one.after) for one in found.moved}
    assert told == {number: (slot, found.slots[number]) for number, slot in current.items() if found.slots[number] != slot}
    assert not told.keys() & locked and gone - locked <= told.keys() and all(one.why for one in found.moved)
    assert all(today is None or one.after is None or one.after.day >= today for one in found.moved)


def plain(count: int, **more: object) -> Problem:
    one = Session(0, (1,), (100,), (5_000, 0), True, day_of(0), day_of(9))
    sessions = tuple(dataclasses.replace(one, id=n, schools=(n + 1,)) for n in range(count))
    return dataclasses.replace(Problem(sessions, (Supporter(100, (0, 0)),), WEEKDAYS), **more)  # type: ignore[arg-type]


def whole(n: int) -> Slot:
    return Slot(day_of(n), DayPart.WHOLE_DAY)


def test_nothing_moves_when_nothing_is_disturbed() -> None:
    found = reschedule(plain(3), {0: whole(1), 1: whole(4), 2: whole(6)}, {}, LONG)
    assert found.moved == () and found.least_moved == 0 and found.proven


def test_one_who_is_ill_moves_only_what_falls_on_those_days_and_says_why() -> None:
    ill = (Supporter(100, (0, 0), away=((day_of(1), day_of(2)),)),)
    found = reschedule(plain(3, supporters=ill), {0: whole(1), 1: whole(4), 2: whole(6)}, {}, LONG)
    (moved,) = found.moved
    assert (moved.session, moved.before, moved.why) == (0, whole(1), "the supporter is away")
    assert moved.after in (whole(0), whole(3)) and found.least_moved == 1


def test_another_makes_room_if_a_session_finds_no_date_otherwise() -> None:
    narrow = plain(2)
    sessions = (dataclasses.replace(narrow.sessions[0], first=day_of(1), last=day_of(2)), narrow.sessions[1])
    problem = dataclasses.replace(narrow, sessions=sessions, closed={1: {day_of(1): CLOSED}})
    found = reschedule(problem, {0: whole(1), 1: whole(2)}, {}, LONG)
    assert [(one.session, one.why) for one in found.moved] == [(0, "the school cannot"), (1, "to make room for session 0")]
    assert found.slots[0] == whole(2) and found.least_moved == 1 and found.proven


def test_a_confirmed_visit_is_not_moved_to_save_travel() -> None:
    narrow = plain(4)
    first = dataclasses.replace(narrow.sessions[0], first=day_of(1), last=day_of(2))
    near = [dataclasses.replace(one, whole_day=False, place=(40_000, 0)) for one in narrow.sessions[2:]]
    problem = dataclasses.replace(narrow, sessions=(first, narrow.sessions[1], *near), closed={1: {day_of(1): CLOSED}})
    current = {0: whole(1), 1: whole(2), 2: Slot(day_of(5), HALVES[0]), 3: Slot(day_of(6), HALVES[0])}
    assert [one.session for one in reschedule(problem, current, {}, LONG).moved] == [0, 1]


def test_of_two_that_clash_one_moves() -> None:
    found = reschedule(plain(2), {0: whole(3), 1: whole(3)}, {}, LONG)
    assert len(found.moved) == found.least_moved == 1 and found.moved[0].why == "the supporter is booked"


def test_what_finds_no_date_is_named() -> None:
    found = reschedule(plain(1, closed={1: dict.fromkeys(WEEKDAYS, CLOSED)}), {0: whole(3)}, {}, LONG)
    (moved,), (unplaced,) = found.moved, found.unplaced
    assert moved.after is None and unplaced.limit == "the school cannot" and unplaced.nearest is None and found.proven


def test_a_confirmed_visit_before_the_earliest_day_stays_and_a_new_date_is_no_earlier() -> None:
    problem = plain(2, earliest=day_of(5), closed={2: {day_of(3): CLOSED}})
    found = reschedule(problem, {0: whole(1), 1: whole(3)}, {}, LONG)
    assert found.slots == {0: whole(1), 1: whole(5)} and [one.session for one in found.moved] == [1]


def test_a_half_day_may_move_within_its_day_unless_that_is_too_soon() -> None:
    one = Session(0, (1,), (100, 101), (5_000, 0), False, day_of(3), day_of(3))
    other = dataclasses.replace(one, id=1, schools=(2,), supporters=(101,), locked=Slot(day_of(3), HALVES[0]))
    problem = Problem((one, other), (Supporter(100, (0, 0)), Supporter(101, (0, 0))), WEEKDAYS)
    found = reschedule(problem, {0: Slot(day_of(3), HALVES[0])}, {}, LONG)
    assert found.slots[0] == Slot(day_of(3), HALVES[1]) and len(found.moved) == 1
    soon = reschedule(dataclasses.replace(problem, earliest=day_of(4)), {0: Slot(day_of(3), HALVES[0])}, {}, LONG)
    assert soon.slots[0] is None and [one.limit for one in soon.unplaced] == ["too soon"]


def test_a_problem_that_does_not_hold_together_is_refused() -> None:
    with pytest.raises(BadInput):
        reschedule(plain(1, supporters=()), {0: whole(1)}, {}, LONG)
