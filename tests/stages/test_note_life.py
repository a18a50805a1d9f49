"""The life of a note of visit: drafted, sent, disputed, settled, read by the lead, published, corrected; and its actions in the plan, each once."""

import datetime
import pathlib
from collections.abc import Sequence
from typing import Any

import pytest
import yaml
from sqlmodel import col, select

from models.database import Database
from models.errors import BadInput, LodestarError, NotAllowed, NotPossible
from models.message import Message
from models.plan import Action, ActionPlan, Objective
from models.programme import Programme
from models.trail import Event
from models.visit import NoteOfVisit, NoteVersion, SchoolPart
from models.words import NoteStatus, PlanStatus, Role, Status, VisitStatus
from notifications.draft import Recipient
from notifications.rendering import render
from reports.case_file import case_file
from reports.case_words import in_words
from reports.notes import note_document
from stages.agreed import published_notes
from stages.brief import load_brief
from stages.broker.handover import handover_pack
from stages.evaluate.facts import _actions_done
from stages.reminders.lines import Line
from stages.reminders.note_lines import note_lines
from stages.reminders.worklists import _actions
from stages.schedule.note_rules import Reader
from tests.stages.builders import NOTE, Journey, agreed_in, everything, journey, programme_text, small_programme, texts_of

WHY = "There is a good reason."
FIRST = {"visit": "exploratory"}


def with_note(**note: Any) -> Programme:
    """Return the programme with another template for its notes."""
    schedule = yaml.safe_load(programme_text())["schedule"]
    schedule["note"] = note
    return small_programme(schedule=schedule)


def visited(database: Database, folder: pathlib.Path, **note: Any) -> Journey:
    """Return a case on the day of its first visit."""
    one = journey(database, folder, with_note(**note)).until(Status.BOOKED)
    one.wait(one.visits(VisitStatus.CONFIRMED)[0].day)
    return one


def note_of(one: Journey) -> NoteOfVisit:
    found: NoteOfVisit = one.rows(NoteOfVisit)[0]
    return found


def versions(one: Journey) -> list[NoteVersion]:
    with one.database.reading() as session:
        return list(session.exec(select(NoteVersion).order_by(col(NoteVersion.note_id), col(NoteVersion.edition))).all())


def said(one: Journey, kind: str) -> list[Message]:
    return [message for message in one.rows(Message) if message.kind == kind]


def text_of(message: Message) -> str:
    return render(message.kind, message.context).text


def plan_actions(one: Journey) -> list[tuple[str, Action]]:
    """Return the actions of the plan that stands that came of notes, each with its objective's area."""
    with one.database.reading() as session:
        query = (
            select(Objective.area, Action)
            .join(Objective, col(Objective.id) == Action.objective_id)
            .join(ActionPlan, col(ActionPlan.id) == Objective.plan_id)
        )
        mine = (
            ActionPlan.case_id == one.case_id,
            ActionPlan.status != PlanStatus.REPLACED,
            col(Action.note_id).is_not(None),
            col(Action.taken_out_on).is_(None),
        )
        return list(session.exec(query.where(*mine).order_by(col(Action.id))).all())


THE_LEAD = Recipient("lead", "The partnership lead", "lead@partnership.example")


def lines(one: Journey) -> list[Line]:
    with one.database.reading() as session:
        return note_lines(session, load_brief(session, one.commission_id), [one.case], one.at.date(), THE_LEAD)


def refused(one: Journey, kind: str, role: Role, error: type[LodestarError], says: str, **more: Any) -> None:
    before = everything(one.database)
    with pytest.raises(error, match=says):
        one.decide(kind, role, **more)
    assert everything(one.database) == before


def test_a_draft_is_saved_as_often_as_need_be_and_nobody_is_told(database: Database, tmp_path: pathlib.Path) -> None:
    one = visited(database, tmp_path)
    before = len(one.rows(Message))
    one.decide("draft-note", Role.SUPPORTER, **FIRST, strengths="Calm.")
    one.decide("draft-note", Role.SUPPORTER, **FIRST, areas="Costs.", actions=["Ask families"])
    one.decide("draft-note", Role.SUPPORTER, **FIRST, areas="Costs in autumn.")
    assert (note_of(one).status, texts_of(note_of(one)), note_of(one).written_at) == (
        NoteStatus.DRAFT, {"strengths": "Calm.", "areas": "Costs in autumn."}, None,
    )  # fmt: skip
    assert len(one.rows(Message)) == before and versions(one) == []
    assert one.visits(VisitStatus.HELD) == [] and one.case.status is Status.BOOKED
    one.decide("write-note", Role.SUPPORTER, **FIRST)
    (kept,) = versions(one)
    assert (texts_of(kept), agreed_in(kept)) == ({"strengths": "Calm.", "areas": "Costs in autumn."}, ["Ask families"])
    assert note_of(one).status is NoteStatus.WITH_SCHOOL and one.visits(VisitStatus.HELD)[0].session == "exploratory"
    assert "Costs in autumn." in text_of(said(one, "note_for_reply")[0])


def draft_and_cancel(one: Journey) -> None:
    """Bring a booked case on to its second visit, of which a note is drafted before the visit is cancelled."""
    one.write_up()
    one.engine()
    one.until(Status.IN_PROGRESS)
    second = one.visits(VisitStatus.CONFIRMED)[0]
    one.wait(second.day)
    one.decide("draft-note", Role.SUPPORTER, visit=second.session, areas="Costs.")
    one.decide("cancel-visit", Role.ADVISER, visit=second.session, reason=WHY, slip="school_closed")


def test_a_draft_of_a_visit_that_is_cancelled_holds_nothing_up(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = visited(sqlite_database, tmp_path)
    draft_and_cancel(one)
    one.decide("hold-review", Role.ADVISER, rag="green", reason="On track.")
    one.engine()
    assert one.case.status not in (Status.IN_PROGRESS, Status.BOOKED)


@pytest.mark.parametrize(
    ("kind", "more", "error", "says"),
    [
        ("draft-note", {}, BadInput, "nothing to save"),
        ("write-note", {}, BadInput, "--strengths and --areas"),
        ("draft-note", {"areas": "x", "actions": ["Ask | Jane Smith"]}, BadInput, "looks like a person's name"),
        ("draft-note", {"sections": {"areas": "The boy was born on 3 May 2015"}}, BadInput, "looks as if it told of single pupils"),
        ("draft-note", {"evidence": ["pupil_voice: Amy Brown, Tom Baker and Sam White"]}, BadInput, "looks as if it told of single pupils"),
        ("draft-note", {"suggest_category": "targeted"}, BadInput, "both --suggest-category and --suggest-why"),
        ("draft-note", {"areas": "x", "sections": {"areas": "y"}}, BadInput, "given twice"),
        ("pass-note", {}, NotPossible, "no note that waits for the lead"),
        ("correct-note", {"areas": "x", "reason": WHY}, NotPossible, "no published note"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_half_written(
    kind: str, more: dict[str, Any], error: type[LodestarError], says: str, sqlite_database: Database, tmp_path: pathlib.Path
) -> None:
    refused(visited(sqlite_database, tmp_path), kind, Role.LEAD, error, says, **FIRST, **more)


def test_a_school_tells_before_the_visit_and_what_it_does_not_tell_is_not_given(database: Database, tmp_path: pathlib.Path) -> None:
    asked = [{"id": "changed", "asks": "What changed?", "required": True}, {"id": "works", "asks": "What works?"}]
    one = journey(database, tmp_path, with_note(school_part=asked)).until(Status.BOOKED)
    assert "- What changed?\n- What works?" in text_of(said(one, "dates_confirmed")[0])
    refused(one, "prepare-visit", Role.SCHOOL, BadInput, "cannot be left out: changed", **FIRST, answers={"works": "Breakfast."})
    refused(one, "prepare-visit", Role.SCHOOL, BadInput, '"moon" is not asked', **FIRST, answers={"moon": 1})
    refused(one, "prepare-visit", Role.SUPPORTER, NotAllowed, "supporter", **FIRST, answers={"changed": "x"})
    one.decide("prepare-visit", Role.SCHOOL, **FIRST, answers={"changed": "Nothing."})
    one.decide("prepare-visit", Role.ADVISER, **FIRST, answers={"changed": "A new cook."})
    (told,) = one.rows(SchoolPart)
    assert (told.answers, told.by) == ({"changed": "A new cook."}, "the adviser")
    one.wait(one.visits()[0].day + datetime.timedelta(days=1))
    refused(one, "prepare-visit", Role.SCHOOL, NotPossible, "has been", **FIRST, answers={"works": "x"})
    one.decide("write-note", Role.SUPPORTER, **FIRST, **NOTE)
    assert [(part["id"], part["answer"]) for part in note_of(one).content["told"]] == [("changed", "A new cook."), ("works", None)]
    assert "- What works? (not given)" in text_of(said(one, "note_for_reply")[0])


def test_a_note_that_is_left_as_it_is_carries_the_schools_statement(database: Database, tmp_path: pathlib.Path) -> None:
    one = visited(database, tmp_path, circulation=["headteacher", "commissioner"])
    one.decide("write-note", Role.SUPPORTER, **FIRST, **NOTE)
    one.decide("note-inaccurate", Role.SCHOOL, reason="We have five staff.")
    assert [(line.to.role, line.says[:36]) for line in lines(one)] == [("adviser", "1 note of visit that the school disp")]
    refused(one, "settle-note", Role.ADVISER, NotPossible, "say why with --reason", **FIRST)
    one.decide("settle-note", Role.ADVISER, **FIRST, reason="Counted on the day.")
    (kept,) = versions(one)
    assert (note_of(one).status, kept.edition, kept.statement) == (NoteStatus.PUBLISHED, 1, "We have five staff.")
    texts = {message.to_role: text_of(message) for message in said(one, "note_published")}
    assert "> We have five staff." in texts["headteacher"] and "five staff" not in texts["commissioner"]
    assert all("Counted on the day." not in text for text in texts.values())


def test_what_a_school_said_beside_a_note_stays_beside_what_is_corrected_later(database: Database, tmp_path: pathlib.Path) -> None:
    """Until it says something else; each reader is told of which version it said so, and a commissioner reads none of it."""
    one = visited(database, tmp_path, circulation=["headteacher", "commissioner"])
    one.decide("write-note", Role.SUPPORTER, **FIRST, **NOTE)
    one.decide("note-inaccurate", Role.SCHOOL, reason="We have five staff.")
    one.decide("settle-note", Role.ADVISER, **FIRST, reason="Counted on the day.")
    one.decide("correct-note", Role.SUPPORTER, **FIRST, reason="A slip.", areas="Costs in spring.")
    assert "The school said of version 1: We have five staff." in case_words(one)
    assert document(one)["statement_of"] == 1 and document(one, edition=1)["statement_of"] is None
    one.decide("note-accurate", Role.SCHOOL)
    texts = {message.to_role: text_of(message) for message in said(one, "note_published")[2:]}
    assert "What the school said of version 1 of this note:\n\n> We have five staff." in texts["headteacher"]
    assert "five staff" not in texts["commissioner"] and document(one, reader="commissioner")["statement"] is None
    assert "The school said of version 1: We have five staff." in case_words(one)
    assert [document(one, edition=edition)["statement"] for edition in (1, 2)] == ["We have five staff."] * 2
    one.decide("correct-note", Role.SUPPORTER, **FIRST, reason="Another.", areas="Costs all year.")
    one.decide("note-inaccurate", Role.SCHOOL, reason="We have six.")
    one.decide("settle-note", Role.ADVISER, **FIRST, reason="So be it.")
    assert (document(one)["statement"], document(one)["statement_of"]) == ("We have six.", None)
    assert document(one, edition=2)["statement"] == "We have five staff."


def test_what_a_school_said_of_a_note_that_the_lead_gives_back_stays_beside_the_next_version(database: Database, tmp_path: pathlib.Path) -> None:
    one = visited(database, tmp_path, quality_assurance="all")
    one.decide("write-note", Role.SUPPORTER, **FIRST, **NOTE)
    one.decide("note-inaccurate", Role.SCHOOL, reason="We have five staff.")
    one.decide("settle-note", Role.ADVISER, **FIRST, reason="Counted on the day.")
    one.decide("return-note", Role.LEAD, **FIRST, reason="Say what was seen.")
    one.decide("write-note", Role.SUPPORTER, **FIRST, areas="Costs in spring.")
    assert (document(one)["statement"], document(one)["statement_of"]) == ("We have five staff.", 1)


def document(one: Journey, reader: Reader = "adviser", edition: int | None = None) -> dict[str, Any]:
    with one.database.reading() as session:
        return note_document(session, one.case_id, "exploratory", edition, reader)


def case_words(one: Journey) -> str:
    with one.database.reading() as session:
        return in_words(case_file(session, one.case_id, one.at))


def test_a_note_that_is_corrected_in_a_dispute_is_published_as_a_further_version(database: Database, tmp_path: pathlib.Path) -> None:
    one = visited(database, tmp_path)
    one.decide("write-note", Role.SUPPORTER, **FIRST, **NOTE)
    one.decide("note-inaccurate", Role.SCHOOL, reason="We have five staff.")
    refused(one, "settle-note", Role.ADVISER, NotPossible, "says already", **FIRST, areas=NOTE["areas"])
    one.decide("settle-note", Role.ADVISER, **FIRST, areas="Costs in spring.", reason="After a call.")
    first, second = versions(one)
    assert texts_of(first)["areas"] == NOTE["areas"] and first.published_at is None
    assert (second.edition, texts_of(second)["areas"], second.published_at, second.statement) == (2, "Costs in spring.", one.at, None)
    assert (second.by, second.why) == ("the adviser", "After a call.")


def read_by_the_lead(database: Database, folder: pathlib.Path) -> Journey:
    """Return a case whose note the school finds accurate and the lead has to read."""
    one = visited(database, folder, quality_assurance="all", circulation=["headteacher", "chair", "adviser"])
    one.decide("write-note", Role.SUPPORTER, **FIRST, **NOTE)
    one.decide("note-accurate", Role.SCHOOL)
    return one


def test_where_the_lead_reads_notes_none_is_published_before(database: Database, tmp_path: pathlib.Path) -> None:
    one = read_by_the_lead(database, tmp_path)
    one.engine()
    assert note_of(one).status is NoteStatus.WITH_LEAD and one.case.status is Status.BOOKED and said(one, "note_published") == []
    assert [(line.to, line.says.partition(" (")[0]) for line in lines(one)] == [(THE_LEAD, "1 note of visit for the partnership lead to read")]
    refused(one, "pass-note", Role.ADVISER, NotAllowed, "adviser", **FIRST)
    one.decide("pass-note", Role.LEAD, **FIRST)
    one.engine()
    assert note_of(one).status is NoteStatus.PUBLISHED and one.case.status is not Status.BOOKED
    assert sorted((message.to_role, message.to_address) for message in said(one, "note_published"))[1] == (
        "chair",
        f"chair@school-{one.case.urn}.example",
    )
    assert [message.to_role for message in said(one, "note_published")] == ["headteacher", "chair", "adviser"]


def test_without_a_lead_the_adviser_is_told_that_there_is_none_and_how_to_add_one(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = read_by_the_lead(sqlite_database, tmp_path)
    with sqlite_database.reading() as session:
        brief = load_brief(session, one.commission_id)
        (line,) = note_lines(session, brief, [one.case], one.at.date(), None)
    assert line.to == brief.adviser and "There is no lead: add one with `lodestar person add NAME --email ADDRESS --role lead`" in line.says
    assert "There is no lead" not in lines(one)[0].says


def test_a_note_that_the_lead_gives_back_goes_to_the_school_again_as_its_next_version(database: Database, tmp_path: pathlib.Path) -> None:
    one = read_by_the_lead(database, tmp_path)
    refused(one, "return-note", Role.LEAD, NotPossible, "what has to be better", **FIRST, reason=" ")
    one.decide("return-note", Role.LEAD, **FIRST, reason="Say what was seen.")
    assert (note_of(one).status, note_of(one).edition, note_of(one).returned) == (NoteStatus.DRAFT, 2, "Say what was seen.")
    assert "Say what was seen." in text_of(said(one, "note_returned")[0])
    assert [(line.to.role, line.says.partition(",")[0]) for line in lines(one)] == [("supporter", "1 note of visit that the lead gave back")]
    one.decide("draft-note", Role.SUPPORTER, **FIRST, evidence=["documents: the policy on charges"])
    one.decide("write-note", Role.SUPPORTER, **FIRST, areas="Costs in spring.")
    assert (note_of(one).status, note_of(one).returned, [kept.edition for kept in versions(one)]) == (NoteStatus.WITH_SCHOOL, None, [1, 2])
    again = text_of(said(one, "note_for_reply")[1])
    assert "Why: It was read once more before it is published." in again and "the policy on charges" in again and "Say what was seen." not in again
    assert versions(one)[1].why == "Say what was seen."
    assert len([event for event in one.rows(Event) if event.kind == "visit.held"]) == 1
    one.decide("note-accurate", Role.SCHOOL)
    one.decide("pass-note", Role.LEAD, **FIRST)
    assert [kept.published_at is not None for kept in versions(one)] == [False, True]


def test_silence_takes_a_note_to_the_lead_as_well(database: Database, tmp_path: pathlib.Path) -> None:
    one = visited(database, tmp_path, quality_assurance="all", reply_school_days=3)
    one.decide("write-note", Role.SUPPORTER, **FIRST, **NOTE)
    due = note_of(one).reply_due
    assert due is not None
    with one.database.reading() as session:
        assert due == load_brief(session, one.commission_id).calendar.add(one.at.date(), 3)
    one.wait(due + datetime.timedelta(days=1))
    one.engine()
    assert (note_of(one).status, note_of(one).replied_at) == (NoteStatus.WITH_LEAD, None)
    one.engine()
    assert len([event for event in one.rows(Event) if event.kind == "note.accurate"]) == 1


def under_way(
    database: Database,
    folder: pathlib.Path,
    actions: Sequence[str] = ("Ask families | deputy headteacher | 2027-07-01 | food", "Brief staff"),
    **note: Any,
) -> Journey:
    """Return a case whose plan is agreed, with what was agreed at its first visit."""
    one = visited(database, folder, **note)
    one.decide("write-note", Role.SUPPORTER, **FIRST, strengths="Calm.", areas="Costs.", actions=list(actions))
    one.decide("note-accurate", Role.SCHOOL)
    one.engine()
    return one.until(Status.IN_PROGRESS)


def test_what_is_agreed_at_a_visit_is_in_the_draft_with_owner_day_area_and_origin(database: Database, tmp_path: pathlib.Path) -> None:
    one = under_way(database, tmp_path)
    assert [(area, row.action, row.owner, row.note_id, row.note_action) for area, row in plan_actions(one)] == [
        ("Food and breakfast", "Ask families", "deputy headteacher", note_of(one).id, 1),
        ("Agreed at visits", "Brief staff", "headteacher", note_of(one).id, 2),
    ]
    assert plan_actions(one)[0][1].due == datetime.date(2027, 7, 1)


def test_what_is_agreed_later_comes_into_the_agreed_plan_once_and_keeps_the_numbers_of_the_others(database: Database, tmp_path: pathlib.Path) -> None:
    one = under_way(database, tmp_path, actions=())
    assert plan_actions(one) == []
    before = [row.id for row in all_actions(one)]
    second = one.visits(VisitStatus.CONFIRMED)[0]
    one.wait(second.day)
    one.decide(
        "write-note",
        Role.SUPPORTER,
        visit=second.session,
        strengths="A.",
        areas="B.",
        actions=["Look at policy | governors | | food", "Share findings"],
    )
    assert plan_actions(one) == []
    one.decide("note-accurate", Role.SCHOOL, visit=second.session)
    for _ in range(3):
        one.engine()
    assert [(area, row.action) for area, row in plan_actions(one)] == [
        ("Food and breakfast", "Look at policy"),
        ("Agreed at visits", "Share findings"),
    ]
    assert [row.id for row in all_actions(one)][: len(before)] == before


def all_actions(one: Journey) -> list[Action]:
    from models.case import Case
    from stages.actions import actions_of

    with one.database.reading() as session:
        return actions_of(session, Case.id == one.case_id)[one.case_id]


def test_a_correction_is_a_new_version_that_the_school_sees_and_the_published_one_stands_until_then(
    database: Database, tmp_path: pathlib.Path
) -> None:
    one = under_way(database, tmp_path)
    published = note_of(one).published_at
    refused(one, "correct-note", Role.SUPPORTER, NotPossible, "only corrected for a reason", **FIRST, areas="x")
    refused(one, "correct-note", Role.SUPPORTER, NotPossible, "says already", **FIRST, areas="Costs.", reason=WHY)
    first = versions(one)[0]
    one.decide(
        "correct-note", Role.SUPPORTER, **FIRST, reason="One action was wrong.", actions=["Brief staff | chair of governors", "Share findings"]
    )
    assert [row.action for _, row in plan_actions(one)] == ["Ask families", "Brief staff"]
    with one.database.reading() as session:
        ((_, stands),) = published_notes(session, [one.case_id])[one.case_id]
    assert [action.action for action in stands.actions] == ["Ask families", "Brief staff"]
    one.decide("note-accurate", Role.SCHOOL, visit="exploratory")
    one.engine()
    assert [(row.action, row.owner, row.note_action) for _, row in plan_actions(one)] == [
        ("Brief staff", "chair of governors", 2), ("Share findings", "headteacher", 3),
    ]  # fmt: skip
    kept = versions(one)
    assert [row.edition for row in kept] == [1, 2] and kept[0].content == first.content and kept[1].why == "One action was wrong."
    assert note_of(one).published_at == published and "corrected note" in text_of(said(one, "note_published")[-1])
    event = next(event for event in one.rows(Event) if event.kind == "note.published" and event.detail["edition"] == 2)
    assert event.detail["plan"] == {"changed": ["Brief staff"], "added": ["Share findings"], "taken_out": ["Ask families"]}


def test_what_is_done_stays_in_the_plan_whatever_is_corrected(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = under_way(sqlite_database, tmp_path)
    number = [row.action for row in all_actions(one)].index("Ask families") + 1
    one.decide("action-done", Role.SCHOOL, action_number=number)
    one.decide("correct-note", Role.SUPPORTER, **FIRST, reason=WHY, actions=["Brief staff"])
    one.decide("note-accurate", Role.SCHOOL, visit="exploratory")
    assert [row.action for _, row in plan_actions(one)] == ["Ask families", "Brief staff"]


def test_taking_an_action_out_leaves_the_numbers_of_the_others_and_is_no_promise_any_more(database: Database, tmp_path: pathlib.Path) -> None:
    one = under_way(database, tmp_path, actions=("Open a shop", "Brief staff", "Look at policy"))
    before = shown(one)
    first, last = before["Open a shop"], before["Look at policy"]
    assert first < last
    one.decide("correct-note", Role.SUPPORTER, **FIRST, reason=WHY, actions=["Brief staff", "Look at policy"])
    one.decide("note-accurate", Role.SCHOOL, visit="exploratory")
    assert shown(one) == {action: number for action, number in before.items() if action != "Open a shop"}
    refused(one, "action-done", Role.SCHOOL, NotPossible, rf"Action {first} of case {one.case_id} was taken out on", action_number=first)
    one.decide("action-done", Role.SCHOOL, action_number=last)
    assert [row.action for row in all_actions(one) if row.done_on] == ["Look at policy"]
    with database.reading() as session:
        brief = load_brief(session, one.commission_id)
        assert "Open a shop" not in str(handover_pack(session, brief, one.case))
        late = max(row.due for row in all_actions(one)) + datetime.timedelta(days=1)
        (overdue,) = _actions(session, brief, [one.case], late)
        assert overdue.says.startswith(f"{len(before) - 2} actions overdue")
    for action, number in shown(one).items():
        if action != "Look at policy":
            one.decide("action-done", Role.SCHOOL, action_number=number)
    with database.reading() as session:
        assert _actions_done(session, load_brief(session, one.commission_id)) == {one.case_id: one.at.date()}


def test_an_action_that_was_taken_out_comes_back_with_its_number_and_only_once(database: Database, tmp_path: pathlib.Path) -> None:
    one = under_way(database, tmp_path, actions=("Ask families || 2027-03-01",))
    before = shown(one)
    one.decide("correct-note", Role.SUPPORTER, **FIRST, reason=WHY, actions=[])
    one.decide("note-accurate", Role.SCHOOL, visit="exploratory")
    assert plan_actions(one) == [] and "Ask families" not in shown(one)
    one.decide("correct-note", Role.SUPPORTER, **FIRST, reason=WHY, actions=["Ask families | governors"])
    one.decide("note-accurate", Role.SCHOOL, visit="exploratory")
    ((_, row),) = plan_actions(one)
    assert (row.owner, row.due, row.taken_out_on) == ("governors", datetime.date(2027, 3, 1), None) and shown(one) == before
    plans = [event.detail["plan"] for event in one.rows(Event) if event.kind == "note.published" and "plan" in event.detail]
    assert plans == [{"taken_out": ["Ask families"]}, {"added": ["Ask families"]}]


def shown(one: Journey) -> dict[str, int]:
    """Return the actions as the case shows them, with their numbers."""
    with one.database.reading() as session:
        return {row["action"]: row["number"] for row in case_file(session, one.case_id, one.at)["actions"]}


def test_a_plan_that_is_drafted_anew_has_each_agreed_action_once(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = visited(sqlite_database, tmp_path)
    one.decide("write-note", Role.SUPPORTER, **FIRST, **NOTE)
    one.decide("note-accurate", Role.SCHOOL)
    one.engine()
    one.until(Status.AWAITING_SCHOOL)
    one.decide("ask-changes", Role.SCHOOL, reason=WHY)
    one.until(Status.IN_PROGRESS)
    assert [row.action for _, row in plan_actions(one)] == NOTE["actions"]


def test_a_programme_whose_plans_are_not_drafted_from_notes_keeps_them_apart(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    values = with_note().model_dump(mode="json")
    values["plan"]["drafted_from"] = ["needs"]
    one = journey(sqlite_database, tmp_path, Programme.model_validate(values)).until(Status.IN_PROGRESS)
    assert plan_actions(one) == [] and agreed_in(note_of(one)) == NOTE["actions"]


def test_a_suggested_category_waits_for_the_adviser_until_somebody_decides_and_is_never_set_by_itself(
    database: Database, tmp_path: pathlib.Path
) -> None:
    one = visited(database, tmp_path, suggests_category=True)
    was = one.case.category
    other = next(name for name in ("universal", "targeted") if name != was)
    one.decide("write-note", Role.SUPPORTER, **FIRST, **NOTE, suggest_category=other, suggest_why="It is graver.")
    assert lines(one) == [] and "graver" not in text_of(said(one, "note_for_reply")[0])
    one.decide("note-accurate", Role.SCHOOL)
    one.engine()
    (line,) = lines(one)
    assert line.to.role == "adviser" and "moderate" in line.says and line.waiting[0][0].endswith("because It is graver.")
    assert one.case.category == was and "graver" not in text_of(said(one, "note_published")[0])
    one.at = one.at.add(hours=1)
    one.decide("moderate", Role.ADVISER, reason="Looked at; it stands.")
    assert lines(one) == [] and one.case.category == was


def test_each_sampled_note_waits_for_the_lead_and_no_other(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = visited(sqlite_database, tmp_path, quality_assurance="sample", sample_percent=0)
    one.decide("write-note", Role.SUPPORTER, **FIRST, **NOTE)
    one.decide("note-accurate", Role.SCHOOL)
    assert note_of(one).status is NoteStatus.PUBLISHED


def handed_over(one: Journey) -> dict[str, list[str]]:
    with one.database.reading() as session:
        return {part["title"]: part["lines"] for part in handover_pack(session, load_brief(session, one.commission_id), one.case)}


def test_a_handover_says_how_a_note_stands_and_what_the_school_said_of_it_and_told_before(database: Database, tmp_path: pathlib.Path) -> None:
    one = visited(database, tmp_path, school_part=[{"id": "new", "asks": "What is new?"}])
    one.decide("prepare-visit", Role.SCHOOL, **FIRST, answers={"new": "A new deputy"})
    one.decide("write-note", Role.SUPPORTER, **{**FIRST, **NOTE, "actions": ["Ask families | deputy headteacher | 2027-07-01"]})
    today = f"{one.at.in_timezone('Europe/London'):%-d %B %Y}"
    (visit,) = handed_over(one)["Visits so far"]
    assert f"Nothing of its note is published: it is with the school, which may reply until {note_of(one).reply_due:%-d %B %Y}." in visit
    assert "Ask families" not in str(handed_over(one))
    one.decide("note-inaccurate", Role.SCHOOL, **FIRST, reason="The policy is older.")
    held, disputed = handed_over(one)["Visits so far"]
    assert "Nothing of its note is published: the school says that it is not accurate, and nobody has settled that yet." in held
    assert disputed == "The school said of version 1 of this note: The policy is older. Not settled yet."
    one.decide("settle-note", Role.ADVISER, **FIRST, reason="The date stands")
    one.decide("correct-note", Role.ADVISER, **FIRST, areas="Costs of trips.", reason="Typing slip")
    parts = handed_over(one)
    held, disputed, corrected, under_way = parts["Visits so far"]
    assert f" Note, version 1, published on {today}. Strengths: {NOTE['strengths']} " in held
    assert held.endswith(" Agreed: Ask families (deputy headteacher, by 1 July 2027).")
    assert (
        disputed
        == f"The school said of version 1 of this note: The policy is older. Left as it was, by the adviser on {today}. Why: The date stands."
    )
    assert corrected == f"Version 2 of this note was written by the adviser on {today} to correct it. Why: Typing slip."
    assert under_way.startswith("Version 2 of this note is under way: it is with the school, ")
    assert under_way.endswith(" Until it is published, version 1 stands.")
    assert parts["What the school told before visits"] == [f"{one.visits()[0].purpose}, told on {today}: What is new? A new deputy."]
    one.decide("note-accurate", Role.SCHOOL, **FIRST)
    assert [line.split(".")[0] for line in handed_over(one)["Visits so far"]][1:] == [disputed.split(".")[0], corrected.split(".")[0]]
    assert " Note, version 2, " in handed_over(one)["Visits so far"][0]
