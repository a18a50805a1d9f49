"""Many cases timetabled at once, and visits moved at once, against plain readings of what people would expect."""

import copy
import datetime
from collections.abc import Mapping, Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from models.words import DayPart
from programmes.timing import Wanted
from stages.schedule.modelling import ROOM, Asked, Times, move, timetable
from stages.schedule.rules import Diary, Place, Placed, Unplaced
from stages.schedule.timetable.problem import Shut, Slot
from tests.stages.greedy_diary import by_hand
from tests.stages.test_schedule_rules import CALENDAR, DAY, END, START, M, W, diary, session, shut, situations

D = datetime.date
BASE: Place = (400_000, 200_000)
VILLAGE: Place = (460_000, 200_000)


def asks(number: int, *wanted: Wanted, at: Place = VILLAGE, who: int = 1, fixed: Mapping[str, datetime.date] | None = None,
         homes: Mapping[str, Slot] | None = None, leave: Mapping[str, str] | None = None) -> Asked:  # fmt: skip
    whose = {one.key: (who,) for one in wanted}
    return Asked(number, 100_000 + number, at, wanted, fixed or {}, whose, homes or {}, leave or {})


def times(*diaries: Diary, earliest: datetime.date = START, closed: Mapping[int, Shut] | None = None) -> Times:
    return Times(CALENDAR, closed or {}, dict(enumerate(diaries, start=1)), earliest)


def dates(outcome: list[Placed] | Unplaced) -> list[datetime.date]:
    assert not isinstance(outcome, Unplaced), outcome
    return [one.day for one in outcome]


def test_two_schools_of_one_village_are_visited_on_one_day() -> None:
    """By hand each would have its own earliest day: the second school's opens a week later."""
    book = Diary((1, 2, 3, 4, 5), base=BASE)
    found = timetable([asks(1, session("a")), asks(2, session("a", first=START + 7 * DAY))], times(book)).outcomes
    assert dates(found[1]) == dates(found[2])
    assert len(book.taken) == 1 and set(next(iter(book.taken.values()))) == {DayPart.MORNING, DayPart.AFTERNOON}


def test_one_day_for_two_that_one_alone_needs_goes_to_that_one() -> None:
    """By hand the first case would take the only day that the second could have."""
    only = D(2025, 9, 2)
    book = diary()
    early = session("a", last=only, whole_day=True)
    found = timetable([asks(1, session("a", whole_day=True)), asks(2, early)], times(book)).outcomes
    assert dates(found[2]) == [only] and dates(found[1])[0] > only


def test_a_case_of_which_one_session_finds_no_day_takes_none_and_others_may_have_its_days() -> None:
    only = D(2025, 9, 2)
    hopeless = [session("a", last=only, whole_day=True), session("b", "a", last=START)]
    book = Diary((1, 2, 3, 4, 5))
    found = timetable([asks(1, *hopeless), asks(2, session("a", last=only, whole_day=True))], times(book)).outcomes
    assert isinstance(found[1], Unplaced)
    assert dates(found[2]) == [only]
    assert list(book.taken) == [only]


def test_where_nothing_wants_a_date_nothing_is_solved_and_nothing_is_lost() -> None:
    found = timetable([asks(1, session("a"), fixed={"a": D(2025, 9, 4)}), asks(2)], times(Diary((1, 2, 3, 4, 5)))).outcomes
    assert found == {1: [], 2: []}


@settings(deadline=None, max_examples=60)
@given(st.lists(situations(), min_size=2, max_size=4))
def test_together_at_least_as_many_cases_have_dates_as_one_after_the_other_by_hand_and_no_diary_has_two_at_once(given: Sequence) -> None:  # type: ignore[type-arg]
    first = given[0]
    asked = [
        Asked(number, number, one.at, one.wanted, one.fixed, {part.key: (1,) for part in one.wanted}) for number, one in enumerate(given, start=1)
    ]
    shared = Times(
        CALENDAR, {number: shut(first.blackouts, one.closed) for number, one in enumerate(given, start=1)}, {1: first.diary()}, first.earliest
    )
    book, hand = copy.deepcopy(shared.diaries[1]), 0
    for number, one in enumerate(given, start=1):
        placed = by_hand(one.wanted, one.fixed, first.earliest, CALENDAR, shared.closed[number], {"": book}, one.at)
        for part in [] if isinstance(placed, Unplaced) else placed:
            book.book(part.day, part.part, one.at)
        hand += not isinstance(placed, Unplaced)
    found = timetable(asked, shared).outcomes
    entered = [(day, part) for day, parts in shared.diaries[1].taken.items() for part in parts]
    placed_now = [(one.day, one.part) for outcome in found.values() if not isinstance(outcome, Unplaced) for one in outcome]
    before = [(day, part) for day, parts in first.diary().taken.items() for part in parts]
    assert sorted(entered) == sorted(before + placed_now)
    assert sum(not isinstance(outcome, Unplaced) for outcome in found.values()) >= hand - 1


def test_a_visit_that_must_move_goes_near_its_old_day_and_nobody_else_moves() -> None:
    old, other = D(2025, 9, 16), D(2025, 9, 17)
    found = move([
        asks(1, session("a"), homes={"a": Slot(old, M)}, leave={"a": "the school asked"}),
        asks(2, session("a"), homes={"a": Slot(other, M)}),
    ], times(Diary((1, 2, 3, 4, 5))))  # fmt: skip
    (moved,) = found.moved
    assert (moved.case_id, moved.why) == (1, "the school asked")
    assert abs((moved.placed.day - old).days) == 1 and found.least_moved == 1 and found.proven


def test_another_visit_makes_room_only_where_there_is_no_other_day_and_it_is_told_why() -> None:
    """The first case can be on two days only: its own, which it must leave, and the one that the other has though any would do for that."""
    mine, theirs = D(2025, 9, 16), D(2025, 9, 17)
    tight = session("a", first=mine, last=theirs, whole_day=True)
    found = move([
        asks(1, tight, homes={"a": Slot(mine, W)}, leave={"a": "the school asked"}),
        asks(2, session("a", whole_day=True), homes={"a": Slot(theirs, W)}),
    ], times(Diary((1, 2, 3, 4, 5))))  # fmt: skip
    assert {one.case_id: one.why for one in found.moved} == {1: "the school asked", 2: ROOM}
    assert next(one for one in found.moved if one.case_id == 1).placed.day == theirs


def test_what_finds_no_day_is_named_with_the_nearest_and_all_others_stay() -> None:
    mine = D(2025, 9, 16)
    one = asks(1, session("a", first=mine, last=mine), homes={"a": Slot(mine, M)}, leave={"a": "the school asked"})
    found = move([one, asks(2, session("a"), homes={"a": Slot(END - 40 * DAY, M)})], times(Diary((1, 2, 3, 4, 5))))
    assert found.moved == [] and list(found.stuck) == [(1, "a")]
    assert "The nearest day that would do is" in found.stuck[1, "a"].why


def test_what_is_agreed_and_comes_too_soon_to_move_stays_though_nothing_new_could_be_there() -> None:
    soon, old = D(2025, 9, 4), D(2025, 9, 16)
    found = move([
        asks(1, session("a"), session("b", "a"), homes={"a": Slot(soon, M), "b": Slot(old, M)}, leave={"b": "the school asked"}),
    ], times(Diary((1, 2, 3, 4, 5)), earliest=D(2025, 9, 12)))  # fmt: skip
    assert [one.placed.key for one in found.moved] == ["b"]


def for_two(one: Diary, other: Diary, *wanted: Wanted, fixed: Mapping[str, datetime.date] | None = None) -> str:
    """Return why the first of some sessions of a case to which two come has no date."""
    asked = Asked(1, 1, VILLAGE, wanted, fixed or {}, {part.key: (1, 2) for part in wanted})
    found = timetable([asked], replace(times(one, other), names={1: "Ann", 2: "Ben"})).outcomes[1]
    assert isinstance(found, Unplaced)
    return found.why


def test_where_two_come_it_is_said_whose_diary_stops_which_days() -> None:
    week = session("a", first=D(2025, 9, 8), last=D(2025, 9, 12))
    ann = diary(working_days=[1, 2, 3, 4], away=[(D(2025, 9, 8), D(2025, 9, 8))])
    ben = diary(away=[(D(2025, 9, 8), D(2025, 9, 10))])
    ann.book(D(2025, 9, 11), DayPart.MORNING, VILLAGE)
    ben.book(D(2025, 9, 11), DayPart.AFTERNOON, VILLAGE)
    assert for_two(ann, ben, week) == (
        "A: no day between 8 September 2025 and 12 September 2025: Ben is away (2 days); the supporter is away (1 day, both); "
        "the two who come are not free at the same time (1 day); Ann does not work on that weekday (1 day). "
        "The nearest day that would do is 15 September 2025."
    )
    full = diary(*((D(2025, 9, day), W, VILLAGE) for day in (8, 9, 10)))
    assert "Ann's week is full (5 days)" in for_two(full, diary(), week)
    busy = diary((D(2025, 9, 9), W, VILLAGE))
    assert "Ben is booked (1 day)" in for_two(diary(), busy, replace(week, first=D(2025, 9, 9), last=D(2025, 9, 9)))


def test_the_other_date_of_the_case_that_bounds_the_time_of_a_session_is_named() -> None:
    a, b = session("a", last=D(2025, 12, 19)), session("b", "a", least_weeks=3, most_weeks=5)
    nobody = diary(away=[(START, END)])
    stands = {"b": D(2025, 10, 14)}
    said = for_two(nobody, nobody, a, b, fixed=stands)
    between = "A: no day between 9 September 2025 and 23 September 2025, since it has to be "
    assert said.startswith(f"{between}at least 3 and at most 5 weeks before B on 14 October 2025: ")
    after = for_two(nobody, nobody, b, a, fixed={"a": D(2025, 9, 2)})
    assert ", since it has to be at least 3 and at most 5 weeks after A on 2 September 2025: " in after
    late = for_two(nobody, nobody, replace(a, first=D(2025, 10, 1)), b, fixed=stands)
    assert late.startswith(
        "A: it cannot be before 1 October 2025, and its time ends on 23 September 2025, since it has to be at least 3 weeks before B on"
    )
    # Whatever does not bound it is not named.
    assert "since" not in for_two(nobody, nobody, replace(a, first=D(2025, 9, 10), last=D(2025, 9, 12)), b, fixed=stands)
