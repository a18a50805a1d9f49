"""Places among schools that opt in: who comes first, who waits, who moves up, and what each is told."""

import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col, select

from models.case import Case
from models.commission import Selection
from models.database import Database
from models.errors import NotPossible
from models.message import Message
from models.programme import Programme
from models.school import School
from models.words import Role, Status
from programmes.checking import problems_of
from reports.places import places
from stages.brief import load_brief
from stages.commission.joining import join
from stages.commission.rules import Wish, give_places
from stages.record import Actor
from tests.stages.builders import Journey, opened, small_programme

NOON = datetime.datetime(2026, 9, 10, 12, tzinfo=datetime.UTC)
FIGURES = st.one_of(st.none(), st.integers(0, 3).map(float))


@given(st.lists(st.tuples(FIGURES, st.integers(0, 3)), max_size=8), st.integers(0, 9), st.booleans())
def test_places_go_to_the_highest_figure_and_among_equals_to_who_asked_first(
    schools: list[tuple[float | None, int]], free: int, ranked: bool
) -> None:  # fmt: skip
    wishes = [Wish(urn, urn, NOON + datetime.timedelta(days=days)) for urn, (_, days) in enumerate(schools)]
    ranking = {urn: value for urn, (value, _) in enumerate(schools)} if ranked else None
    left, order = list(wishes), []
    while left:  # the slow way: take the best, one at a time
        best = left[0]
        for one in left[1:]:
            mine, other = (ranking or {}).get(one.urn), (ranking or {}).get(best.urn)
            higher = mine is not None and (other is None or mine > other)
            if higher or (mine == other and (one.since, one.urn) < (best.since, best.urn)):
                best = one
        left.remove(best)
        order.append(best)
    found = give_places(wishes, free, ranking, "score")
    assert [one.wish for one in found] == order
    assert [one.has_place for one in found] == [number < free for number in range(len(order))]
    assert [one.number for one in found] == list(range(1, len(order) + 1))


def test_each_hears_the_figure_that_counted_and_that_it_is_not_known() -> None:
    first, second = give_places([Wish(1, 1, NOON), Wish(2, 2, NOON)], 1, {1: None, 2: 30.5}, "share of free school meals")
    assert first.reason == "its share of free school meals is 30.5, which made it number 1 of 2 that wanted a place when 1 place was free"
    assert "its share of free school meals is not known, which made it number 2 of 2" in second.reason
    assert give_places([Wish(1, 1, NOON)], 0, None)[0].reason == "it asked, which made it number 1 of 1 that wanted a place when 0 places were free"


def test_whoever_is_equal_where_the_last_place_falls_hears_that_who_asked_first_has_it() -> None:
    wishes = [Wish(1, 1, NOON.replace(hour=13)), Wish(2, 2, NOON), Wish(3, 3, NOON)]
    decided = "; equal in score with 1 other, decided by who asked first"
    assert [(one.wish.urn, one.has_place, one.reason.endswith(decided)) for one in give_places(wishes, 2, {1: 5.0, 2: 5.0, 3: 9.0}, "score")] == [
        (3, True, False), (2, True, True), (1, False, True),
    ]  # fmt: skip
    assert not any("decided" in one.reason for one in give_places(wishes, 2, None) + give_places(wishes, 1, {1: 5.0, 2: 5.0, 3: 9.0}, "score"))


def limited(count: int = 2, ranked_by: str | None = None, **more: Any) -> Programme:
    """Return a programme with so many places among the all-through and special schools that opt in."""
    values = small_programme().model_dump(mode="json")
    values["take_part"] |= {
        "invited": None, "may_opt_in": {"phases": ["all_through", "special"]}, "places": count, "ranked_by": ranked_by, **more,
    }  # fmt: skip
    values["evaluate"]["kpis"] = values["evaluate"]["kpis"][:0]
    return Programme.model_validate(values)


class Queue:
    """The cases of a commission with limited places, and what their schools decide."""

    def __init__(self, database: Database, folder: Path, programme: Programme) -> None:
        """Open the commission."""
        self.database, self.commission_id = database, opened(database, folder, programme)
        with database.reading() as session:
            self.numbers = list(session.exec(select(Case.id).where(Case.commission_id == self.commission_id).order_by(col(Case.id))).all())
        self.one = Journey(database, self.commission_id, self.numbers[0], load_brief_at(database, self.commission_id))

    def decide(self, number: int, kind: str, **more: Any) -> None:
        self.one.case_id, self.one.at = number, self.one.at.add(hours=1)
        self.one.decide(kind, Role.SCHOOL, **more)

    def turn(self, days: int = 0) -> None:
        self.one.at = self.one.at.add(days=days, minutes=1)
        self.one.engine()

    def having(self, *statuses: Status) -> list[int]:
        with self.database.reading() as session:
            query = select(Case.id).where(Case.commission_id == self.commission_id, col(Case.status).in_(statuses))
            return list(session.exec(query.order_by(col(Case.id))).all())

    @property
    def inside(self) -> list[int]:
        return self.having(Status.AWAITING_SELF_EVALUATION, Status.TO_ASSESS, Status.AWAITING_CONFIRMATION)

    def told(self, number: int) -> list[str]:
        with self.database.reading() as session:
            kinds = session.exec(select(Message.kind).where(Message.case_id == number).order_by(col(Message.id))).all()
        return [kind for kind in kinds if "place" in kind]


def load_brief_at(database: Database, commission_id: int) -> Any:
    with database.reading() as session:
        return load_brief(session, commission_id, []).commission.opened_at.in_timezone("Europe/London")


def test_without_a_ranking_who_asks_first_has_the_place_at_the_next_turn(database: Database, tmp_path: Path) -> None:
    queue = Queue(database, tmp_path, limited(2))
    last, first, second = queue.numbers[0], queue.numbers[3], queue.numbers[1]
    for number in (first, second, last):
        queue.decide(number, "opt-in")
    assert queue.having(Status.AWAITING_PLACE) == sorted((last, first, second))
    queue.turn()
    assert queue.inside == sorted((first, second)) and queue.having(Status.AWAITING_PLACE) == [last]
    assert queue.told(first) == ["place_given"] and queue.told(last) == ["place_waiting"]
    queue.turn(1)
    assert queue.told(last) == ["place_waiting"]


def test_a_place_given_back_moves_one_up_and_who_declines_on_the_list_is_passed_over(sqlite_database: Database, tmp_path: Path) -> None:
    queue = Queue(sqlite_database, tmp_path, limited(1))
    holder, quits, next_one = queue.numbers[:3]
    for number in (holder, quits, next_one):
        queue.decide(number, "opt-in")
    queue.turn()
    with pytest.raises(NotPossible, match=r"has no place yet that it could give back: use decline\.$"):
        queue.decide(quits, "withdraw", reason="No longer.")
    queue.decide(quits, "decline", reason="No longer.")
    queue.turn()
    assert queue.inside == [holder]
    queue.decide(holder, "withdraw", reason="The head is leaving.")
    queue.turn()
    assert queue.inside == [next_one] and queue.told(next_one) == ["place_waiting", "place_given"]
    with sqlite_database.reading() as session:
        case = session.get_one(Case, next_one)
        why = session.exec(select(Selection.reason).where(Selection.urn == case.urn)).one()
        shown = places(session, load_brief(session, queue.commission_id), queue.one.at)
    assert why == "it has a place: it asked, which made it number 1 of 1 that wanted a place when 1 place was free"
    assert [(row["case"], row["place"]) for row in shown["schools"]] == [(next_one, "has a place"), (holder, "gave it back")]


def test_by_a_ranking_nobody_has_a_place_before_all_have_answered_and_then_the_highest_have(sqlite_database: Database, tmp_path: Path) -> None:
    queue = Queue(sqlite_database, tmp_path, limited(2, "fsm_share"))
    for number in queue.numbers[:-1]:
        queue.decide(number, "opt-in")
    queue.turn()
    assert queue.inside == [] and queue.told(queue.numbers[0]) == ["place_wanted"]
    queue.decide(queue.numbers[-1], "decline", reason="No time.")
    queue.turn()
    with sqlite_database.reading() as session:
        rows = session.exec(select(Case.id, School.fsm_share).join(School, col(School.urn) == Case.urn).order_by(col(Case.id))).all()
    known = {number: share for number, share in rows if number != queue.numbers[-1]}
    best = sorted(known, key=lambda number: (known[number] is None, -(known[number] or 0)))[:2]
    assert queue.inside == sorted(best)
    # A place that comes back is given at once, though a school that comes later was not asked for its wish.
    queue.decide(best[0], "withdraw", reason="No longer.")
    queue.turn()
    third = sorted(known, key=lambda number: (known[number] is None, -(known[number] or 0)))[2]
    assert queue.inside == sorted((best[1], third))


def test_a_school_whose_case_is_paused_does_not_keep_the_places_from_those_that_answered(sqlite_database: Database, tmp_path: Path) -> None:
    queue = Queue(sqlite_database, tmp_path, limited(2, "fsm_share"))
    silent, *others = queue.numbers
    for number in others[:-1]:
        queue.decide(number, "opt-in")
    queue.one.case_id = silent
    queue.one.decide("pause", Role.ADVISER, reason="The head is away.")
    queue.turn()
    # One that may still answer is waited for.
    assert queue.inside == []
    queue.decide(others[-1], "decline", reason="No time.")
    queue.turn()
    assert len(queue.inside) == 2 and queue.having(Status.INVITED) == [silent]


def test_after_the_last_week_of_the_list_a_place_stays_empty_and_all_hear_so(sqlite_database: Database, tmp_path: Path) -> None:
    queue = Queue(sqlite_database, tmp_path, limited(1, waiting_list_until_week=3))
    holder, waits = queue.numbers[:2]
    queue.decide(holder, "opt-in")
    queue.decide(waits, "opt-in")
    queue.turn()
    queue.turn(20)
    assert queue.having(Status.AWAITING_PLACE) == [waits]
    queue.turn(2)
    assert queue.having(Status.NO_PLACE) == [waits] and queue.told(waits) == ["place_waiting", "no_place"]


@pytest.mark.parametrize("ranked_by", [None, "fsm_share"])
def test_places_that_are_free_when_the_list_is_over_go_to_those_who_wait_whenever_the_engine_runs(
    sqlite_database: Database, tmp_path: Path, ranked_by: str | None
) -> None:
    queue = Queue(sqlite_database, tmp_path, limited(2, ranked_by, waiting_list_until_week=6))
    wanting = queue.numbers[:-1]
    for number in wanting:
        queue.decide(number, "opt-in")
    # The engine stands still until long after the last day of the list; the last school never answered.
    for _ in range(3):
        queue.turn(60)
    inside = queue.inside
    assert len(inside) == 2 and queue.having(Status.DECLINED) == [queue.numbers[-1]]
    assert queue.having(Status.NO_PLACE) == [number for number in wanting if number not in inside]
    assert {tuple(queue.told(number)) for number in inside} <= {("place_given",), ("place_wanted", "place_given")}


def test_a_school_that_joins_on_request_waits_its_turn(sqlite_database: Database, tmp_path: Path) -> None:
    queue = Queue(sqlite_database, tmp_path, limited(1, may_opt_in={"phases": ["special"]}, opened_by=["request"]))
    first, declined = queue.numbers[:2]
    queue.decide(first, "opt-in")
    queue.decide(declined, "decline", reason="Not now.")
    queue.turn()
    with sqlite_database.reading() as session:
        urn = session.get_one(Case, declined).urn
    with sqlite_database.writing() as session:
        brief = load_brief(session, queue.commission_id, [urn])
        assert join(session, brief, urn, Actor(Role.SCHOOL, "headteacher"), queue.one.at.add(hours=1)) == declined
    assert queue.having(Status.AWAITING_PLACE) == [declined]
    queue.turn(1)
    assert queue.inside == [first] and queue.told(declined) == ["place_waiting"]


def test_places_that_cannot_be_waited_for_are_refused_in_the_file() -> None:
    def said(**more: Any) -> list[str]:
        values = limited().model_dump(mode="json")
        values["take_part"] |= more
        return [words for place, words in problems_of(Programme.model_validate(values)) if place[0] == "take_part"]

    assert said() == []
    assert said(may_opt_in=None) == ["nobody is invited and nobody may opt in, so there is nobody for the places"]
    assert said(waiting_list_until_week=200) == ["week 200 is after the end of the programme"]
    # Asked for 15 school days, reminded twice, the second time 7 days later.
    assert said(waiting_list_until_week=5) == []
    assert said(waiting_list_until_week=4) == ["week 4 is over before the last reminder of an invitation, 23 school days: give a later week"]
    assert "nobody waits for a place" in said(invited={}, waiting_list_until_week=3, ranked_by="fsm_share")[0]
    assert said(invited={}) == ["places are limited, so ranked_by must say which schools come first"]
