"""What hangs together, and what may be solved at the same time."""

import dataclasses

from stages.schedule.timetable.clusters import clusters, ring, waves
from stages.schedule.timetable.indexing import Indexed, index
from stages.schedule.timetable.problem import Problem, Session, Supporter
from tests.stages.timetable_oracle import WEEKDAYS, day_of


def indexed() -> Indexed:
    """Return five sessions: 0 and 1 by one supporter, 2 by another who joins 3, 4 at the school of 0 by a third, 5 by a fourth after nothing."""
    one = Session(0, (1,), (100,), (0, 0), False, day_of(0), day_of(9))
    sessions = (
        one, dataclasses.replace(one, id=1, schools=(2,)), dataclasses.replace(one, id=2, schools=(3,), supporters=(101,)),
        dataclasses.replace(one, id=3, schools=(4,), supporters=(102, 101)), dataclasses.replace(one, id=4, supporters=(103,)),
        dataclasses.replace(one, id=5, schools=(5,), supporters=(104,)),
    )  # fmt: skip
    return index(Problem(sessions, tuple(Supporter(n, (0, 0)) for n in range(100, 105)), WEEKDAYS))


def test_sessions_hang_together_by_supporter_and_by_school() -> None:
    assert [one.sessions for one in clusters(indexed(), range(6))] == [(0, 1, 4), (2, 3), (5,)]


def test_no_two_of_a_wave_touch_one_diary_or_one_school() -> None:
    assert waves(indexed(), [(0, 1), (2,), (3,), (4,), (5,)]) == [[(0, 1), (2,), (5,)], [(3,), (4,)]]


def test_a_ring_has_what_shares_a_school_and_a_supporter_if_asked() -> None:
    assert ring(indexed(), (0,)) == (0, 1, 4) and ring(indexed(), (0,), supporters=False) == (0, 4)
