"""The timetable against brute force, and what it promises whatever the problem."""

import dataclasses
import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import BadInput
from models.words import DayPart
from programmes.blackouts import EXAMINATIONS
from stages.schedule.timetable import solving
from stages.schedule.timetable.checking import broken
from stages.schedule.timetable.costing import cost_of
from stages.schedule.timetable.problem import CLOSED, Prices, Problem, Session, Slot, Supporter, Taken
from stages.schedule.timetable.solution import Limits, Stopped
from stages.schedule.timetable.solving import solve
from tests.stages.timetable_oracle import HALVES, WEEKDAYS, best, day_of, problems, shared_days

LONG = Limits(seconds=60)


@settings(max_examples=100, deadline=None)
@given(problems() | shared_days())
def test_a_tiny_timetable_is_solved_to_the_proven_best(problem: Problem) -> None:
    solution = solve(problem, LONG)
    assert not broken(problem, solution.slots)
    assert solution.objective == pytest.approx(cost_of(problem, solution.slots).total, abs=1e-6)
    assert solution.objective == pytest.approx(best(problem), abs=1e-4)
    assert solution.stopped_by is Stopped.PROVEN and solution.gap == pytest.approx(0, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(problems(most_sessions=14, most_days=12, most_supporters=4), st.booleans())
def test_no_timetable_breaks_a_rule_and_its_bound_is_true(problem: Problem, in_parts: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solving, "_WHOLE", 0 if in_parts else 60)
        solution = solve(problem, LONG)
    assert not broken(problem, solution.slots)
    assert solution.objective == pytest.approx(cost_of(problem, solution.slots).total, abs=1e-6)
    assert solution.bound <= solution.objective + 1e-6
    assert {one.session for one in solution.unplaced} == {number for number, slot in solution.slots.items() if slot is None}


@settings(max_examples=40, deadline=None)
@given(problems())
def test_solving_in_parts_never_claims_more_than_the_best(problem: Problem) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solving, "_WHOLE", 0)
        solution = solve(problem, LONG)
    assert not broken(problem, solution.slots)
    assert solution.bound - 1e-4 <= best(problem) <= solution.objective + 1e-4


@settings(max_examples=15, deadline=None)
@given(problems(most_sessions=12, most_days=10, most_supporters=3))
def test_the_same_seed_and_effort_give_the_same_timetable(problem: Problem) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solving, "_WHOLE", 0)
        first, second = (solve(problem, Limits(60, 2, seed=3)) for _ in range(2))
    assert dataclasses.replace(first, seconds=0) == dataclasses.replace(second, seconds=0)


def visits(count: int, **more: object) -> tuple[Session, ...]:
    one = Session(0, (1,), (100,), (5_000, 0), False, day_of(0), day_of(19))
    return tuple(dataclasses.replace(one, id=n, schools=(n + 1,), **more) for n in range(count))  # type: ignore[arg-type]


def simple(sessions: tuple[Session, ...], *supporters: Supporter, **more: object) -> Problem:
    return dataclasses.replace(Problem(sessions, supporters or (Supporter(100, (0, 0)),), WEEKDAYS, prices=Prices(day=0.2)), **more)  # type: ignore[arg-type]


def test_two_near_schools_share_a_day_and_far_ones_do_not() -> None:
    near = solve(simple(visits(2)), LONG)
    assert near.slots[0] is not None and near.slots[1] is not None and near.slots[0].day == near.slots[1].day
    one, other = visits(2)
    far = solve(simple((one, dataclasses.replace(other, place=(36_000, 0)))), LONG)
    assert far.slots[0] is not None and far.slots[1] is not None and far.slots[0].day != far.slots[1].day


def test_a_day_is_shared_only_where_that_saves_more_than_waiting_costs() -> None:
    for place, together in (((40_000, 0), True), ((100, 0), False)):
        one, other = visits(2, place=place)
        slots = solve(simple((one, dataclasses.replace(other, ideal=day_of(3)))), LONG).slots
        assert slots[0] is not None and slots[1] is not None and (slots[0].day == slots[1].day) is together


def test_what_is_locked_stays_even_where_no_rule_would_allow_it() -> None:
    sunday = Slot(WEEKDAYS[4] + datetime.timedelta(2), DayPart.MORNING)
    one, other = visits(2)
    problem = simple((dataclasses.replace(one, locked=sunday), other))
    solution = solve(problem, LONG)
    assert solution.slots[0] == sunday and solution.slots[1] is not None and not broken(problem, solution.slots)


def test_a_joint_visit_finds_a_part_that_all_have_free() -> None:
    taken = [Taken(Slot(day, HALVES[n % 2]), (0, 0)) for n, day in enumerate(WEEKDAYS[:4])]
    other = [Taken(Slot(day, HALVES[(n + 1) % 2]), (0, 0)) for n, day in enumerate(WEEKDAYS[:4])]
    supporters = (Supporter(100, (0, 0), taken=tuple(taken)), Supporter(101, (0, 0), taken=tuple(other)))
    solution = solve(simple(visits(1, supporters=(100, 101)), *supporters, prices=Prices(crowded=0)), LONG)
    assert solution.slots[0] is not None and solution.slots[0].day == day_of(4)


def test_a_week_holds_no_more_than_its_half_days() -> None:
    solution = solve(simple(visits(8, last=day_of(4))), LONG)
    assert len(solution.unplaced) == 2
    assert solution.unplaced[0].limit == "the supporter's week is full"
    assert solution.unplaced[0].nearest == day_of(5)


@pytest.mark.parametrize(
    ("change", "supporter", "limit", "nearest"),
    [
        ({"first": day_of(1), "last": day_of(2)}, {"away": ((day_of(0), day_of(7)),)}, "the supporter is away", day_of(8)),
        ({"first": day_of(0), "last": day_of(0)}, {"working_days": (3,)}, "the supporter does not work on that weekday", day_of(2)),
        ({"first": day_of(19), "last": day_of(19)}, {}, "the school cannot", day_of(18)),
        ({"first": day_of(10), "last": day_of(12)}, {}, "tests or examinations", day_of(9)),
        ({"first": day_of(4) + datetime.timedelta(1), "last": day_of(4) + datetime.timedelta(2)}, {}, "no school day lies in its time", day_of(4)),
        (
            {"first": day_of(3), "last": day_of(3)},
            {"taken": (Taken(Slot(day_of(3), DayPart.WHOLE_DAY), (0, 0)),)},
            "the supporter is booked",
            day_of(2),
        ),
    ],
)
def test_a_session_without_a_day_is_named_with_its_limit_and_the_nearest_day(
    change: dict[str, object], supporter: dict[str, object], limit: str, nearest: datetime.date
) -> None:
    problem = simple(
        visits(1, **change),
        dataclasses.replace(Supporter(100, (0, 0)), **supporter),
        closed={1: {day_of(19): CLOSED} | {day_of(n): EXAMINATIONS for n in range(10, 15)}},
    )  # type: ignore[arg-type]
    (found,) = solve(problem, LONG).unplaced
    assert (found.session, found.limit, found.nearest) == (0, limit, nearest)


def test_a_session_without_a_day_does_not_undo_the_order_of_the_others() -> None:
    closed = {1: {day_of(5): CLOSED}}
    first, second, third = (Session(n, (1,), (100,), (5_000, 0), False, day_of(0), day_of(14), n - 1 if n else None, 1, 2) for n in range(3))
    second = dataclasses.replace(second, first=day_of(5), last=day_of(5))
    problem = simple((dataclasses.replace(first, ideal=day_of(9)), second, dataclasses.replace(third, ideal=day_of(0))), closed=closed)
    solution = solve(problem, LONG)
    assert [one.session for one in solution.unplaced] == [1] and not broken(problem, solution.slots)
    assert solution.slots[0] is not None and solution.slots[2] is not None
    assert (solution.slots[2].day - solution.slots[0].day).days >= 7


def test_a_small_price_spreads_sessions_over_periods() -> None:
    periods = ((day_of(0), day_of(4)), (day_of(5), day_of(9)))
    crowd = simple(visits(4, place=None), periods=periods, prices=Prices(day=0.01, uneven=5.0))
    weeks = [slot.day.isocalendar()[1] for slot in solve(crowd, LONG).slots.values() if slot]
    assert weeks.count(weeks[0]) == 2


def test_no_time_at_all_still_gives_a_timetable_that_breaks_no_rule() -> None:
    problem = simple(visits(12))
    solution = solve(problem, Limits(0.0))
    assert not broken(problem, solution.slots) and not solution.unplaced and solution.bound <= solution.objective


def test_nothing_to_timetable_is_a_timetable_too() -> None:
    solution = solve(Problem((), (), ()), LONG)
    assert solution.slots == {} and solution.gap == 0 and solution.stopped_by is Stopped.PROVEN


def test_two_processes_find_what_one_finds() -> None:
    sessions = visits(3) + tuple(dataclasses.replace(one, id=one.id + 10, schools=(one.id + 10,), supporters=(101,)) for one in visits(3))
    problem = simple(sessions, Supporter(100, (0, 0)), Supporter(101, (0, 4_000)))
    alone, together = solve(problem, Limits(60, 1)), solve(problem, Limits(60, 1, workers=2))
    assert dataclasses.replace(alone, seconds=0) == dataclasses.replace(together, seconds=0)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"supporters": (7,)}, "in the problem"),
        ({"supporters": ()}, "needs supporters"),
        ({"after": 9}, "not in the problem"),
        ({"after": 0}, "break the circle"),
        ({"least_weeks": 3, "most_weeks": 2}, "no gap"),
        ({"locked": Slot(day_of(0), DayPart.WHOLE_DAY)}, "not as long"),
    ],
)
def test_a_problem_that_does_not_hold_together_is_refused(change: dict[str, object], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        solve(simple(visits(1, **change)), LONG)


def test_what_is_listed_twice_and_periods_that_overlap_are_refused() -> None:
    with pytest.raises(BadInput, match="more than once"):
        solve(simple(visits(1) * 2), LONG)
    with pytest.raises(BadInput, match="more than once"):
        solve(simple(visits(1), *(Supporter(100, None),) * 2), LONG)
    with pytest.raises(BadInput, match="overlap"):
        solve(simple(visits(1), periods=((day_of(0), day_of(5)), (day_of(5), day_of(9)))), LONG)
