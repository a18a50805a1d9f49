"""Days by term in the database: what leave, visits and promises of every commission take of each term, and what matching makes of it."""

import datetime
import pathlib
from typing import Any

import pytest
from sqlmodel import Session, col, select

from calendars.periods import Term
from models.case import Case
from models.commission import LedgerLine
from models.database import Database
from models.errors import BadInput
from models.match import Match
from models.supporter import Leave, Supporter
from models.words import Role, Status
from reports.supporters import terms_file
from stages.brief import load_brief
from stages.broker import terms as of_terms
from stages.broker.capacity import TermDays
from stages.broker.gathering import gather_candidates, gather_wanted
from stages.broker.newcomers import NewTime
from stages.broker.terms import by_term, term_days, terms_of
from stages.broker.what_if import WhatIf, compare
from stages.record import Actor
from stages.schedule.decide import record_leave
from tests.stages.builders import Journey, journey, small_programme

D = datetime.date
AUTUMN, SPRING, SUMMER, NEXT_AUTUMN, NEXT_SPRING = (2026, "autumn"), (2026, "spring"), (2026, "summer"), (2027, "autumn"), (2027, "spring")


@pytest.fixture
def one(sqlite_database: Database, tmp_path: pathlib.Path) -> Journey:
    """A case that wants three half days: one visit in the first school year, one in the second, and half a day at any time."""
    return journey(sqlite_database, tmp_path, small_programme(places=1)).until(Status.TO_MATCH)


def give(case: Journey, autumn: int = 0, spring: int = 0, summer: int = 0, only: int | None = None) -> None:
    """Give all supporters, or one, half days by term."""
    with case.database.writing() as session:
        for who in session.exec(select(Supporter)).all():
            if only in (None, who.id):
                who.half_days_by_term = {"autumn": autumn, "spring": spring, "summer": summer}
                who.half_days_a_year = autumn + spring + summer


def days_of(case: Journey, number: int | None = None, **more: Any) -> dict[Term, TermDays]:
    with case.database.reading() as session:
        brief = load_brief(session, case.commission_id)
        who = brief.supporters[number or case.case.supporter_id or 0]
        return term_days(session, [who], brief.calendar, terms_of(brief, case.at.date()), case.at.date(), **more)[who.id][0]


def promised(case: Journey, **more: Any) -> dict[Term, int]:
    return {term: days.promised for term, days in days_of(case, **more).items() if days.promised}


def in_terms(case: Journey) -> dict[Term, int]:
    """Return the terms in which the case takes time if it is matched now."""
    with case.database.reading() as session:
        brief = load_brief(session, case.commission_id)
        wanted, _ = by_term(session, brief, gather_wanted(session, brief, [case.case]), [], case.at.date(), always=True)
    return dict(wanted[0].by_term)


def test_a_case_takes_its_half_days_in_the_terms_in_which_its_visits_can_be(one: Journey) -> None:
    assert in_terms(one) == {AUTUMN: 1, NEXT_AUTUMN: 1}
    # So late in the autumn no school can be asked and given notice before it ends.
    one.wait(D(2026, 12, 3))
    assert in_terms(one) == {SPRING: 1, NEXT_AUTUMN: 1}


def test_without_days_by_term_nothing_has_terms(one: Journey) -> None:
    with one.database.reading() as session:
        brief = load_brief(session, one.commission_id)
        wanted, candidates = gather_wanted(session, brief, [one.case]), gather_candidates(session, brief, one.at.date())
        assert by_term(session, brief, wanted, candidates, one.at.date()) == (wanted, candidates)
        assert not any(who.by_term for who in candidates) and not wanted[0].by_term


def test_a_case_waits_if_nobody_has_days_in_its_term_and_is_matched_when_somebody_has(one: Journey) -> None:
    give(one, spring=20, summer=20)
    one.engine()
    assert one.case.status is Status.UNMET
    why = one.case.why or ""
    assert "no days left in the autumn term of 2026 and the autumn term of 2027" in why
    assert "half a day more of" in why and "in autumn 2026 and half a day more of" in why and "in autumn 2027" in why
    give(one, autumn=1)
    one.engine()
    assert one.case.status is Status.UNMET and "takes it: half a day more of" in (one.case.why or "")
    give(one, autumn=1, summer=1)
    one.engine()
    assert one.case.status is Status.AWAITING_APPROVAL
    assert promised(one) == {AUTUMN: 1, NEXT_AUTUMN: 1}
    assert [days.left for days in days_of(one).values()] == [0, 0, 1, 0, 0, 1]


def test_a_supporter_with_days_in_the_right_term_is_taken_before_a_nearer_one_without(one: Journey) -> None:
    one.until(Status.AWAITING_APPROVAL)
    first = one.case.supporter_id
    with one.database.writing() as session:
        who = session.get_one(Supporter, first)
        who.half_days_by_term, who.half_days_a_year = {"autumn": 0, "spring": 10, "summer": 10}, 20
    with one.database.reading() as session:
        found = compare(session, load_brief(session, one.commission_id), WhatIf(), one.at.date())
        name = session.get_one(Supporter, first).name
    assert found["now"]["needs_met"] == 1
    asked = what_if(one, in_season={(name, "autumn"): 1})
    assert [(change["now"] != name, change["then"]) for change in asked["changes"]] == [(True, name)]


def what_if(case: Journey, **what: Any) -> dict[str, Any]:
    with case.database.reading() as session:
        return compare(session, load_brief(session, case.commission_id), WhatIf(**what), case.at.date())


def test_what_if_takes_days_of_a_term_days_of_the_year_and_new_people_with_terms(one: Journey) -> None:
    give(one, spring=20)
    with one.database.reading() as session:
        names = [who.name for who in session.exec(select(Supporter).order_by(col(Supporter.id))).all()]
    assert what_if(one)["now"]["needs_met"] == 0
    assert what_if(one, in_season={(name, "summer"): 9 for name in names})["then"]["needs_met"] == 0
    assert what_if(one, in_season={(name, "autumn"): 1 for name in names})["then"]["needs_met"] == 1
    # Six terms are left, and each has a half day more.
    assert what_if(one, half_days=dict.fromkeys(names, 6))["then"]["needs_met"] == 1
    assert what_if(one, half_days=dict.fromkeys(names, 2))["then"]["needs_met"] == 0
    skills = {(skill, None): 3 for skill in ("disadvantage", "leadership", "family-support", "attendance")}
    for season, met in (("autumn", 1), ("spring", 0)):
        new = NewTime("New adviser", "adviser", skills, 20, 1, half_days_by_term={"autumn": 0, "spring": 0, "summer": 0, season: 10})
        assert what_if(one, added=[new])["then"]["needs_met"] == met
    assert what_if(one, in_season={(name, "autumn"): 1 for name in names}, frozen=names)["then"]["needs_met"] == 0


def test_what_if_refuses_a_term_of_somebody_who_has_only_days_a_year(one: Journey) -> None:
    with one.database.reading() as session:
        name = session.exec(select(Supporter.name)).first() or ""
    with pytest.raises(BadInput, match=r"has no days by term, only days a year: give the change as NAME=\+2"):
        what_if(one, in_season={(name, "spring"): 2})
    with pytest.raises(BadInput, match="no supporter called Nobody"):
        what_if(one, in_season={("Nobody", "spring"): 2})


def test_what_is_promised_counts_on_the_day_of_its_visit_and_what_was_used_in_its_own_term(one: Journey) -> None:
    give(one, autumn=10, spring=10, summer=10)
    one.until(Status.AWAITING_DATES)
    dates = [visit.day for visit in one.visits()]
    assert [(day.year, day.month >= 9) for day in dates] == [(2026, True), (2027, True)]
    assert promised(one) == {AUTUMN: 1, NEXT_AUTUMN: 1}
    match = one.rows(Match)[0]
    assert promised(one, free=[match.id], number=match.supporter_id) == {}
    one.until(Status.IN_PROGRESS)
    assert one.at.date() < D(2026, 12, 18) and len([line for line in one.rows(LedgerLine) if line.kind.value == "used"]) == 1
    assert promised(one) == {NEXT_AUTUMN: 1}
    assert (days_of(one)[AUTUMN].used, days_of(one)[AUTUMN].left) == (1, 9)
    one.wait(D(2027, 1, 10))
    assert AUTUMN not in days_of(one) and days_of(one)[SPRING] == TermDays(10)
    one.decide("withdraw", Role.SCHOOL, reason="The school merges.")
    assert promised(one) == {}


def test_a_visit_that_has_been_set_in_another_term_counts_there(one: Journey) -> None:
    give(one, autumn=10, spring=10, summer=10)
    one.until(Status.BOOKED)
    first = one.visits()[0]
    with one.database.writing() as session:
        visit = session.get_one(type(first), first.id)
        visit.day = D(2027, 2, 24)
    assert promised(one) == {SPRING: 1, NEXT_AUTUMN: 1}


def test_leave_takes_its_working_days_of_the_term_and_never_what_is_promised(one: Journey) -> None:
    give(one, autumn=10, spring=10, summer=10)
    one.until(Status.AWAITING_DATES)
    with one.database.writing() as session:
        who = session.get_one(Supporter, one.case.supporter_id)
        who.working_days = [1, 2]
        record_leave(session, who, D(2027, 2, 1), D(2027, 2, 12), Actor(Role.LEAD, "lead"), "leave", one.at)
    assert days_of(one)[SPRING] == TermDays(10, away=8) and days_of(one)[SPRING].left == 2
    with one.database.writing() as session:
        session.add(Leave(supporter_id=one.case.supporter_id, first=D(2026, 9, 1), last=D(2026, 12, 24), reason="leave"))
    autumn = days_of(one)[AUTUMN]
    assert autumn.away > 10 and autumn.promised == 1 and autumn.left == 0


def test_leave_makes_a_case_wait_in_that_term(one: Journey) -> None:
    give(one, autumn=2, spring=2, summer=2)
    with one.database.writing() as session:
        for who in session.exec(select(Supporter)).all():
            session.add(Leave(supporter_id=who.id, first=D(2027, 9, 1), last=D(2027, 12, 24), reason="a term abroad"))
    one.engine()
    assert one.case.status is Status.UNMET and "no days left in the autumn term of 2027: " in (one.case.why or "")


def test_a_file_shows_the_days_of_each_term_and_nothing_for_whoever_has_none(one: Journey) -> None:
    one.until(Status.AWAITING_APPROVAL)

    def rows(session: Session) -> list[dict[str, Any]]:
        return terms_file(session, session.get_one(Supporter, one.case.supporter_id), one.at.date())

    with one.database.reading() as session:
        assert rows(session) == []
    give(one, autumn=10, spring=8, summer=6, only=one.case.supporter_id)
    with one.database.reading() as session:
        found = rows(session)
    assert [row["term"] for row in found[:-1]] == ["autumn 2026", "spring 2027", "summer 2027", "autumn 2027", "spring 2028", "summer 2028"]
    assert found[0] == {"term": "autumn 2026", "days": 5.0, "away": 0.0, "used": 0.0, "promised": 0.5, "left": 4.5}
    assert [row["left"] for row in found[:-1]] == [4.5, 4.0, 3.0, 4.5, 4.0, 3.0]
    assert found[-1] == {"term": "any term", "days": None, "away": None, "used": None, "promised": 0.5, "left": None}


def test_a_file_without_any_commission_goes_by_the_terms_that_most_authorities_have(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        session.add(Supporter(name="Ada", email="a@x.example", kind="adviser", half_days_a_year=6, cost_a_day=1,
                              half_days_by_term={"autumn": 2, "spring": 2, "summer": 2}))  # fmt: skip
        session.flush()
        found = terms_file(session, session.exec(select(Supporter)).one(), D(2027, 3, 1))
    assert [(row["term"], row["left"]) for row in found][:2] == [("spring 2027", 1.0), ("summer 2027", 1.0)] and len(found) == 5


@pytest.mark.parametrize("autumn", [1, 2])
def test_whatever_the_engine_proposes_no_term_and_no_year_is_promised_more_than_it_has(
    autumn: int, sqlite_database: Database, tmp_path: pathlib.Path
) -> None:
    first = journey(sqlite_database, tmp_path, small_programme(places=6)).until(Status.TO_MATCH)
    with sqlite_database.reading() as session:
        others = session.exec(select(Case.id).where(Case.status != Status.TO_MATCH, Case.status != Status.INVITED)).all()
    for number in others:
        Journey(sqlite_database, first.commission_id, number, first.at).until(Status.TO_MATCH)
    with sqlite_database.reading() as session:
        able = [who.id for who in session.exec(select(Supporter).order_by(col(Supporter.id))).all()][:2]
    give(first)
    for number in able:
        give(first, autumn=autumn, spring=1, only=number)
    first.engine()
    with sqlite_database.reading() as session:
        statuses = [case.status for case in session.exec(select(Case).where(Case.status != Status.INVITED)).all()]
        brief = load_brief(session, first.commission_id)
        everybody, today = list(brief.supporters.values()), first.at.date()
        found = term_days(session, everybody, brief.calendar, terms_of(brief, today), today)
    for days, any_term in found.values():
        assert all(term.promised <= term.there for term in days.values())
        assert sum(term.promised for term in days.values()) + any_term <= sum(term.there for term in days.values())
    assert Status.UNMET in statuses and Status.AWAITING_APPROVAL in statuses
    assert sum(term.promised for days, _ in found.values() for term in days.values()) == 2 * statuses.count(Status.AWAITING_APPROVAL)


def test_a_case_that_is_over_takes_nothing_any_more_though_its_match_stands(one: Journey) -> None:
    give(one, autumn=10, spring=10, summer=10)
    one.until(Status.COMPLETE)
    assert one.rows(Match)[0].half_days > 2
    with one.database.reading() as session:
        assert of_terms.promised_by_term(session, [one.case.supporter_id or 0], one.at.date()).total() == 0


def test_what_is_proposed_keeps_its_own_days_when_others_are_matched(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    first = journey(sqlite_database, tmp_path, small_programme(places=2)).until(Status.TO_MATCH)
    give(first, autumn=1, spring=1)
    first.engine()
    before = first.case.supporter_id
    assert first.case.status is Status.AWAITING_APPROVAL
    give(first)
    give(first, autumn=1, spring=1, only=before)
    with sqlite_database.reading() as session:
        (number,) = session.exec(select(Case.id).where(Case.id != first.case_id, Case.status != Status.INVITED)).all()
    second = Journey(sqlite_database, first.commission_id, number, first.at).until(Status.TO_MATCH)
    second.engine()
    assert second.case.status is Status.UNMET
    assert (first.case.status, first.case.supporter_id) == (Status.AWAITING_APPROVAL, before) and len(first.rows(Match)) == 1
