"""Themes across cases: what is counted from which source, what is kept back, and the report that is made of them."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col, select

from models.case import Case
from models.database import Database
from models.errors import BadInput, LodestarError, NotAllowed, NotPossible
from models.message import Message
from models.plan import ActionPlan
from models.theme import Guide, Theme
from models.trail import Decision, Event
from models.visit import NoteOfVisit, NoteVersion
from models.words import NoteStatus, PlanStatus, Role, Status, VisitStatus
from notifications.rendering import render
from reports.summary import summarise
from stages.brief import load_brief
from stages.commission.recurring import recurring, tally
from stages.commission.themes import issue_guide, issue_report, last_read, read_themes
from stages.record import Actor
from tests.stages.builders import Journey, everything, journey, small_programme

LEAD = Actor(Role.LEAD, "partnership lead")
READ_BY = "Steering group of heads"


def themed(*sources: str, into: str = "report") -> Any:
    return small_programme(themes={"read_by": READ_BY, "sources": list(sources), "into": into})


def cases_of(one: Journey) -> list[int]:
    """Return the four cases that are in from the start."""
    with one.database.reading() as session:
        query = select(Case.id).where(Case.commission_id == one.commission_id, Case.joined_by == "invited")
        return list(session.exec(query.order_by(col(Case.id))).all())


def noted(one: Journey, number: int, *actions: str, status: NoteStatus = NoteStatus.PUBLISHED) -> None:
    """Have a case's first visit written up with these agreed actions."""
    case = Journey(one.database, one.commission_id, cases_of(one)[number], one.at).until(Status.BOOKED)
    visit = case.visits(VisitStatus.CONFIRMED)[0]
    case.wait(visit.day)
    case.decide("write-note", Role.SUPPORTER, visit=visit.session, strengths="Open.", areas="Costs.", actions=list(actions))
    if status is NoteStatus.PUBLISHED:
        case.decide("note-accurate", Role.SCHOOL, visit=visit.session)
    one.at = max(one.at, case.at)


def read(one: Journey) -> list[tuple[str, int, int]]:
    """Read the themes now, and return each with the number of cases it was seen in, of how many."""
    one.at = one.at.add(minutes=1)
    with one.database.writing() as session:
        read_themes(session, load_brief(session, one.commission_id), one.at)
    with one.database.reading() as session:
        return [(row.theme, row.cases, row.read) for row in last_read(session, one.commission_id)]


def report(one: Journey, title: str = "What peers found", actor: Actor = LEAD) -> int:
    with one.database.writing() as session:
        return issue_report(session, load_brief(session, one.commission_id), actor, one.at, title)


def refused(one: Journey, error: type[LodestarError], title: str = "What peers found", actor: Actor = LEAD) -> str:
    before = everything(one.database)
    with pytest.raises(error) as raised:
        report(one, title, actor)
    assert everything(one.database) == before
    said = str(raised.value)
    assert "\n" not in said and said.endswith(".")
    return said


def all_of(one: Journey, table: Any, *where: Any) -> list[Any]:
    with one.database.reading() as session:
        return list(session.exec(select(table).where(*where).order_by(col(table.id))).all())


def test_wordings_are_one_if_only_case_spaces_or_what_ends_them_tells_them_apart() -> None:
    said = [(1, "Ask  families."), (2, "ask families"), (3, "Ask families!"), (1, "Ask the families"), (2, "Asks families"), (3, "...")]
    assert recurring(said) == [(1, "Ask families"), (2, "Ask families"), (3, "Ask families")]


def test_what_one_case_alone_says_is_kept_back_however_often_it_says_it() -> None:
    assert recurring([(1, "Name one person"), (1, "name one person."), (2, "Look at the policy")]) == []


def test_a_case_counts_once_and_the_most_frequent_theme_comes_first() -> None:
    assert tally([(1, "Trips"), (1, "trips"), (1, "Food"), (2, "Food"), (2, "Uniform")]) == [("Food", 2), ("Trips", 1), ("Uniform", 1)]


@given(st.lists(st.tuples(st.integers(1, 4), st.sampled_from(["Ask", "ask.", " ASK ", "Look", "look;", "Go", ""]))))
def test_recurring_agrees_with_counting_wording_by_wording(said: list[tuple[int, str]]) -> None:
    expected = {}
    for words in ("ask", "look", "go"):
        cases = {case for case, one in said if one.strip(" .;").lower() == words}
        if len(cases) >= 2:
            expected[words] = len(cases)
    assert {theme.casefold(): count for theme, count in tally(recurring(said))} == expected


def test_agreed_actions_of_published_notes_that_several_schools_share_are_themes(sqlite_database: Database, tmp_path: Path) -> None:
    one = journey(sqlite_database, tmp_path, themed("notes"))
    noted(one, 0, "Ask families what they pay.", "Name one person")
    noted(one, 1, "ask families what they pay", "Ring the school of St Agnes")
    noted(one, 2, "Name one person.", "Ask families what they pay")
    noted(one, 3, "Ring the school of St Agnes", status=NoteStatus.WITH_SCHOOL)
    assert read(one) == [("Ask families what they pay", 3, 4), ("Name one person", 2, 4)]


def test_what_a_school_that_left_said_is_not_counted(sqlite_database: Database, tmp_path: Path) -> None:
    one = journey(sqlite_database, tmp_path, themed("notes"))
    for number in range(3):
        noted(one, number, "Ask families")
    Journey(one.database, one.commission_id, cases_of(one)[0], one.at).decide("withdraw", Role.SCHOOL, reason="We merge.")
    assert read(one) == [("Ask families", 2, 3)]


def test_areas_of_agreed_plans_that_several_schools_share_are_themes(sqlite_database: Database, tmp_path: Path) -> None:
    one = journey(sqlite_database, tmp_path, themed("plans"))
    for number in (0, 1):
        case = Journey(one.database, one.commission_id, cases_of(one)[number], one.at).until(Status.IN_PROGRESS)
        one.at = max(one.at, case.at)
    Journey(one.database, one.commission_id, cases_of(one)[2], one.at).until(Status.AWAITING_ADVISER)
    assert [row.status for row in all_of(one, ActionPlan)].count(PlanStatus.AGREED) == 2
    areas = read(one)
    assert ("Food and breakfast", 2, 4) in areas and all(count == 2 for _, count, _ in areas)
    assert "From the visit" not in [theme for theme, _, _ in areas]


def test_a_theme_that_two_sources_name_is_counted_once_a_case(sqlite_database: Database, tmp_path: Path) -> None:
    one = journey(sqlite_database, tmp_path, themed("focus_areas", "plans"))
    for number in (0, 1):
        case = Journey(one.database, one.commission_id, cases_of(one)[number], one.at).until(Status.IN_PROGRESS)
        one.at = max(one.at, case.at)
    assert ("Food and breakfast", 2, 4) in read(one)


def test_a_focus_area_that_one_school_chose_is_a_theme_all_the_same(sqlite_database: Database, tmp_path: Path) -> None:
    one = journey(sqlite_database, tmp_path, themed("focus_areas")).until(Status.AWAITING_CONFIRMATION)
    assert read(one) == [("Food and breakfast", 1, 4)]


@pytest.fixture
def ready(sqlite_database: Database, tmp_path: Path) -> Journey:
    """A commission whose themes become a report, with two of them read."""
    one = journey(sqlite_database, tmp_path, themed("notes", "focus_areas"))
    noted(one, 0, "Ask families.")
    noted(one, 1, "Ask families")
    read(one)
    return one


def test_the_report_goes_to_every_school_that_takes_part_with_themes_and_counts(ready: Journey) -> None:
    Journey(ready.database, ready.commission_id, cases_of(ready)[3], ready.at).decide("withdraw", Role.SCHOOL, reason="We merge.")
    assert report(ready) == 3
    sent = all_of(ready, Message, Message.kind == "themes_report")
    assert [message.case_id for message in sent] == cases_of(ready)[:3]
    words = render("themes_report", sent[0].context)
    assert words.subject == "What recurs across schools: What peers found"
    assert f"The {READ_BY} has read across the work with 4 schools" in words.text
    assert "- Food and breakfast: 2 schools\n- Ask families: 2 schools\n" in words.text


def test_the_report_is_kept_with_its_line_in_the_trail(ready: Journey) -> None:
    report(ready, "  What peers\nfound ")
    kept, event, decision = all_of(ready, Guide)[0], all_of(ready, Event)[-1], all_of(ready, Decision)[-1]
    assert (kept.theme, kept.title, kept.issued_at) == ("all themes", "What peers found", ready.at)
    assert (event.kind, event.after, event.by) == ("report.issued", "What peers found", "partnership lead")
    assert event.detail == {"themes": {"Food and breakfast": 2, "Ask families": 2}, "to": 4}
    assert (decision.kind, decision.role) == ("report.issued", Role.LEAD)


def test_a_report_holds_the_themes_of_the_last_reading_and_no_older_ones(ready: Journey) -> None:
    noted(ready, 2, "Name one person")
    noted(ready, 3, "Name one person")
    with ready.database.writing() as session:
        query = select(NoteVersion).join(NoteOfVisit, col(NoteOfVisit.id) == NoteVersion.note_id)
        for row in session.exec(query.where(NoteOfVisit.case_id == cases_of(ready)[0])).all():
            row.published_at = None
    assert [theme for theme, _, _ in read(ready)] == ["Food and breakfast", "Name one person"]
    report(ready)
    assert [line["theme"] for line in all_of(ready, Message, Message.kind == "themes_report")[0].context["themes"]] == [
        "Food and breakfast",
        "Name one person",
    ]


def test_reading_twice_in_one_moment_lists_each_theme_once(ready: Journey) -> None:
    with ready.database.writing() as session:
        read_themes(session, load_brief(session, ready.commission_id), ready.at)
    assert len(all_of(ready, Theme)) == 4
    with ready.database.reading() as session:
        assert [row["theme"] for row in summarise(session, ready.commission_id, ready.at)["themes"]] == ["Food and breakfast", "Ask families"]


def test_a_title_is_used_once_and_is_not_empty(ready: Journey) -> None:
    report(ready)
    assert 'A report called "What peers found" was issued already' in refused(ready, NotPossible)
    assert "needs a title" in refused(ready, BadInput, " ")


@pytest.mark.parametrize("role", [Role.SCHOOL, Role.SUPPORTER, Role.COMMISSIONER, Role.AUDITOR])
def test_only_adviser_and_lead_issue_a_report(ready: Journey, role: Role) -> None:
    assert refused(ready, NotAllowed, actor=Actor(role, "x")) == f"The role {role.value} cannot issue a report: it is for adviser, lead."
    assert report(ready, actor=Actor(Role.ADVISER, "link adviser")) == 4


def test_where_nothing_was_found_there_is_nothing_to_report(sqlite_database: Database, tmp_path: Path) -> None:
    one = journey(sqlite_database, tmp_path, themed("notes"))
    assert "no themes to report on yet" in refused(one, NotPossible)
    assert read(one) == [] and "no themes to report on yet" in refused(one, NotPossible)


def test_guides_and_reports_are_each_for_the_programmes_that_ask_for_them(sqlite_database: Database, tmp_path: Path) -> None:
    one = journey(sqlite_database, tmp_path, themed("focus_areas", into="guides")).until(Status.AWAITING_CONFIRMATION)
    read(one)
    assert refused(one, NotPossible).endswith("makes no report of its themes.")
    with one.database.writing() as session:
        assert issue_guide(session, load_brief(session, one.commission_id), LEAD, one.at, "Food and breakfast", "Breakfast") == 4


def test_no_guide_is_issued_where_themes_become_a_report(ready: Journey) -> None:
    with pytest.raises(NotPossible, match="issues no guides"), ready.database.writing() as session:
        issue_guide(session, load_brief(session, ready.commission_id), LEAD, ready.at, "Food and breakfast", "Breakfast")
