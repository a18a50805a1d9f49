"""Every kind of decision, made on a real case: what follows, and that a refusal leaves everything exactly as it was."""

import datetime
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pendulum
import pytest
import yaml
from sqlmodel import col, select

from models.case import Case, CaseSchool
from models.commission import Commission, LedgerLine
from models.database import Database
from models.errors import BadInput, LodestarError, NotAllowed, NotFound, NotPossible
from models.evidence import Answer, CategoryReply, Diagnosis, Finding
from models.match import Match
from models.message import Message
from models.plan import ActionPlan
from models.programme import Instrument
from models.review import Evaluation, Review
from models.school import School
from models.supporter import Leave, Supporter
from models.trail import Decision, Event
from models.visit import DateOffer, NoteOfVisit, Visit
from models.words import CommissionStatus, MatchStatus, MessageStatus, MoneyKind, NoteStatus, PlanStatus, Rag, Role, Status, VisitStatus
from notifications.rendering import TEMPLATES, render
from reports.summary import money
from simulation.wexcombe import SUCCESSOR_URN
from stages.asking import check_answers
from stages.brief import load_brief
from stages.commission.decide import set_status
from stages.commission.standing import _ASKS
from stages.deciding import decide
from stages.decisions import KINDS
from stages.ledger import money_left
from stages.record import Actor
from stages.request import Request
from stages.schedule.decide import record_leave
from tests.stages.builders import ANSWERS, LONDON, NOTE, TO_COME, Journey, everything, journey, programme_text, small_programme, texts_of

ADVISER = Actor(Role.ADVISER, "link adviser")
WHY = "There is a good reason."


@dataclass(frozen=True)
class Kind:
    """One kind of decision: where the case stands, who decides what, who may not, and where the case stands then (or stays)."""

    at: Status
    role: Role
    wrong: Role
    then: Status | None = None
    more: dict[str, Any] = field(default_factory=dict)
    before: Callable[[Journey], None] = lambda one: None


def put_off(one: Journey) -> None:
    one.decide("unable-to-assess", Role.ADVISER, reason=WHY)


def note_written(one: Journey) -> None:
    visit = one.visits(VisitStatus.CONFIRMED)[0]
    one.wait(visit.day)
    one.decide("write-note", Role.SUPPORTER, visit=visit.session, **NOTE)


def disputed(one: Journey) -> None:
    note_written(one)
    one.decide("note-inaccurate", Role.SCHOOL, reason="The number of staff is wrong.")


def days_offered(one: Journey) -> None:
    one.decide("move-visit", Role.SCHOOL, visit="exploratory", reason=WHY)
    one.engine()


def on_the_day(one: Journey) -> None:
    one.wait(one.visits(VisitStatus.CONFIRMED)[0].day)


def paused(one: Journey) -> None:
    one.decide("pause", Role.ADVISER, reason=WHY)
    one.at = one.at.add(days=7)


def successor_open(one: Journey) -> None:
    """The newest register says that the successor is open."""
    with one.database.writing() as session:
        session.get_one(School, SUCCESSOR_URN).open = True


def withdrawn(one: Journey) -> None:
    one.decide("withdraw", Role.SCHOOL, reason=WHY)


INVITED, PERSON = Status.INVITED, {"reason": WHY}
CASES: dict[str, Kind] = {
    "opt-in": Kind(INVITED, Role.SCHOOL, Role.SUPPORTER, Status.SELECTED),
    "decline": Kind(INVITED, Role.SCHOOL, Role.COMMISSIONER, Status.DECLINED, PERSON),
    "answer": Kind(Status.AWAITING_SELF_EVALUATION, Role.SCHOOL, Role.SUPPORTER, Status.TO_ASSESS, {"answers": ANSWERS, "focus": "food"}),
    "confirm": Kind(Status.AWAITING_CONFIRMATION, Role.ADVISER, Role.SCHOOL, Status.TO_MATCH),
    "override": Kind(Status.AWAITING_CONFIRMATION, Role.LEAD, Role.COMMISSIONER, Status.TO_MATCH, {"category": "OTHER", **PERSON}),
    "unable-to-assess": Kind(Status.AWAITING_CONFIRMATION, Role.ADVISER, Role.SCHOOL, Status.AWAITING_EVIDENCE, PERSON),
    "assess-again": Kind(
        Status.AWAITING_CONFIRMATION,
        Role.ADVISER,
        Role.SUPPORTER,
        Status.TO_ASSESS,
        {},
        put_off,
    ),
    "revise-answers": Kind(Status.TO_MATCH, Role.SCHOOL, Role.SUPPORTER, None, {"answers": {**ANSWERS, "food": 4}}),
    "reply-to-category": Kind(Status.TO_MATCH, Role.SCHOOL, Role.COMMISSIONER, None, PERSON),
    "moderate": Kind(Status.BOOKED, Role.ADVISER, Role.SCHOOL, None, PERSON),
    "approve": Kind(Status.AWAITING_APPROVAL, Role.COMMISSIONER, Role.ADVISER, Status.AWAITING_SUPPORTER),
    "refuse": Kind(Status.AWAITING_APPROVAL, Role.COMMISSIONER, Role.SCHOOL, Status.TO_MATCH, PERSON),
    "accept-case": Kind(Status.AWAITING_SUPPORTER, Role.SUPPORTER, Role.SCHOOL, Status.AWAITING_CONSENT),
    "decline-case": Kind(Status.AWAITING_SUPPORTER, Role.SUPPORTER, Role.COMMISSIONER, Status.TO_MATCH, PERSON),
    "accept-support": Kind(Status.AWAITING_CONSENT, Role.SCHOOL, Role.SUPPORTER, Status.TO_SCHEDULE),
    "decline-support": Kind(Status.AWAITING_CONSENT, Role.SCHOOL, Role.COMMISSIONER, Status.TO_MATCH, PERSON),
    "replace-supporter": Kind(Status.BOOKED, Role.ADVISER, Role.SCHOOL, Status.TO_MATCH, PERSON),
    "confirm-dates": Kind(Status.AWAITING_DATES, Role.SCHOOL, Role.COMMISSIONER, Status.BOOKED),
    "ask-other-dates": Kind(Status.AWAITING_DATES, Role.SCHOOL, Role.SUPPORTER, Status.TO_SCHEDULE, PERSON),
    "move-visit": Kind(Status.BOOKED, Role.SCHOOL, Role.COMMISSIONER, None, {"visit": "exploratory", **PERSON}),
    "choose-date": Kind(Status.BOOKED, Role.SCHOOL, Role.COMMISSIONER, None, {"visit": "exploratory", "day": "OFFERED"}, days_offered),
    "no-show": Kind(Status.BOOKED, Role.SUPPORTER, Role.SCHOOL, None, {"visit": "exploratory", **PERSON}, on_the_day),
    "cancel-visit": Kind(Status.BOOKED, Role.ADVISER, Role.SCHOOL, None, {"visit": "follow-up", **PERSON}),
    "write-note": Kind(Status.BOOKED, Role.SUPPORTER, Role.SCHOOL, None, {"visit": "exploratory", **NOTE}, on_the_day),
    "prepare-visit": Kind(Status.BOOKED, Role.SCHOOL, Role.SUPPORTER, None, {"visit": "exploratory", "answers": {"changed": "Nothing."}}),
    "draft-note": Kind(Status.BOOKED, Role.SUPPORTER, Role.SCHOOL, None, {"visit": "exploratory", "areas": "Costs."}, on_the_day),
    "correct-note": Kind(Status.AWAITING_ADVISER, Role.SUPPORTER, Role.SCHOOL, None, {"visit": "exploratory", "areas": "Costs.", **PERSON}),
    "note-accurate": Kind(Status.BOOKED, Role.SCHOOL, Role.SUPPORTER, None, {"visit": "exploratory"}, note_written),
    "note-inaccurate": Kind(Status.BOOKED, Role.SCHOOL, Role.COMMISSIONER, None, {"visit": "exploratory", **PERSON}, note_written),
    "settle-note": Kind(Status.BOOKED, Role.ADVISER, Role.SCHOOL, None, {"visit": "exploratory", "areas": "Costs.", **PERSON}, disputed),
    "agree-plan": Kind(Status.AWAITING_SCHOOL, Role.SCHOOL, Role.COMMISSIONER, Status.IN_PROGRESS),
    "ask-changes": Kind(Status.AWAITING_SCHOOL, Role.SCHOOL, Role.SUPPORTER, Status.TO_DRAFT, PERSON),
    "action-done": Kind(Status.IN_PROGRESS, Role.SCHOOL, Role.COMMISSIONER, None, {"action_number": 1}),
    "hold-review": Kind(Status.IN_PROGRESS, Role.ADVISER, Role.SCHOOL, None, {"rag": Rag.AMBER, **PERSON}),
    "judge": Kind(Status.AWAITING_JUDGEMENT, Role.ADVISER, Role.SCHOOL, Status.COMPLETE, PERSON),
    "pause": Kind(Status.AWAITING_DATES, Role.ADVISER, Role.SCHOOL, None, PERSON),
    "resume": Kind(Status.AWAITING_DATES, Role.ADVISER, Role.SUPPORTER, None, {}, paused),
    "withdraw": Kind(Status.BOOKED, Role.SCHOOL, Role.SUPPORTER, Status.WITHDRAWN, PERSON),
    "take-up-again": Kind(Status.AWAITING_CONFIRMATION, Role.ADVISER, Role.SCHOOL, Status.TO_ASSESS, PERSON, withdrawn),
    "close-school": Kind(Status.BOOKED, Role.ADVISER, Role.SCHOOL, Status.SCHOOL_CLOSED, PERSON),
    "succeed": Kind(Status.BOOKED, Role.ADVISER, Role.SCHOOL, None, {"urn": SUCCESSOR_URN, **PERSON}, successor_open),
}
# Where no status moves: the line of the trail that says that something happened.
LINES = {
    "choose-date": "visit.moved", "no-show": "visit.no-show", "move-visit": "visit.to-move", "cancel-visit": "visit.cancelled", "write-note": "visit.held", "note-accurate": "note.published", "note-inaccurate": "note.disputed",
    "settle-note": "note.settled", "prepare-visit": "visit.prepared", "draft-note": "note.drafted", "correct-note": "note.corrected", "hold-review": "review.held", "action-done": "action.done",
}  # fmt: skip

Stations = dict[Status, tuple[Path, Journey]]


@pytest.fixture(scope="module")
def stations(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Stations:
    """One journey from the invitation to the judgement, with a copy of the database at every stop."""
    folder = tmp_path_factory.mktemp("stations")
    file = Path(shutil.copy(sqlite_template, folder / "journey.db"))
    database, found = Database(f"sqlite:///{file}"), {}
    one = journey(database, folder, joined_by="asked")
    while one.case.status is not Status.COMPLETE:
        status = one.case.status
        if status not in found:
            database.close()
            copy = Path(shutil.copy(file, folder / f"{status.value}.db"))
            found[status] = (copy, Journey(database, one.commission_id, one.case_id, one.at))
        one.step()
    database.close()
    return found


Standing = Callable[[Status], Journey]


@pytest.fixture
def standing(stations: Stations, tmp_path: Path) -> Iterator[Standing]:
    """Give a case that stands in a status, in a database of its own."""
    made: list[Database] = []

    def give(status: Status) -> Journey:
        file, one = stations[status]
        made.append(Database(f"sqlite:///{shutil.copy(file, tmp_path / f'{status.value}-{len(made)}.db')}"))
        return Journey(made[-1], one.commission_id, one.case_id, one.at)

    yield give
    for database in made:
        database.close()


def ready_for(name: str, standing: Standing) -> tuple[Journey, dict[str, Any]]:
    """Return a case that is ready for a kind of decision, and what else the decision needs."""
    kind = CASES[name]
    one = standing(kind.at)
    kind.before(one)
    more = dict(kind.more)
    if more.get("category") == "OTHER":
        more["category"] = "universal" if one.case.category == "targeted" else "targeted"
    if more.get("day") == "OFFERED":
        with one.database.reading() as session:
            more["day"] = session.exec(select(DateOffer.day).order_by(col(DateOffer.day))).first()
    return one, more


def refused(one: Journey, kind: str, role: Role, error: type[Exception] = LodestarError, **more: Any) -> str:
    """Try a decision that must be refused in one sentence and leave everything as it was; return the sentence."""
    before = everything(one.database)
    with pytest.raises(error) as raised:
        one.decide(kind, role, **more)
    assert everything(one.database) == before
    said = str(raised.value)
    assert "\n" not in said and said.endswith((".", "?"))
    return said


def messages(one: Journey, kind: str | None = None) -> list[Message]:
    return [message for message in one.rows(Message) if kind is None or message.kind == kind]


def text_of(message: Message) -> str:
    return render(message.kind, message.context).text


def pence(one: Journey, kind: MoneyKind) -> int:
    return sum(line.pence for line in one.rows(LedgerLine) if line.kind is kind)


def left(one: Journey) -> int:
    with one.database.reading() as session:
        return money_left(session, one.commission_id)


def away(one: Journey, supporter_id: int, first: datetime.date, last: datetime.date, by: Actor = ADVISER) -> int:
    with one.database.writing() as session:
        return record_leave(session, session.get_one(Supporter, supporter_id), first, last, by, "illness", one.at)


@pytest.mark.parametrize(("before", "after"), [(None, 0), (0, None), (5 * 365 + 2, 0), (0, 5 * 365 + 2)])
def test_a_leave_without_end_is_refused_and_moves_nothing(before: int | None, after: int | None, standing: Standing) -> None:
    one = standing(Status.BOOKED)
    today, saved = one.at.date(), everything(one.database)
    first = datetime.date.min if before is None else today - datetime.timedelta(days=before)
    last = datetime.date.max if after is None else today + datetime.timedelta(days=after)
    with pytest.raises(BadInput, match="A leave lies within five years of today: look at --first and --last"):
        away(one, one.case.supporter_id or 0, first, last)
    assert everything(one.database) == saved
    away(one, one.case.supporter_id or 0, today - datetime.timedelta(days=5 * 365), today + datetime.timedelta(days=5 * 365))
    assert everything(one.database) != saved


def test_every_kind_of_decision_is_tried_here() -> None:
    # Sessions without a note and meetings are no part of this programme: test_schedule_notes.py and test_schedule_attending.py try them;
    # nor does a lead read its notes: test_note_life.py has one that does.
    assert set(CASES) == set(KINDS) - {"hold-visit", "book-place", "send-apologies", "pass-note", "return-note"}


@pytest.mark.parametrize("name", CASES)
def test_a_decision_moves_its_case_and_is_kept_with_who_took_it(name: str, standing: Standing) -> None:
    kind = CASES[name]
    one, more = ready_for(name, standing)
    before, decisions, events = one.case, len(one.rows(Decision)), len(one.rows(Event))
    now = one.decide(name, kind.role, **more)
    assert now.status is (kind.then or before.status)
    decision, event = one.rows(Decision)[decisions], one.rows(Event)[events]
    assert len(one.rows(Decision)) == decisions + 1 and len(one.rows(Event)) == events + 1
    assert (decision.kind, event.kind) == ((LINES[name], LINES[name]) if name in LINES else (name, f"case.{name}"))
    assert (decision.role, decision.by, decision.at) == (kind.role, f"the {kind.role.value}", one.at)
    assert (event.role, event.by) == (kind.role, f"the {kind.role.value}")
    assert now.version == before.version + (name not in LINES)


@pytest.mark.parametrize("name", CASES)
def test_a_decision_by_somebody_whose_it_is_not_changes_nothing(name: str, standing: Standing) -> None:
    one, more = ready_for(name, standing)
    said = refused(one, name, CASES[name].wrong, NotAllowed, **more)
    assert CASES[name].wrong.value in said
    refused(one, name, Role.AUDITOR, NotAllowed, **more)


@pytest.mark.parametrize("name", [name for name in CASES if name not in {"hold-review", "revise-answers", "moderate", "prepare-visit", "draft-note"}])
def test_a_decision_on_a_case_that_has_moved_on_changes_nothing(name: str, standing: Standing) -> None:
    one, more = ready_for(name, standing)
    one.decide(name, CASES[name].role, **more)
    refused(one, name, CASES[name].role, **more)


@pytest.mark.parametrize("name", [name for name in CASES if name != "take-up-again"])
def test_a_decision_on_a_case_that_ended_changes_nothing(name: str, standing: Standing) -> None:
    one, more = ready_for(name, standing)
    one.decide("withdraw", Role.SCHOOL, reason="We merge.")
    if name in {"note-accurate", "note-inaccurate", "settle-note"}:
        return  # the note of a visit that took place can still be put right
    refused(one, name, CASES[name].role, **more)


@pytest.mark.parametrize("name", [name for name, kind in CASES.items() if kind.more.get("reason") and name not in {"settle-note"}])
@pytest.mark.parametrize("reason", [None, "  "])
def test_a_decision_that_needs_a_reason_is_refused_without_one(name: str, reason: str | None, standing: Standing) -> None:
    one, more = ready_for(name, standing)
    refused(one, name, CASES[name].role, **{**more, "reason": reason})


def test_a_case_that_is_not_there_is_named(standing: Standing) -> None:
    one = standing(INVITED)
    with pytest.raises(NotFound, match="There is no case 4711"):
        decide(one.database, Request(kind="opt-in", case=4711, role=Role.SCHOOL, by="headteacher"), one.at)


def test_a_decision_cannot_be_dated_before_the_case_last_moved(standing: Standing) -> None:
    one = standing(Status.AWAITING_SELF_EVALUATION)
    before = everything(one.database)
    one.at = one.at.subtract(days=30)
    with pytest.raises(NotPossible, match="last moved on"):
        one.decide("withdraw", Role.SCHOOL, reason=WHY)
    assert everything(one.database) == before


def test_while_a_commission_is_paused_nothing_is_decided(standing: Standing) -> None:
    one = standing(INVITED)
    with one.database.writing() as session:
        set_status(session, session.get_one(Commission, one.commission_id), CommissionStatus.PAUSED, ADVISER, WHY, one.at)
    assert "is paused" in refused(one, "opt-in", Role.SCHOOL, NotPossible)
    with one.database.writing() as session:
        set_status(session, session.get_one(Commission, one.commission_id), CommissionStatus.RUNNING, ADVISER, WHY, one.at)
    assert one.decide("opt-in", Role.SCHOOL).status is Status.SELECTED


def test_a_paused_case_can_only_be_resumed_or_ended(standing: Standing) -> None:
    one = standing(Status.AWAITING_DATES)
    paused(one)
    assert "is paused" in refused(one, "confirm-dates", Role.SCHOOL, NotPossible)
    before = one.case
    one.at = one.at.add(days=60)
    one.engine()
    assert one.case == before
    assert one.decide("withdraw", Role.SCHOOL, reason=WHY).paused_since is None


@pytest.mark.parametrize("days", [0, 1, 7, 70])
def test_resuming_moves_the_due_day_by_the_school_days_of_the_pause(standing: Standing, days: int) -> None:
    one = standing(Status.AWAITING_DATES)
    due, since = one.case.due, one.at.date()
    assert due is not None
    one.decide("pause", Role.COMMISSIONER, reason=WHY)
    one.at = one.at.add(days=days)
    now = one.decide("resume", Role.ADVISER, reason="Back.")
    with one.database.reading() as session:
        calendar = load_brief(session, one.commission_id, []).calendar
    assert now.due is not None and now.paused_since is None and now.pause_reason is None
    assert calendar.between(due, now.due) == calendar.between(since, one.at.date())
    assert calendar.is_school_day(now.due)


def test_pausing_stops_what_still_waits_to_be_asked(standing: Standing) -> None:
    one = standing(Status.AWAITING_DATES)
    one.decide("pause", Role.ADVISER, reason=WHY)
    found = messages(one, "dates")[0]
    assert (found.status, found.skip_reason) == (MessageStatus.SKIPPED, "the case was paused")
    assert messages(one, "paused")[0].status is MessageStatus.WAITING


def test_every_template_that_asks_for_a_reply_is_one_that_a_pause_stops() -> None:
    asks = re.compile(r"\*\*What to do:\*\* (reply|answer|please tell|a short reply)")
    found = {file.stem for file in TEMPLATES.glob("[a-z]*.md") if asks.search(file.read_text(encoding="utf-8"))}
    # Declarations and worklists are of no case, and what was missed stays true.
    assert "note_for_reply" in found and found - {"declaration", "declaration_reminder", "worklist", "visit_missed"} <= set(_ASKS)
    # Whoever wants a place may change its mind until places are given.
    assert "place_wanted" in _ASKS and {*_ASKS} <= {file.stem for file in TEMPLATES.glob("[a-z]*.md")}


@pytest.mark.parametrize("delivered", [False, True])
def test_a_note_that_a_pause_kept_from_the_school_goes_out_when_it_is_over(standing: Standing, delivered: bool) -> None:
    one = standing(Status.BOOKED)
    visit = one.visits(VisitStatus.CONFIRMED)[0]
    one.wait(visit.day)
    one.decide("write-note", Role.SUPPORTER, visit=visit.session, **NOTE)
    if delivered:
        with one.database.writing() as session:
            session.get_one(Message, messages(one, "note_for_reply")[0].id).status = MessageStatus.SENT
    one.decide("pause", Role.ADVISER, reason=WHY)
    (asked,) = messages(one, "note_for_reply")
    assert (asked.status, asked.skip_reason) == ((MessageStatus.SENT, None) if delivered else (MessageStatus.SKIPPED, "the case was paused"))
    one.at = one.at.add(days=30)
    one.decide("resume", Role.ADVISER, reason="Back.")
    (again,), due = messages(one, "note_for_reply"), one.rows(NoteOfVisit)[0].reply_due
    assert again.status is (MessageStatus.SENT if delivered else MessageStatus.WAITING) and again.skip_reason is None
    assert (again.context["due"] == due.isoformat()) is not delivered
    # Of days that were on offer then nobody can tell whether they still are.
    assert [message.status for message in messages(one, "dates")] == [MessageStatus.SKIPPED]


def test_an_answer_off_the_scale_or_to_no_question_is_refused_with_the_question(standing: Standing) -> None:
    one = standing(Status.AWAITING_SELF_EVALUATION)
    for answers, said in (
        ({**ANSWERS, "food": 9}, "food"), ({**ANSWERS, "weather": 1}, "weather"), ({"food": 1}, "uniform"), ({**ANSWERS, "food": "much"}, "food"),
    ):  # fmt: skip
        assert said in refused(one, "answer", Role.SCHOOL, BadInput, answers=answers, focus="food")
    assert "focus" in refused(one, "answer", Role.SCHOOL, BadInput, answers=ANSWERS)
    one.decide("answer", Role.SCHOOL, answers={**ANSWERS, "food": 1.5}, focus="food")
    assert one.rows(Answer)[0].answers["food"] == 1.5


def test_an_override_needs_another_category_that_there_is(standing: Standing) -> None:
    one = standing(Status.AWAITING_CONFIRMATION)
    category = one.case.category
    assert "another category" in refused(one, "override", Role.LEAD, BadInput, reason=WHY, category=category)
    assert "universal, targeted" in refused(one, "override", Role.LEAD, BadInput, reason=WHY, category="golden")
    other = "universal" if category == "targeted" else "targeted"
    now = one.decide("override", Role.LEAD, reason="Known to the adviser.", category=other)
    assert now.category == other and now.entitlement == {"universal": 2, "targeted": 3}[other]
    assert "Known to the adviser." in text_of(messages(one, "category")[-1])


@pytest.fixture
def own_times(sqlite_template: Path, tmp_path: Path) -> Iterator[Journey]:
    """A diagnosis to be confirmed where the lead confirms it, a school has 3 school days to reply, and an override lasts 2 weeks."""
    database = Database(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'own.db')}")
    rules = yaml.safe_load(programme_text())["diagnose"] | {"confirmed_by": "lead", "reply_school_days": 3, "override_lasts_weeks": 2}
    yield journey(database, tmp_path, small_programme(diagnose=rules)).until(Status.AWAITING_CONFIRMATION)
    database.close()


def other_than(one: Journey) -> str:
    return "universal" if one.case.category == "targeted" else "targeted"


def reply_ends(one: Journey, days: int) -> datetime.date:
    with one.database.reading() as session:
        return load_brief(session, one.commission_id, []).calendar.add(one.at.date(), days)


def test_an_override_lasts_as_long_as_the_programme_says(own_times: Journey) -> None:
    one = own_times
    one.decide("override", Role.LEAD, reason=WHY, category=other_than(one))
    found, until = one.rows(Diagnosis)[-1], one.at.date() + datetime.timedelta(weeks=2)
    assert (found.category, found.expires, found.decided_by, found.score) == (one.case.category, until, "the lead (lead)", None)
    assert WHY in found.reason and one.rows(Decision)[-1].detail["until"] == until.isoformat()


@pytest.mark.parametrize("overriding", [True, False])
def test_a_school_is_told_whether_a_person_set_its_category_or_a_sum_led_to_it(standing: Standing, overriding: bool) -> None:
    one = standing(Status.AWAITING_CONFIRMATION)
    if overriding:
        one.decide("override", Role.LEAD, reason=WHY, category=other_than(one))
    else:
        one.decide("confirm", Role.ADVISER)
    (sent,) = messages(one, "category")
    text = render("category", sent.context).text
    assert (": the lead of " in text and f"The reason given: {WHY}" in text) is overriding
    assert ("a score of need from 0" in text and one.rows(Diagnosis)[0].reason in text) is not overriding


def test_an_override_may_have_a_last_day_of_its_own_that_is_still_to_come(standing: Standing) -> None:
    one = standing(Status.AWAITING_CONFIRMATION)
    today, other = one.at.date(), other_than(one)
    for until in (today, today - datetime.timedelta(days=1)):
        said = refused(one, "override", Role.LEAD, BadInput, reason=WHY, category=other, until=until)
        assert f"{until:%-d %B %Y}" in said and "--until" in said
    tomorrow = today + datetime.timedelta(days=1)
    one.decide("override", Role.LEAD, reason=WHY, category=other, until=tomorrow)
    assert one.rows(Diagnosis)[-1].expires == tomorrow


@pytest.mark.parametrize("changed_before", [False, True])
def test_an_override_is_told_to_the_adviser_once_when_its_day_is_over_unless_it_was_changed_before(standing: Standing, changed_before: bool) -> None:
    one = standing(Status.AWAITING_CONFIRMATION)
    proposed, until = one.case.category, one.at.date() + datetime.timedelta(days=7)
    one.decide("override", Role.LEAD, reason=WHY, category=other_than(one), until=until)
    if changed_before:
        one.decide("moderate", Role.ADVISER, reason=WHY, category=proposed)
    one.wait(until)
    one.engine()
    assert messages(one, "override_lapsed") == []
    for _ in range(2):
        one.at = one.at.add(days=1)
        one.engine()
    assert len(messages(one, "override_lapsed")) == (not changed_before)


def test_a_confirmed_diagnosis_is_not_set_by_hand(standing: Standing) -> None:
    one = standing(Status.TO_MATCH)
    assert [(row.decided_by, row.expires) for row in one.rows(Diagnosis)] == [(None, None)]


@pytest.mark.parametrize("late", [False, True])
def test_a_school_may_reply_to_its_category_as_long_as_the_programme_says(own_times: Journey, late: bool) -> None:
    one = own_times
    one.decide("confirm", Role.LEAD)
    assert "within 3 school days" in text_of(messages(one, "category")[0])
    last = reply_ends(one, 3)
    one.wait(last + datetime.timedelta(days=late))
    if late:
        said = refused(one, "reply-to-category", Role.SCHOOL, NotPossible, reason=WHY)
        assert said == f"The 3 school days for a reply ended on {last:%-d %B %Y}: write to the adviser."
        return
    one.decide("reply-to-category", Role.SCHOOL, reason="Our roll has grown.")
    reply = one.rows(CategoryReply)[0]
    assert (reply.says, reply.category, reply.at, reply.moderated_at) == ("Our roll has grown.", one.case.category, one.at, None)
    message = messages(one, "category_reply")[0]
    assert message.to_role == "adviser" and "> Our roll has grown." in text_of(message)


def test_a_case_that_ended_before_any_visit_is_taken_up_again_and_goes_its_way(standing: Standing) -> None:
    one = standing(Status.AWAITING_SUPPORTER)
    one.decide("withdraw", Role.SCHOOL, reason=WHY)
    assert one.decide("take-up-again", Role.ADVISER, reason=WHY).status is Status.TO_ASSESS
    assert (one.case.closed_at, one.case.supporter_id, one.case.category) == (None, None, None)
    assert len(messages(one, "welcome")) == 1
    one.until(Status.BOOKED)
    assert one.case.supporter_id is not None and len([row for row in one.rows(Match) if row.status is not MatchStatus.ENDED]) == 1


def test_a_case_that_was_only_asked_begins_at_its_beginning_and_one_with_visits_does_not_begin_again(standing: Standing) -> None:
    one = standing(INVITED)
    one.decide("decline", Role.SCHOOL, reason=WHY)
    assert one.decide("take-up-again", Role.LEAD, reason=WHY).status is Status.SELECTED
    visited = standing(Status.BOOKED)
    visited.decide("withdraw", Role.SCHOOL, reason=WHY)
    assert "had visits already" in refused(visited, "take-up-again", Role.ADVISER, NotPossible, reason=WHY)


def test_no_case_is_taken_up_again_after_its_commission(standing: Standing) -> None:
    one = standing(Status.AWAITING_CONFIRMATION)
    one.decide("withdraw", Role.SCHOOL, reason=WHY)
    with one.database.writing() as session:
        session.get_one(Commission, one.commission_id).ends = one.at.add(days=5).date()
    one.at = one.at.add(days=6)
    assert "ended on" in refused(one, "take-up-again", Role.ADVISER, NotPossible, reason=WHY)


@pytest.mark.parametrize("taken", [True, False])
def test_a_case_is_not_taken_up_again_beyond_the_places_of_those_that_are_in_without_asking(
    sqlite_database: Database, tmp_path: Path, taken: bool
) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_CONFIRMATION)
    one.decide("withdraw", Role.SCHOOL, reason=WHY)
    if taken:
        with sqlite_database.writing() as session:
            other = session.exec(select(Case).where(Case.commission_id == one.commission_id, Case.joined_by == "asked")).first()
            assert other is not None
            other.joined_by, other.status = "invited", Status.SELECTED
        assert "All 4 places" in refused(one, "take-up-again", Role.ADVISER, NotPossible, reason=WHY)
    else:
        assert one.decide("take-up-again", Role.ADVISER, reason=WHY).status is Status.TO_ASSESS


def has_three_days_to_reply(one: Journey) -> None:
    """A reply is refused on the day after three school days from now, and kept on the last of them."""
    one.wait(reply_ends(one, 3))
    one.at = one.at.add(days=1)
    assert "ended on" in refused(one, "reply-to-category", Role.SCHOOL, NotPossible, reason=WHY)
    one.at = one.at.subtract(days=1)
    one.decide("reply-to-category", Role.SCHOOL, reason=WHY)


def test_a_pause_of_the_whole_commission_takes_nothing_from_the_time_to_reply_either(own_times: Journey) -> None:
    one = own_times
    one.decide("confirm", Role.LEAD)

    def whole(status: CommissionStatus, days: int) -> None:
        one.at = one.at.add(days=days)
        with one.database.writing() as session:
            set_status(session, session.get_one(Commission, one.commission_id), status, ADVISER, WHY, one.at)

    whole(CommissionStatus.PAUSED, 0)
    whole(CommissionStatus.RUNNING, 14)
    # A second one lies within a pause of the case itself, and its days are not given back twice.
    one.decide("pause", Role.ADVISER, reason=WHY)
    whole(CommissionStatus.PAUSED, 5)
    whole(CommissionStatus.RUNNING, 7)
    one.decide("resume", Role.ADVISER)
    has_three_days_to_reply(one)


def test_a_pause_takes_nothing_from_the_time_to_reply(own_times: Journey) -> None:
    one = own_times
    one.decide("confirm", Role.LEAD)
    one.decide("pause", Role.ADVISER, reason=WHY)
    one.at = one.at.add(days=28)
    one.decide("resume", Role.ADVISER)
    has_three_days_to_reply(one)


def test_a_school_replies_again_only_when_its_first_reply_was_looked_at(standing: Standing) -> None:
    one = standing(Status.TO_MATCH)
    one.decide("reply-to-category", Role.SCHOOL, reason=WHY)
    assert "still to be moderated" in refused(one, "reply-to-category", Role.SCHOOL, NotPossible, reason="And another thing.")
    one.wait(reply_ends(one, 8))
    one.decide("moderate", Role.ADVISER, reason=WHY)
    one.wait(reply_ends(one, 8))
    one.decide("reply-to-category", Role.SCHOOL, reason="And another thing.")
    assert [reply.outcome for reply in one.rows(CategoryReply)] == ["stands", None]


def test_a_category_that_is_not_confirmed_yet_has_no_reply_and_no_moderation(standing: Standing) -> None:
    one = standing(Status.AWAITING_CONFIRMATION)
    refused(one, "reply-to-category", Role.SCHOOL, NotPossible, reason=WHY)
    refused(one, "moderate", Role.ADVISER, NotPossible, reason=WHY)


@pytest.mark.parametrize("replied", [True, False])
@pytest.mark.parametrize("outcome", ["stands", "changed"])
def test_a_category_looked_at_again_is_dated_and_told_to_the_school(standing: Standing, outcome: str, replied: bool) -> None:
    one = standing(Status.TO_MATCH)
    if replied:
        one.decide("reply-to-category", Role.SCHOOL, reason="Our roll has grown.")
    before, one.at = one.case, one.at.add(days=2)
    category = other_than(one) if outcome == "changed" else None
    now = one.decide("moderate", Role.LEAD, reason="The census says so.", category=category)
    assert now.category == (category or before.category) and now.status is before.status
    assert now.entitlement == {"universal": 2, "targeted": 3}[str(now.category)]
    ended = [(r.outcome, r.moderated_at, r.moderated_by, r.reason) for r in one.rows(CategoryReply)]
    assert ended == [(outcome, one.at, "the lead (lead)", "The census says so.")] * replied
    by_hand = [(r.category, r.decided_by, r.at, r.expires) for r in one.rows(Diagnosis) if r.decided_by]
    assert by_hand == [(category, "the lead (lead)", one.at, None)] * (outcome == "changed")
    event, said = one.rows(Event)[-1], text_of(messages(one, "category_moderated")[0])
    assert (event.at, event.detail) == (one.at, {"outcome": outcome, "category": now.category, "reason": "The census says so."})
    assert f"{str(now.category).capitalize()} support" in said and "The census says so." in said
    assert ("we have changed it" in said) == (outcome == "changed") and ("Thank you for your reply." in said) == replied


def test_a_category_changed_before_the_match_is_matched_with_its_new_days(standing: Standing) -> None:
    one = standing(Status.TO_MATCH)
    one.decide("moderate", Role.ADVISER, reason=WHY, category=other_than(one))
    one.engine()
    assert one.rows(Match)[0].half_days == one.case.entitlement


def test_a_category_is_changed_only_to_another_that_there_is(standing: Standing) -> None:
    one = standing(Status.TO_MATCH)
    assert "leave --category out" in refused(one, "moderate", Role.ADVISER, BadInput, reason=WHY, category=one.case.category)
    assert "universal, targeted" in refused(one, "moderate", Role.ADVISER, BadInput, reason=WHY, category="golden")


def test_where_the_lead_confirms_an_adviser_may_let_a_category_stand_but_not_change_it(own_times: Journey) -> None:
    one = own_times
    one.decide("confirm", Role.LEAD)
    assert "--as lead" in refused(one, "moderate", Role.ADVISER, NotPossible, reason=WHY, category=other_than(one))
    one.decide("moderate", Role.ADVISER, reason=WHY)
    other = other_than(one)
    assert one.decide("moderate", Role.LEAD, reason=WHY, category=other).category == other


def test_revised_answers_keep_the_earlier_editions(standing: Standing) -> None:
    one = standing(Status.BOOKED)
    for food in (3, 4):
        one.at = one.at.add(days=1)
        one.decide("revise-answers", Role.SCHOOL, answers={**ANSWERS, "food": food})
    assert [(row.edition, row.answers["food"]) for row in one.rows(Answer)] == [(1, ANSWERS["food"]), (2, 3), (3, 4)]
    assert len({row.at for row in one.rows(Answer)}) == 3 and one.rows(Event)[-1].detail == {"instrument": "cost-of-the-school-day", "edition": 3}


@pytest.mark.parametrize(("status", "kind"), [(Status.AWAITING_SELF_EVALUATION, "answer"), (Status.AWAITING_CONFIRMATION, "revise-answers")])
@pytest.mark.parametrize("told", ["A12345678901B is hungry", "one child, born in May", "Ann Lee, Tom Brown, Mia Jones"])
def test_answers_that_tell_of_single_pupils_are_refused_without_repeating_them(standing: Standing, status: Status, kind: str, told: str) -> None:
    one = standing(status)
    said = refused(one, kind, Role.SCHOOL, BadInput, answers={**ANSWERS, "food": told}, focus="food")
    assert '"food"' in said and "single pupils" in said and told not in said


def test_revised_answers_are_checked_like_the_first(standing: Standing) -> None:
    one = standing(Status.BOOKED)
    for answers, said in (({**ANSWERS, "food": 9}, "food"), ({**ANSWERS, "weather": 1}, "weather"), ({"food": 1}, "uniform")):
        assert said in refused(one, "revise-answers", Role.SCHOOL, BadInput, answers=answers)


def test_a_question_for_a_number_takes_nothing_but_a_number() -> None:
    instrument = Instrument.model_validate(
        {"id": "costs", "kind": "self_evaluation", "title": "Costs", "questions": [{"id": "hours", "asks": "How many hours?", "kind": "number"}]}
    )
    assert check_answers(instrument, {"hours": 2.5}) == {"hours": 2.5}
    for wrong in ("much", True):
        with pytest.raises(BadInput, match="must be a number"):
            check_answers(instrument, {"hours": wrong})


@pytest.mark.parametrize("status", [Status.AWAITING_CONFIRMATION, Status.AWAITING_EVIDENCE])
def test_answers_revised_before_a_diagnosis_is_confirmed_have_it_made_anew(standing: Standing, status: Status) -> None:
    one = standing(Status.AWAITING_CONFIRMATION)
    if status is Status.AWAITING_EVIDENCE:
        one.decide("unable-to-assess", Role.ADVISER, reason=WHY)
    before = one.rows(Diagnosis)[-1]
    assert one.decide("revise-answers", Role.SCHOOL, answers=dict.fromkeys(ANSWERS, 4)).status is Status.TO_ASSESS
    assert [(row.kind, row.role) for row in one.rows(Event)[-2:]] == [("case.revise-answers", Role.SCHOOL), ("case.assess-again", Role.ENGINE)]
    one.engine()
    after = one.rows(Diagnosis)[-1]
    assert one.case.status is Status.AWAITING_CONFIRMATION and after.id != before.id and "went from 2 to 4" in after.reason


def test_a_school_that_sees_a_slip_right_after_answering_puts_it_right_before_its_need_is_worked_out(standing: Standing) -> None:
    one = standing(Status.TO_ASSESS)
    one.decide("revise-answers", Role.SCHOOL, answers=dict.fromkeys(ANSWERS, 4))
    assert one.case.status is Status.TO_ASSESS
    one.engine()
    assert "The mean of its own answers is 4" in " ".join(row.says for row in one.rows(Finding))


@pytest.mark.parametrize("revised", [True, False])
def test_need_worked_out_again_before_it_is_confirmed_says_what_changed(standing: Standing, revised: bool) -> None:
    one = standing(Status.AWAITING_CONFIRMATION)
    if revised:
        one.decide("revise-answers", Role.SCHOOL, answers=dict.fromkeys(ANSWERS, 4))
    else:
        one.decide("assess-again", Role.ADVISER)
    one.at = one.at.add(days=1)
    assert one.case.status is Status.TO_ASSESS
    one.engine()
    first, second = one.rows(Diagnosis)
    assert one.case.status is Status.AWAITING_CONFIRMATION and (first.decided_by, second.decided_by) == (None, None)
    assert (f"Since the diagnosis of {first.at.in_timezone(LONDON):%-d %B %Y}: " in second.reason) == revised
    assert ("went from 2 to 4" in second.reason) == revised and "Since" not in first.reason


@pytest.mark.parametrize(("status", "kind", "role"), [(Status.AWAITING_APPROVAL, "refuse", Role.COMMISSIONER),
    (Status.AWAITING_SUPPORTER, "decline-case", Role.SUPPORTER), (Status.AWAITING_CONSENT, "decline-support", Role.SCHOOL)])  # fmt: skip
def test_a_match_turned_down_gives_its_money_back_and_goes_to_somebody_else(standing: Standing, status: Status, kind: str, role: Role) -> None:
    one = standing(status)
    first = one.rows(Match)[0]
    free = left(one)
    one.decide(kind, role, reason=WHY)
    assert left(one) == free + first.cost
    assert one.case.supporter_id is None
    one.engine()
    old, new = one.rows(Match)
    assert (old.status, old.ended_reason) == (MatchStatus.REFUSED, WHY)
    assert new.supporter_id != first.supporter_id and new.status is MatchStatus.PROPOSED


def test_withdrawing_cancels_the_visits_gives_the_money_back_and_tells_the_school(standing: Standing) -> None:
    one = standing(Status.BOOKED)
    one.at = one.at.add(days=1)
    one.decide("withdraw", Role.SCHOOL, reason="The school merges.")
    assert {visit.status for visit in one.visits()} == {VisitStatus.CANCELLED}
    assert all(visit.why == "The school merges." and visit.sequence > 0 for visit in one.visits())
    assert pence(one, MoneyKind.RELEASED) == pence(one, MoneyKind.COMMITTED) > 0
    assert {match.status for match in one.rows(Match)} == {MatchStatus.ENDED}
    assert "The school merges." in text_of(messages(one, "withdrawn")[0])
    assert {m.status for m in messages(one) if m.kind in ("dates", "support_offer", "match_offer")} == {MessageStatus.SKIPPED}


def test_withdrawing_after_a_visit_keeps_what_was_used(standing: Standing) -> None:
    one = standing(Status.IN_PROGRESS)
    one.decide("withdraw", Role.SCHOOL, reason="The school merges.")
    assert pence(one, MoneyKind.USED) > 0
    assert pence(one, MoneyKind.COMMITTED) - pence(one, MoneyKind.RELEASED) == pence(one, MoneyKind.USED)
    assert [visit.status for visit in one.visits()] == [VisitStatus.HELD, VisitStatus.CANCELLED]


def test_judging_gives_back_the_days_that_were_not_used(standing: Standing) -> None:
    one = standing(Status.AWAITING_JUDGEMENT)
    one.decide("judge", Role.ADVISER, reason="Much has changed.")
    assert pence(one, MoneyKind.COMMITTED) - pence(one, MoneyKind.RELEASED) == pence(one, MoneyKind.USED)
    evaluation = one.rows(Evaluation)[0]
    assert (evaluation.judgement, evaluation.judged_at) == ("Much has changed.", one.at)
    said = text_of(messages(one, "evaluation")[0])
    assert "Much has changed." in said and "Visits held: 2" in said


def test_a_successor_takes_the_case_over_and_the_old_school_stays_known(standing: Standing) -> None:
    one = standing(Status.BOOKED)
    successor_open(one)
    before, visits = one.case, one.visits()
    one.decide("succeed", Role.ADVISER, urn=SUCCESSOR_URN, reason="It became an academy.")
    now = one.case
    assert (now.urn, now.status, now.supporter_id) == (SUCCESSOR_URN, before.status, before.supporter_id)
    assert [(row.urn, row.part, row.until) for row in one.rows(CaseSchool)] == [(before.urn, "predecessor", one.at.date())]
    event = one.rows(Event)[-1]
    assert (event.detail["from_urn"], event.detail["to_urn"]) == (before.urn, SUCCESSOR_URN) and "other_authority" not in event.detail
    assert one.visits() == visits
    with one.database.reading() as session:
        assert session.get_one(School, SUCCESSOR_URN).name in text_of(messages(one, "successor")[0])
    one.until(Status.COMPLETE)


def test_a_school_that_is_unknown_the_same_or_taken_cannot_succeed(standing: Standing) -> None:
    one = standing(Status.BOOKED)
    assert "No school with URN 100123" in refused(one, "succeed", Role.ADVISER, NotFound, urn=100_123, reason=WHY)
    assert "already" in refused(one, "succeed", Role.ADVISER, BadInput, urn=one.case.urn, reason=WHY)
    other = Journey(one.database, one.commission_id, one.case_id - 1 or one.case_id + 1, one.at).case
    assert f"has case {other.id}" in refused(one, "succeed", Role.ADVISER, NotPossible, urn=other.urn, reason=WHY)
    assert "--urn" in refused(one, "succeed", Role.ADVISER, BadInput, reason=WHY)


def test_a_case_can_go_to_a_successor_and_back_and_there_again(standing: Standing) -> None:
    """A wrong click is mended by the same decision, and the right one made later."""
    one = standing(Status.BOOKED)
    successor_open(one)
    urn = one.case.urn
    for number in (SUCCESSOR_URN, urn, SUCCESSOR_URN):
        one.decide("succeed", Role.ADVISER, urn=number, reason=WHY)
    assert one.case.urn == SUCCESSOR_URN


def test_a_commission_with_open_cases_cannot_be_closed_and_one_without_can(standing: Standing) -> None:
    one = standing(Status.BOOKED)

    def close() -> None:
        with one.database.writing() as session:
            set_status(session, session.get_one(Commission, one.commission_id), CommissionStatus.CLOSED, ADVISER, "Done.", one.at)

    before = everything(one.database)
    with pytest.raises(NotPossible, match=r"still has open cases \(.*\d with "):
        close()
    assert everything(one.database) == before
    with one.database.reading() as session:
        numbers = range(1, 1 + len(session.exec(select(Commission)).all()) * 6)
    for number in numbers:
        other = Journey(one.database, one.commission_id, number, one.at)
        if other.case.closed_at is None:
            other.decide("withdraw", Role.ADVISER, reason="The programme ends.")
    close()
    with one.database.reading() as session:
        commission = session.get_one(Commission, one.commission_id)
    assert commission.status is CommissionStatus.CLOSED and commission.closed_at == one.at
    assert "is closed" in refused(one, "resume", Role.ADVISER, NotPossible)


def test_replacing_a_supporter_cancels_the_visits_and_finds_another(standing: Standing) -> None:
    one = standing(Status.BOOKED)
    first, free = one.case.supporter_id, left(one)
    cost = one.rows(Match)[0].cost
    one.decide("replace-supporter", Role.ADVISER, reason="A long illness.")
    assert left(one) == free + cost and one.case.supporter_id is None
    assert {visit.status for visit in one.visits()} == {VisitStatus.CANCELLED}
    one.until(Status.BOOKED)
    assert one.case.supporter_id != first
    assert {visit.supporter_id for visit in one.visits()} == {one.case.supporter_id}
    assert {visit.status for visit in one.visits()} == {VisitStatus.CONFIRMED}


def test_replacing_a_supporter_after_a_visit_keeps_what_that_visit_cost(standing: Standing) -> None:
    one = standing(Status.BOOKED)
    note_written(one)
    one.decide("replace-supporter", Role.ADVISER, reason="A long illness.")
    assert pence(one, MoneyKind.USED) > 0
    assert pence(one, MoneyKind.COMMITTED) - pence(one, MoneyKind.RELEASED) == pence(one, MoneyKind.USED)


def test_a_supporter_cannot_be_replaced_before_there_is_one_or_when_support_is_over(standing: Standing) -> None:
    for status in (Status.AWAITING_CONFIRMATION, Status.AWAITING_JUDGEMENT):
        refused(standing(status), "replace-supporter", Role.ADVISER, NotPossible, reason=WHY)


def test_other_dates_are_offered_on_other_days(standing: Standing) -> None:
    one = standing(Status.AWAITING_DATES)
    offered = {visit.day for visit in one.visits()}
    one.decide("ask-other-dates", Role.SCHOOL, reason="There is a trip.")
    one.engine()
    assert one.case.status is Status.AWAITING_DATES
    assert not offered & {visit.day for visit in one.visits()}
    assert {visit.status for visit in one.visits()} == {VisitStatus.PROPOSED} and all(visit.sequence == 2 for visit in one.visits())


def test_only_the_days_that_do_not_suit_are_kept_free(standing: Standing) -> None:
    one = standing(Status.AWAITING_DATES)
    first, second = one.visits()
    one.decide("ask-other-dates", Role.SCHOOL, reason="There is a trip.", not_on=[second.day])
    one.engine()
    assert one.visits()[0].day >= first.day and one.visits()[1].day != second.day


@pytest.mark.parametrize("who", ["illness", "request"])
def test_a_visit_that_moves_is_told_with_its_old_and_its_new_day(standing: Standing, who: str) -> None:
    one = standing(Status.BOOKED)
    old = one.visits()[0]
    if who == "illness":
        assert away(one, old.supporter_id, old.day, old.day + datetime.timedelta(days=20)) == 1
    else:
        one.decide("move-visit", Role.SUPPORTER, visit=old.session, reason="There is a trip.")
    assert one.visits()[0].status is VisitStatus.TO_MOVE
    one.engine()
    new, other = one.visits()
    assert new.status is VisitStatus.CONFIRMED and new.day != old.day and other.sequence == 0
    if who == "illness":
        assert not old.day <= new.day <= old.day + datetime.timedelta(days=20)
    found = messages(one, "visit_moved")
    assert len(found) == 1
    said = text_of(found[0])
    half = old.part.value.replace("whole_day", "the whole day")
    assert f"The visit on {old.day:%A %-d %B %Y}, {half} ({old.purpose}) has to move" in said
    assert f"The new date is {new.day:%A %-d %B %Y}, {new.part.value.replace('whole_day', 'the whole day')}" in said
    event = next(event for event in one.rows(Event) if event.kind == "visit.moved")
    assert (event.before, event.after) == (old.day.isoformat(), new.day.isoformat())
    assert "illness" not in said


def test_a_visit_that_moves_twice_is_told_twice(standing: Standing) -> None:
    one = standing(Status.BOOKED)
    days = [one.visits()[0].day]
    for reason in ("A trip.", "Another trip."):
        one.decide("move-visit", Role.SUPPORTER, visit="exploratory", reason=reason)
        one.engine()
        days.append(one.visits()[0].day)
    assert len(set(days)) == 3
    assert [(m.context["was"], m.context["day"]) for m in messages(one, "visit_moved")] == [
        (days[0].isoformat(), days[1].isoformat()), (days[1].isoformat(), days[2].isoformat()),
    ]  # fmt: skip


def test_leave_that_ends_before_it_begins_or_is_not_ones_own_to_record_is_refused(standing: Standing) -> None:
    one = standing(Status.BOOKED)
    before, visit = everything(one.database), one.visits()[0]
    with pytest.raises(BadInput, match="end before it begins"):
        away(one, visit.supporter_id, visit.day, visit.day - datetime.timedelta(days=1))
    with pytest.raises(NotAllowed):
        away(one, visit.supporter_id, visit.day, visit.day, Actor(Role.SCHOOL, "headteacher"))
    assert everything(one.database) == before


def test_leave_while_dates_are_only_offered_agrees_nothing_in_the_schools_place(standing: Standing) -> None:
    one = standing(Status.AWAITING_DATES)
    old = one.visits()[0]
    away(one, old.supporter_id, old.day, old.day + datetime.timedelta(days=20))
    one.engine()
    assert {visit.status for visit in one.visits()} == {VisitStatus.PROPOSED}
    one.decide("confirm-dates", Role.SCHOOL)
    assert {visit.status for visit in one.visits()} == {VisitStatus.CONFIRMED}
    assert sorted(line["day"] for line in messages(one, "dates_confirmed")[0].context["visits"]) == sorted(v.day.isoformat() for v in one.visits())


def test_a_moved_visit_fits_the_diary_of_the_supporter_who_will_come(standing: Standing) -> None:
    """After a replacement the first visit was held by somebody else, whose diary does not matter any more."""
    one = standing(Status.BOOKED)
    note_written(one)
    one.decide("replace-supporter", Role.ADVISER, reason="A long illness.")
    one.until(Status.BOOKED)
    one.decide("note-accurate", Role.SCHOOL)
    one.engine()
    second = one.visits()[1]
    assert second.supporter_id != one.visits()[0].supporter_id
    one.decide("move-visit", Role.SUPPORTER, visit=second.session, reason="A trip.")
    first, last = one.at.date(), second.day + datetime.timedelta(days=60)
    away(one, second.supporter_id, first, last)
    one.engine()
    moved = one.visits()[1]
    assert moved.status is VisitStatus.TO_MOVE or moved.day > last
    with one.database.reading() as session:
        absent = session.exec(select(Leave.reason).where(Leave.supporter_id == second.supporter_id).order_by(col(Leave.id))).all()
    # The day that the supporter could not keep is kept free of visits, as the illness is.
    assert absent == ["A trip.", "illness"]


def test_a_note_needs_its_words_and_a_visit_that_has_been(standing: Standing) -> None:
    one = standing(Status.BOOKED)
    assert "still to come" in refused(one, "write-note", Role.SUPPORTER, NotPossible, visit="exploratory", **NOTE)
    on_the_day(one)
    assert "--strengths" in refused(one, "write-note", Role.SUPPORTER, BadInput, visit="exploratory", areas="x")
    assert "its visits are: exploratory, follow-up" in refused(one, "write-note", Role.SUPPORTER, NotFound, visit="party", **NOTE)


def test_a_note_goes_to_the_school_with_the_day_by_which_to_answer_and_its_time_is_used(standing: Standing) -> None:
    one = standing(Status.BOOKED)
    note_written(one)
    written, said = one.rows(NoteOfVisit)[0], text_of(messages(one, "note_for_reply")[0])
    assert written.status is NoteStatus.WITH_SCHOOL and written.reply_due > one.at.date()
    assert NOTE["areas"] in said and f"{written.reply_due:%A %-d %B %Y}" in said
    with one.database.reading() as session:
        supporter = session.get_one(Supporter, one.case.supporter_id)
    assert pence(one, MoneyKind.USED) == -(-supporter.cost_a_day // 2)


def test_a_note_that_nobody_answers_is_published_when_its_time_is_over(standing: Standing) -> None:
    one = standing(Status.BOOKED)
    note_written(one)
    due = one.rows(NoteOfVisit)[0].reply_due
    one.wait(due)
    one.engine()
    assert one.rows(NoteOfVisit)[0].status is NoteStatus.WITH_SCHOOL
    one.at = one.at.add(days=1)
    one.engine()
    assert one.rows(NoteOfVisit)[0].status is NoteStatus.PUBLISHED and one.case.status is Status.AWAITING_ADVISER


def test_a_disputed_note_is_published_only_when_settled_and_its_old_words_stay_readable(standing: Standing) -> None:
    one = standing(Status.BOOKED)
    disputed(one)
    one.at = one.at.add(days=30)
    one.engine()
    assert one.rows(NoteOfVisit)[0].status is NoteStatus.DISPUTED and one.case.status is Status.BOOKED
    one.decide("settle-note", Role.ADVISER, areas="Costs add up in spring.", reason="After a call.")
    found = one.rows(NoteOfVisit)[0]
    assert (found.status, texts_of(found)) == (NoteStatus.PUBLISHED, {"strengths": NOTE["strengths"], "areas": "Costs add up in spring."})
    assert found.reply == "The number of staff is wrong." and found.published_at == one.at
    event = next(event for event in one.rows(Event) if event.kind == "note.settled")
    assert event.detail["was"] == {"strengths": NOTE["strengths"], "areas": NOTE["areas"]} and event.detail["reason"] == "After a call."
    one.engine()
    assert one.case.status is Status.AWAITING_ADVISER


def test_a_plan_goes_to_the_adviser_first_and_then_to_the_school(standing: Standing) -> None:
    one = standing(Status.AWAITING_ADVISER)
    assert "adviser looks at the plan first" in refused(one, "agree-plan", Role.SCHOOL, NotAllowed)
    assert messages(one, "plan_for_agreement") == []
    assert one.decide("agree-plan", Role.ADVISER).status is Status.AWAITING_SCHOOL
    assert len(messages(one, "plan_for_agreement")) == 1
    one.decide("agree-plan", Role.SCHOOL)
    plan, review = one.rows(ActionPlan)[0], one.rows(Review)[0]
    assert (plan.status, plan.agreed_at) == (PlanStatus.AGREED, one.at)
    assert f"{review.due:%A %-d %B %Y}" in text_of(messages(one, "plan_agreed")[0])


def test_asking_for_changes_keeps_the_edition_and_drafts_another(standing: Standing) -> None:
    one = standing(Status.AWAITING_SCHOOL)
    one.decide("ask-changes", Role.SCHOOL, reason="More time, please.")
    one.engine()
    first, second = one.rows(ActionPlan)
    assert (first.status, first.asked_changes) == (PlanStatus.REPLACED, "More time, please.")
    assert (second.edition, second.status, one.case.status) == (2, PlanStatus.DRAFT, Status.AWAITING_ADVISER)


def test_a_review_has_a_rating_and_dates_the_next_one(standing: Standing) -> None:
    one = standing(Status.IN_PROGRESS)
    assert "--rag" in refused(one, "hold-review", Role.ADVISER, BadInput, reason="On track.")
    one.decide("hold-review", Role.ADVISER, rag=Rag.RED, reason="Stuck.")
    held, due = one.rows(Review)
    assert (held.rag, held.summary, held.held_on) == (Rag.RED, "Stuck.", one.at.date())
    assert (due.ordinal, due.held_on) == (2, None) and due.due > one.at.date()
    refused(standing(Status.BOOKED), "hold-review", Role.ADVISER, NotPossible, rag=Rag.RED, reason="Stuck.")


def test_a_case_for_which_no_day_can_be_found_is_told_to_the_adviser_with_their_own_time(standing: Standing) -> None:
    one = standing(Status.TO_SCHEDULE)
    away(one, one.case.supporter_id or 0, one.at.date(), one.at.date() + datetime.timedelta(days=800))
    one.engine()
    now = one.case
    with one.database.reading() as session:
        brief = load_brief(session, one.commission_id, [])
    assert now.status is Status.UNPLACED and "away" in str(now.why)
    assert now.due == brief.calendar.add(one.at.date(), brief.school_days(Status.UNPLACED))


def test_a_case_that_nobody_can_support_is_told_to_the_adviser_and_matched_as_soon_as_somebody_can(standing: Standing) -> None:
    one = standing(Status.TO_MATCH)
    with one.database.writing() as session:
        for supporter in session.exec(select(Supporter)).all():
            supporter.active = False
    one.engine()
    assert one.case.status is Status.UNMET and one.case.why
    before = everything(one.database, "stage_runs")
    one.engine()
    assert everything(one.database, "stage_runs") == before
    with one.database.writing() as session:
        for supporter in session.exec(select(Supporter).order_by(col(Supporter.id))).all():
            supporter.active = True
    one.engine()
    assert one.case.status is Status.AWAITING_APPROVAL


def test_no_visit_is_left_to_come_when_a_case_ends(standing: Standing) -> None:
    for kind, role in (("withdraw", Role.SCHOOL), ("close-school", Role.ADVISER)):
        one = standing(Status.BOOKED)
        one.decide("move-visit", Role.SCHOOL, visit="exploratory", reason=WHY)
        one.decide(kind, role, reason=WHY)
        assert one.visits(*TO_COME) == []
        before = everything(one.database, "stage_runs")
        Journey(one.database, one.commission_id, one.case_id, one.at.add(days=1)).engine()
        assert [row for row in everything(one.database)["visits"] if row[1] == one.case_id] == [r for r in before["visits"] if r[1] == one.case_id]


def test_a_supporter_is_never_in_two_places_at_once(standing: Standing) -> None:
    one = standing(Status.AWAITING_JUDGEMENT)
    with one.database.reading() as session:
        visits = session.exec(select(Visit).where(col(Visit.status) != VisitStatus.CANCELLED)).all()
    slots = [(visit.supporter_id, visit.day, visit.part) for visit in visits]
    assert len(slots) == len(set(slots))


def test_a_pause_just_after_midnight_in_summer_counts_from_that_day(standing: Standing) -> None:
    one = standing(Status.AWAITING_DATES)
    one.at = pendulum.datetime(2027, 7, 1, 0, 30, tz=LONDON)
    assert one.decide("pause", Role.ADVISER, reason=WHY).paused_since == datetime.date(2027, 7, 1)


def changed(one: Journey, urn: int, **values: object) -> None:
    """Change what the register says of a school."""
    with one.database.writing() as session:
        for name, value in values.items():
            setattr(session.get_one(School, urn), name, value)


def test_a_school_that_is_not_open_or_not_state_funded_cannot_succeed(standing: Standing) -> None:
    one = standing(Status.BOOKED)
    assert "is not open" in refused(one, "succeed", Role.ADVISER, NotPossible, urn=SUCCESSOR_URN, reason=WHY)
    changed(one, SUCCESSOR_URN, open=True, state_funded=False)
    assert "not state-funded" in refused(one, "succeed", Role.ADVISER, NotPossible, urn=SUCCESSOR_URN, reason=WHY)


def test_a_successor_in_another_authority_is_named_in_the_trail(standing: Standing) -> None:
    one = standing(Status.BOOKED)
    changed(one, SUCCESSOR_URN, open=True, authority="998", authority_name="Elsewhere")
    one.decide("succeed", Role.ADVISER, urn=SUCCESSOR_URN, reason=WHY)
    assert one.rows(Event)[-1].detail["other_authority"] == "Elsewhere (998)"


def test_a_case_whose_first_visit_is_cancelled_goes_on_with_the_next(standing: Standing) -> None:
    one = standing(Status.AWAITING_DATES)
    one.decide("cancel-visit", Role.ADVISER, visit="exploratory", reason=WHY)
    assert one.decide("confirm-dates", Role.SCHOOL).status is Status.BOOKED
    assert [line["purpose"] for line in messages(one, "dates_confirmed")[0].context["visits"]] == [one.visits()[1].purpose]
    one.until(Status.AWAITING_JUDGEMENT)
    assert [visit.status for visit in one.visits()] == [VisitStatus.CANCELLED, VisitStatus.HELD]


@pytest.mark.parametrize("status", [Status.AWAITING_DATES, Status.BOOKED])
def test_a_case_with_no_visit_left_comes_to_the_adviser_and_stays_there(standing: Standing, status: Status) -> None:
    one = standing(status)
    for visit in one.visits():
        one.decide("cancel-visit", Role.ADVISER, visit=visit.session, reason=WHY)
    assert one.case.status is Status.TO_SCHEDULE
    refused(one, "confirm-dates", Role.SCHOOL, NotPossible)
    one.engine()
    now = one.case
    assert (now.status, now.turn.value) == (Status.UNPLACED, "adviser") and now.due is not None
    assert "visits were cancelled" in str(now.why)
    before = everything(one.database, "stage_runs")
    one.engine()
    assert everything(one.database, "stage_runs") == before
    assert one.decide("withdraw", Role.ADVISER, reason=WHY).status is Status.WITHDRAWN


def test_a_case_with_visits_held_and_none_left_goes_on_to_its_plan(standing: Standing) -> None:
    """After a replacement dates are offered anew; with all that are left cancelled, what was held is enough."""
    one = standing(Status.BOOKED)
    note_written(one)
    one.decide("replace-supporter", Role.ADVISER, reason="A long illness.")
    one.until(Status.AWAITING_DATES)
    one.decide("note-accurate", Role.SCHOOL)
    one.decide("cancel-visit", Role.ADVISER, visit="follow-up", reason=WHY)
    one.engine()
    assert one.case.status is Status.AWAITING_ADVISER


def test_the_last_visit_cancelled_while_the_first_note_waits_stops_nothing(standing: Standing) -> None:
    one = standing(Status.BOOKED)
    note_written(one)
    one.decide("cancel-visit", Role.ADVISER, visit="follow-up", reason=WHY)
    assert one.case.status is Status.BOOKED
    one.decide("note-accurate", Role.SCHOOL)
    one.engine()
    assert one.case.status is Status.AWAITING_ADVISER


def test_dates_that_all_have_to_move_cannot_be_agreed(standing: Standing) -> None:
    one = standing(Status.AWAITING_DATES)
    for visit in one.visits():
        away(one, visit.supporter_id, visit.day, visit.day)
    assert "another is offered at the engine's next turn" in refused(one, "confirm-dates", Role.SCHOOL, NotPossible)


def test_while_one_date_on_offer_has_to_move_the_others_are_not_agreed_alone(standing: Standing) -> None:
    one = standing(Status.AWAITING_DATES)
    first, second = one.visits()
    away(one, second.supporter_id, second.day, second.day)
    says = refused(one, "confirm-dates", Role.SCHOOL, NotPossible)
    assert says == (
        f"The visit of {second.day:%-d %B %Y} ({second.session}) cannot be on that day (the supporter is away that day): another is offered at "
        "the engine's next turn, so agree the dates then."
    )
    one.engine()
    one.decide("confirm-dates", Role.SCHOOL)
    assert {visit.status for visit in one.visits()} == {VisitStatus.CONFIRMED} and one.visits()[1].day != second.day
    assert one.visits()[0].day == first.day


def test_a_date_on_offer_that_can_be_on_no_day_is_cancelled_before_the_others_are_agreed(standing: Standing) -> None:
    one = standing(Status.AWAITING_DATES)
    second = one.visits()[1]
    away(one, second.supporter_id, second.day, second.day + datetime.timedelta(days=900))
    one.engine()
    assert "no other is found: cancel it with cancel-visit" in refused(one, "confirm-dates", Role.SCHOOL, NotPossible)
    one.decide("cancel-visit", Role.ADVISER, visit=second.session, reason=WHY)
    assert one.decide("confirm-dates", Role.SCHOOL).status is Status.BOOKED


@pytest.mark.parametrize("kind", ["ask-other-dates", "replace-supporter"])
def test_a_visit_that_was_cancelled_for_good_never_comes_back(standing: Standing, kind: str) -> None:
    one = standing(Status.AWAITING_DATES)
    one.decide("cancel-visit", Role.ADVISER, visit="exploratory", reason=WHY)
    one.decide(kind, Role.ADVISER, reason="Another one.")
    one.until(Status.AWAITING_DATES)
    assert [visit.status for visit in one.visits()] == [VisitStatus.CANCELLED, VisitStatus.PROPOSED]
    assert [line["purpose"] for line in messages(one, "dates")[-1].context["visits"]] == [one.visits()[1].purpose]


def test_a_cancelled_visit_sets_no_gap_for_one_that_moves(standing: Standing) -> None:
    one = standing(Status.BOOKED)
    first, second = one.visits()
    one.decide("cancel-visit", Role.ADVISER, visit="exploratory", reason=WHY)
    with one.database.writing() as session:
        session.get_one(Visit, first.id).day = second.day
    one.decide("move-visit", Role.SUPPORTER, visit="follow-up", reason=WHY)
    one.engine()
    moved = one.visits()[1]
    assert moved.status is VisitStatus.CONFIRMED and moved.day < second.day + datetime.timedelta(days=100)
    assert one.visits()[0].status is VisitStatus.CANCELLED


def test_a_pause_cannot_end_before_it_began(standing: Standing) -> None:
    one = standing(Status.AWAITING_DATES)
    one.at = one.at.add(days=5)
    one.decide("pause", Role.ADVISER, reason=WHY)
    one.at = one.at.subtract(days=2)
    assert "last moved on" in refused(one, "resume", Role.ADVISER, NotPossible)
    one.at = one.at.add(days=2)
    assert one.decide("resume", Role.ADVISER).paused_since is None


def test_a_note_cannot_be_answered_before_it_was_written(standing: Standing) -> None:
    one = standing(Status.BOOKED)
    note_written(one)
    one.at = one.at.subtract(days=1)
    assert "last moved on" in refused(one, "note-accurate", Role.SCHOOL, NotPossible)


@pytest.mark.parametrize("name", LINES)
def test_visits_notes_and_reviews_of_a_paused_case_wait_like_everything_else(name: str, standing: Standing) -> None:
    one, more = ready_for(name, standing)
    one.decide("pause", Role.ADVISER, reason=WHY)
    assert refused(one, name, CASES[name].role, NotPossible, **more) == f"Case {one.case_id} is paused: resume it first."
    one.decide("resume", Role.ADVISER)
    one.decide(name, CASES[name].role, **more)


def test_a_note_on_a_visit_whose_date_is_not_agreed_asks_for_the_date_first(standing: Standing) -> None:
    one = standing(Status.AWAITING_DATES)
    visit = one.visits()[0]
    one.wait(visit.day)
    assert "`confirm-dates`" in refused(one, "write-note", Role.SUPPORTER, NotPossible, visit=visit.session, **NOTE)
    one.decide("confirm-dates", Role.SCHOOL)
    one.decide("write-note", Role.SUPPORTER, visit=visit.session, **NOTE)
    assert one.visits()[0].status is VisitStatus.HELD


def test_a_visit_cannot_have_been_held_before_the_commission_or_after_today(standing: Standing) -> None:
    one = standing(Status.BOOKED)
    on_the_day(one)
    with one.database.reading() as session:
        starts = session.get_one(Commission, one.commission_id).starts
    day = datetime.timedelta(days=1)
    for held_on, said in (
        (starts - day, "before the commission opened"),
        (datetime.date(1999, 1, 1), "--held-on"),
        (one.at.date() + day, "still to come"),
    ):
        assert said in refused(one, "write-note", Role.SUPPORTER, NotPossible, visit="exploratory", held_on=held_on, **NOTE)
    one.decide("write-note", Role.SUPPORTER, visit="exploratory", held_on=starts, **NOTE)
    assert one.visits()[0].held_on == starts


@pytest.mark.parametrize("name", [name for name in CASES if name not in {"decline", "judge", "withdraw", "close-school"}])
def test_a_decision_beyond_the_calendar_is_refused_in_the_same_words(name: str, standing: Standing) -> None:
    one, more = ready_for(name, standing)
    one.at = pendulum.datetime(9999, 12, 31, 9, tz=LONDON)
    said = refused(one, name, CASES[name].role, BadInput, **more)
    assert said == "No term dates are known that far from 31 December 9999: load the next year's term dates."


def test_what_is_used_beyond_what_was_committed_is_not_left_to_commit(standing: Standing) -> None:
    """A supporter whose day became dearer uses more than the match had committed."""
    one = standing(Status.BOOKED)
    with one.database.writing() as session:
        session.get_one(Supporter, one.case.supporter_id).cost_a_day *= 10
    free = left(one)
    note_written(one)
    over = pence(one, MoneyKind.USED) - pence(one, MoneyKind.COMMITTED)
    assert over > 0 and left(one) == free - over
    with one.database.reading() as session:
        assert money(session, one.commission_id)["left_pence"] == left(one)


def test_nothing_overspent_budget_is_what_is_committed_and_what_is_left(standing: Standing) -> None:
    for status in (Status.TO_MATCH, Status.BOOKED, Status.AWAITING_JUDGEMENT):
        one = standing(status)
        with one.database.reading() as session:
            now = money(session, one.commission_id)
        assert now["budget_pence"] == now["committed_pence"] + now["left_pence"] and now["used_pence"] <= now["committed_pence"]


def test_a_match_commits_at_least_the_time_of_its_sessions(standing: Standing) -> None:
    """As in a commission whose programme was opened before categories had to cover their sessions."""
    one = standing(Status.TO_MATCH)
    with one.database.writing() as session:
        session.get_one(Case, one.case_id).entitlement = 1
    one.engine()
    assert one.rows(Match)[0].half_days == 2


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ({"reason": "For Ada Brown, Tom Green-Jones and Mia Baker."}, "The reason"),
        ({"reason": WHY, "actions": ["Ring A123456789012's mother"]}, "Action 1"),
    ],
)
def test_words_that_tell_of_single_pupils_are_refused_with_where_they_stand(said: dict[str, Any], what: str, standing: Standing) -> None:
    assert refused(standing(Status.BOOKED), "pause", Role.ADVISER, BadInput, **said).startswith(what)


def test_nobody_decides_as_the_engine(standing: Standing) -> None:
    assert "as the engine" in refused(standing(Status.BOOKED), "replace-supporter", Role.ENGINE, NotAllowed, reason=WHY)
