"""Room for a session that was left out: a few others go elsewhere, or all stays as it was."""

import dataclasses

from hypothesis import given, settings
from hypothesis import strategies as st

from stages.schedule.timetable.books import Books, cost
from stages.schedule.timetable.checking import broken
from stages.schedule.timetable.indexing import index
from stages.schedule.timetable.problem import Problem, Session, Supporter
from stages.schedule.timetable.rounding import make_room
from stages.schedule.timetable.solving import as_slot
from tests.stages.timetable_oracle import WEEKDAYS, day_of, problems


def test_another_session_goes_elsewhere_to_make_room() -> None:
    one = Session(0, (1,), (100,), (5_000, 0), True, day_of(0), day_of(1))
    other = dataclasses.replace(one, id=1, schools=(2,), last=day_of(0))
    books = Books(index(Problem((one, other), (Supporter(100, (0, 0)),), WEEKDAYS)))
    books.put(0, (0, 3))
    assert make_room(books, 1) and books.at == [(1, 3), (0, 3)]


def test_where_nobody_can_make_room_all_stays() -> None:
    one = Session(0, (1,), (100,), (5_000, 0), True, day_of(0), day_of(0))
    books = Books(index(Problem((one, dataclasses.replace(one, id=1, schools=(2,))), (Supporter(100, (0, 0)),), WEEKDAYS)))
    books.put(0, (0, 3))
    before = cost(books)
    assert not make_room(books, 1) and books.at == [(0, 3), None] and cost(books) == before


@settings(max_examples=60, deadline=None)
@given(problems(most_sessions=12, most_days=8, most_supporters=3), st.randoms(use_true_random=False))
def test_rooms_made_one_after_another_break_no_rule_and_take_no_date_away(problem: Problem, random: object) -> None:
    books = Books(index(problem))
    order = [session for session, slot in enumerate(books.ix.fixed) if slot is None]
    random.shuffle(order)  # type: ignore[attr-defined]
    for session in order:
        dated = sum(slot is not None for slot in books.at)
        made = make_room(books, session)
        assert sum(slot is not None for slot in books.at) == dated + made
    slots = {one.id: as_slot(books.ix.dates, books.at[number]) for number, one in enumerate(problem.sessions)}
    assert not broken(problem, slots)
