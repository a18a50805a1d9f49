"""What is said of a decision once it is carried out: what was done, in one sentence, and where the case stands."""

import datetime
import re
from pathlib import Path
from typing import Any, get_args

import pytest
from sqlalchemy import delete
from sqlmodel import col

from models.database import Database
from models.evidence import Diagnosis
from models.message import Message
from models.school import Contact
from models.visit import NoteOfVisit
from models.words import MessageStatus, Role, Status, VisitStatus
from notifications.draft import Recipient
from reports.decided import SAYS, what_was_done, where_it_stands
from reports.telling import Deed, with_telling
from reports.words import day
from stages.brief import load_brief
from stages.deciding import carry_out
from stages.request import KindName
from tests.stages.builders import ANSWERS, NOTE, Journey, journey
from tests.stages.test_note_life import visited

WHY = "There is a good reason."


def told(one: Journey, kind: str, role: Role, **more: Any) -> str:
    """Decide, and return the sentence that says what was done."""
    request = one.request(kind, role, **more)
    decided = carry_out(one.database, request, one.at)
    with one.database.reading() as session:
        brief = load_brief(session, one.commission_id, [decided.case.urn])
        said = what_was_done(session, brief, request, decided)
        assert where_it_stands(session, brief, decided.case, one.at.date()).startswith(f"Case {one.case_id}: ")
    assert said.endswith(".") and not re.search(r"[{}_]|\d{4}-\d{2}-\d{2}", said) and said[0].isupper()
    return said


@pytest.fixture
def booked(sqlite_database: Database, tmp_path: Path) -> Journey:
    return journey(sqlite_database, tmp_path).until(Status.BOOKED)


def test_every_kind_of_decision_has_its_words() -> None:
    assert SAYS.keys() == set(get_args(KindName))


def test_from_need_to_dates_each_decision_says_what_it_did(sqlite_database: Database, tmp_path: Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_SELF_EVALUATION)
    assert told(one, "answer", Role.SCHOOL, answers=ANSWERS, focus="food") == "The school's answers are saved; that was all it was asked."
    one.until(Status.AWAITING_CONFIRMATION)
    assert re.fullmatch(r"The diagnosis is confirmed \([A-Z].+\), and the school is told\.", told(one, "confirm", Role.ADVISER))
    assert re.fullmatch(r"The category stays [A-Z].+, and the school is told\.", told(one, "moderate", Role.ADVISER, reason=WHY))
    one.until(Status.AWAITING_APPROVAL)
    assert told(one, "approve", Role.COMMISSIONER) == "The match is approved, and the supporter is told."
    assert told(one, "accept-case", Role.SUPPORTER) == "It is recorded that the supporter takes the case, and the school is told."
    one.until(Status.AWAITING_DATES)
    days = ", ".join(day(visit.day) for visit in one.visits())
    assert told(one, "confirm-dates", Role.SCHOOL) == f"The dates are agreed ({days}); school and supporter are told."


def test_revised_answers_say_whether_the_diagnosis_is_made_anew_or_stays(sqlite_database: Database, tmp_path: Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_CONFIRMATION)
    saved, diagnoses = "The school's new answers are saved beside the earlier ones", len(one.rows(Diagnosis))
    said = told(one, "revise-answers", Role.SCHOOL, answers=ANSWERS)
    assert said == f"{saved}; the need is worked out again at the engine's next turn."
    one.engine()
    assert len(one.rows(Diagnosis)) == diagnoses + 1
    one.decide("confirm", Role.ADVISER)
    assert told(one, "revise-answers", Role.SCHOOL, answers=ANSWERS) == f"{saved}; the diagnosis stays as it was confirmed."
    one.engine()
    assert len(one.rows(Diagnosis)) == diagnoses + 1


def test_a_visit_that_its_school_cannot_have_is_offered_anew_and_chosen(booked: Journey) -> None:
    old = booked.visits()[0].day
    offered = f"The visit of {day(old)} is to be moved; the school is offered days to choose from at the engine's next turn."
    assert told(booked, "move-visit", Role.SCHOOL, reason=WHY) == offered
    booked.engine()
    with pytest.raises(Exception, match="Choose one of the days") as found:
        booked.decide("choose-date", Role.SCHOOL)
    chosen = datetime.date.fromisoformat(re.findall(r"\d{4}-\d{2}-\d{2}", str(found.value))[0])
    said = told(booked, "choose-date", Role.SCHOOL, day=chosen)
    assert re.fullmatch(rf"The visit is agreed for {day(chosen)}, \w+, instead of {day(old)}; school and supporter are told\.", said)


def test_a_visit_that_its_supporter_cannot_make_is_dated_by_the_engine(booked: Journey) -> None:
    said = told(booked, "move-visit", Role.SUPPORTER, reason=WHY)
    assert said == f"The visit of {day(booked.visits()[0].day)} is to be moved; the school is told of the new day at the engine's next turn."


def test_what_a_visit_that_is_not_held_costs_is_said(booked: Journey) -> None:
    first = booked.visits()[0]
    far = f"The visit of {day(first.day)} is cancelled for good (nothing is charged); school and supporter are told."
    assert told(booked, "cancel-visit", Role.ADVISER, reason=WHY) == far
    second = booked.visits(VisitStatus.CONFIRMED)[0]
    booked.wait(second.day)
    said = told(booked, "no-show", Role.SUPPORTER, reason=WHY)
    assert said.startswith(f"It is recorded that nobody was there for the visit of {day(second.day)} (half a day is charged; ")
    assert said.endswith("use move-visit), and the school is told.")


def test_a_note_says_at_each_step_where_it_went(sqlite_database: Database, tmp_path: Path) -> None:
    one = visited(sqlite_database, tmp_path, quality_assurance="all")
    of = f"he note of the visit of {day(one.visits()[0].day)}"
    assert told(one, "draft-note", Role.SUPPORTER, **NOTE) == f"The draft of t{of} is saved; nobody is told."
    assert told(one, "write-note", Role.SUPPORTER).endswith(" is recorded as held, and its note goes to the school.")
    assert told(one, "note-inaccurate", Role.SCHOOL, reason=WHY) == f"It is recorded what is not right in t{of}; settle-note ends the dispute."
    assert told(one, "settle-note", Role.SUPPORTER, reason=WHY) == f"T{of} is left as it was and goes to the partnership lead."
    assert told(one, "return-note", Role.LEAD, reason=WHY) == f"T{of} is given back to its writer, who is told why."
    assert told(one, "write-note", Role.SUPPORTER, areas="Other costs.") == f"T{of} is written again and goes to the school as its version 2."
    assert told(one, "note-accurate", Role.SCHOOL) == f"T{of} is marked accurate and goes to the partnership lead."
    assert told(one, "pass-note", Role.LEAD) == f"T{of} is passed and published, and the school is told."
    assert one.rows(NoteOfVisit)[0].published_at is not None
    assert told(one, "correct-note", Role.SUPPORTER, areas="Trips.", reason=WHY) == f"T{of} is corrected and goes to the school as version 3."


def test_from_plan_to_judgement_each_decision_says_what_it_did(booked: Journey) -> None:
    booked.until(Status.AWAITING_ADVISER)
    assert told(booked, "agree-plan", Role.ADVISER) == "It is recorded that the plan is agreed; the school is asked next."
    assert told(booked, "agree-plan", Role.SCHOOL) == "The plan is agreed by all and under way, and the school is told."
    done = told(booked, "action-done", Role.SCHOOL, action_number=1)
    assert done == f"Action 1 of the plan is recorded as done on {day(booked.at)}."
    assert told(booked, "hold-review", Role.ADVISER, rag="green", reason="Good.") == "Review 1 is recorded as held, with the rating green."
    assert told(booked, "pause", Role.ADVISER, reason=WHY) == "The case is paused: nothing moves until it is resumed, and the school is told."
    assert told(booked, "resume", Role.ADVISER, reason=WHY) == "The case is resumed, and the school is told."
    booked.until(Status.AWAITING_JUDGEMENT)
    assert told(booked, "judge", Role.ADVISER, reason=WHY).startswith("The impact is judged and the case is closed")


NOT_TOLD = (
    "; the school could not be told, since no address of it is known: tell it yourself, and enter one for what follows with "
    "`lodestar contact load FILE`."
)


def forget(one: Journey) -> None:
    """Take out every contact of the school of a case."""
    with one.database.writing() as session:
        session.execute(delete(Contact).where(col(Contact.urn) == one.case.urn))


def test_a_school_without_an_address_is_not_said_to_be_told(sqlite_database: Database, tmp_path: Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_CONFIRMATION)
    forget(one)
    with one.database.reading() as session:
        brief = load_brief(session, one.commission_id, [])
    other = next(each for each in brief.programme.diagnose.categories if each.id != one.case.category)
    until = datetime.date(one.at.year + 1, 3, 3)
    said = told(one, "override", Role.ADVISER, category=other.id, until=until, reason=WHY)
    assert said == f"The category is set to {other.title} until {day(until)}{NOT_TOLD}"
    assert one.rows(Message)[-1].status is MessageStatus.SKIPPED
    assert told(one, "pause", Role.ADVISER, reason=WHY) == f"The case is paused: nothing moves until it is resumed{NOT_TOLD}"
    assert told(one, "resume", Role.ADVISER, reason=WHY) == f"The case is resumed{NOT_TOLD}"


def test_a_supporter_is_told_where_the_school_is_not(booked: Journey) -> None:
    forget(booked)
    said = told(booked, "cancel-visit", Role.ADVISER, reason=WHY)
    assert said.endswith(f"is cancelled for good (nothing is charged), and the supporter is told{NOT_TOLD}")


def test_what_the_engine_will_write_needs_an_address_too(booked: Journey) -> None:
    forget(booked)
    said = told(booked, "move-visit", Role.SCHOOL, reason=WHY)
    assert said.endswith(
        " is to be moved; the school cannot be told, since no address of it is known: "
        "enter one before the engine's next turn with `lodestar contact load FILE`."
    )


def said_by(*messages: Message) -> str:
    return with_telling(Deed("It is done", ", and all read it"), messages, Recipient("headteacher", "the headteacher", None))


def message(role: str, skipped: str | None = None) -> Message:
    status = MessageStatus.SKIPPED if skipped else MessageStatus.WAITING
    return Message(key="k", kind="guide", to_role=role, to_name=role, to_address=f"{role}@example.org", status=status, skip_reason=skipped)


def test_why_a_party_is_not_told_is_the_reason_of_its_message() -> None:
    declined = message("headteacher", "headteacher opted out of guide")
    assert said_by(message("chair")) == "It is done, and all read it."
    # Any contact of a school will do, and each supporter has to be reached.
    assert said_by(declined, message("chair")) == "It is done, and all read it."
    assert said_by(declined) == "It is done; the school could not be told, since headteacher opted out of guide."
    assert said_by(message("supporter"), message("supporter", "no address is known for A (supporter)"), message("headteacher")) == (
        "It is done, and the school is told; the supporter could not be told, since no address is known for A (supporter)."
    )
