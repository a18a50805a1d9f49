"""Saving: a change with its trail, decision, rows and messages in one transaction, or none of it."""

import threading
from pathlib import Path

import pytest
from sqlmodel import col, select

from models.case import Case
from models.database import Database
from models.errors import BadInput, NotAllowed, NotPossible
from models.evidence import Finding
from models.message import Message
from models.trail import Decision, Event
from models.words import Role, Stage, Status, Turn
from notifications.draft import Draft, Recipient
from stages.record import ENGINE, Actor, Change, Note, note, save
from tests.stages.builders import Journey, everything, journey

HEAD = Actor(Role.SCHOOL, "headteacher")


@pytest.fixture
def asked(database: Database, tmp_path: Path) -> Journey:
    """A case that was asked for its view, on either kind of database."""
    return journey(database, tmp_path).until(Status.AWAITING_SELF_EVALUATION)


def draft(key: str) -> Draft:
    return Draft("welcome", key, Recipient("headteacher", "The head", "head@school.example"), {"school": "x"})


def finding(one: Journey, says: str = "The school has said so.") -> tuple[type[Finding], dict[str, object]]:
    return Finding, {"case_id": one.case_id, "indicator": "self_evaluation", "says": says, "at": one.at}


def saved(one: Journey, *changes: Change) -> None:
    with one.database.writing() as session:
        save(session, changes, one.at)


def others(one: Journey) -> list[Case]:
    """Return the other cases that stand where this one does."""
    with one.database.reading() as session:
        query = select(Case).where(Case.status == one.case.status, Case.id != one.case_id).order_by(col(Case.id))
        return list(session.exec(query).all())


def test_a_change_is_saved_with_its_trail_its_decision_its_rows_and_its_messages(asked: Journey) -> None:
    before = asked.case
    change = Change(
        before,
        "answer",
        HEAD,
        to=Status.TO_ASSESS,
        fields={"focus_area": "food"},
        detail={"focus_area": "food"},
        rows=[finding(asked)],
        messages=[draft("k")],
    )
    saved(asked, change)
    now = asked.case
    assert (now.status, now.stage, now.turn, now.focus_area) == (Status.TO_ASSESS, Stage.DIAGNOSE, Turn.ENGINE, "food")
    assert now.version == before.version + 1 and now.since == asked.at and now.due is None
    event, decision = asked.rows(Event)[-1], asked.rows(Decision)[-1]
    assert (event.kind, event.role, event.by) == ("case.answer", Role.SCHOOL, "headteacher")
    assert (event.before, event.after, event.detail) == ("awaiting_self_evaluation", "to_assess", {"focus_area": "food"})
    assert (decision.kind, decision.role, decision.by, decision.commission_id) == ("answer", Role.SCHOOL, "headteacher", asked.commission_id)
    assert [row.says for row in asked.rows(Finding)] == ["The school has said so."]
    with asked.database.reading() as session:
        assert session.exec(select(Message).where(Message.key == "k")).one().to_address == "head@school.example"


def test_the_engine_leaves_a_trail_and_no_decision(asked: Journey) -> None:
    assert asked.rows(Decision) == []
    saved(asked, Change(asked.case, "go-without", ENGINE, reason="no answer by the deadline"))
    assert asked.rows(Decision) == []
    event = asked.rows(Event)[-1]
    assert (event.role, event.by, event.detail) == (Role.ENGINE, "engine", {"reason": "no answer by the deadline"})
    assert asked.case.why == "no answer by the deadline"


def test_what_was_read_before_somebody_else_changed_it_saves_nothing_at_all(asked: Journey) -> None:
    stale, first = asked.case, others(asked)[0]
    saved(asked, Change(asked.case, "pause", Actor(Role.ADVISER, "link adviser"), reason="The head is away."))
    before = everything(asked.database)
    changes = [
        Change(first, "answer", HEAD, messages=[draft("one")], rows=[finding(asked)]),
        Change(stale, "answer", HEAD, messages=[draft("two")], rows=[finding(asked)]),
    ]
    with pytest.raises(NotPossible, match="Somebody else changed case"):
        saved(asked, *changes)
    assert everything(asked.database) == before


def test_of_two_who_answer_at_the_same_moment_one_is_told_to_look_again(asked: Journey) -> None:
    case, together, refused = asked.case, threading.Barrier(2), []

    def work(key: str) -> None:
        together.wait()
        try:
            saved(asked, Change(case, "answer", HEAD, messages=[draft(key)]))
        except NotPossible as error:
            refused.append(str(error))

    threads = [threading.Thread(target=work, args=(key,)) for key in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1 and len(asked.rows(Decision)) == 1 and asked.case.version == case.version + 1
    with asked.database.reading() as session:
        assert len(session.exec(select(Message).where(col(Message.key).in_(["one", "two"]))).all()) == 1


def test_a_change_that_breaks_a_rule_of_the_database_saves_nothing(asked: Journey) -> None:
    before = everything(asked.database)
    broken = (Finding, {"case_id": 987_654, "indicator": "x", "says": "x", "at": asked.at})
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        saved(asked, Change(asked.case, "answer", HEAD, rows=[broken], messages=[draft("k")]))
    assert everything(asked.database) == before


@pytest.mark.parametrize(
    ("move", "actor", "to", "error"),
    [
        ("confirm", Actor(Role.ADVISER, "link adviser"), None, NotPossible),
        ("answer", Actor(Role.COMMISSIONER, "commissioner"), None, NotAllowed),
        ("withdraw", HEAD, None, NotPossible),
        ("pause", Actor(Role.ADVISER, "link adviser"), Status.COMPLETE, NotPossible),
    ],
)
def test_what_the_journey_does_not_allow_is_not_saved(asked: Journey, move: str, actor: Actor, to: Status | None, error: type[Exception]) -> None:
    before = everything(asked.database)
    reason = "given" if move == "pause" else None
    with pytest.raises(error):
        saved(asked, Change(asked.case, move, actor, to=to, reason=reason))
    assert everything(asked.database) == before


def test_an_end_closes_the_case_and_takes_its_due_day_and_its_pause_away(asked: Journey) -> None:
    asked.decide("pause", Role.ADVISER, reason="The head is away.")
    saved(asked, Change(asked.case, "withdraw", HEAD, reason="We merge."))
    now = asked.case
    assert (now.status, now.turn, now.due, now.paused_since, now.closed_at) == (Status.WITHDRAWN, Turn.NOBODY, None, None, asked.at)
    assert now.stage is Stage.DIAGNOSE


def test_a_move_that_stays_keeps_since_and_due(asked: Journey) -> None:
    before = asked.case
    asked.at = asked.at.add(days=1)
    saved(asked, Change(before, "pause", Actor(Role.ADVISER, "link adviser"), reason="The head is away."))
    assert (asked.case.since, asked.case.due, asked.case.version) == (before.since, before.due, before.version + 1)


def test_no_changes_are_no_trouble(asked: Journey) -> None:
    before = everything(asked.database)
    saved(asked)
    assert everything(asked.database) == before


def test_a_note_of_a_person_is_a_decision_and_one_of_the_engine_is_not(asked: Journey) -> None:
    ran: list[bool] = []
    notes = [
        Note("visit.held", HEAD, asked.commission_id, asked.case_id, before="a", after="b", reason="why", detail={"n": 1}, rows=[finding(asked)],
             messages=[draft("k")], changes=lambda session: ran.append(session.is_active)),
        Note("note.published", ENGINE, asked.commission_id, asked.case_id),
    ]  # fmt: skip
    with asked.database.writing() as session:
        note(session, notes, asked.at)
    held, published = asked.rows(Event)[-2:]
    assert (held.kind, held.before, held.after, held.detail) == ("visit.held", "a", "b", {"n": 1, "reason": "why"})
    assert published.kind == "note.published"
    assert [(decision.kind, decision.reason) for decision in asked.rows(Decision)] == [("visit.held", "why")]
    assert ran == [True] and len(asked.rows(Finding)) == 1


def test_a_note_whose_change_fails_leaves_nothing(asked: Journey) -> None:
    before = everything(asked.database)

    def fail(_session: object) -> None:
        raise NotPossible("It cannot be.")

    with pytest.raises(NotPossible), asked.database.writing() as session:
        note(session, [Note("visit.held", HEAD, asked.commission_id, asked.case_id, messages=[draft("k")], changes=fail)], asked.at)
    assert everything(asked.database) == before


def test_a_character_that_not_every_database_keeps_is_refused_in_a_sentence(asked: Journey) -> None:
    before, lead = everything(asked.database), Actor(Role.LEAD, "partnership lead")
    refused = [
        lambda session: note(session, [Note("supporter.left", lead, reason="A new\x00 post")], asked.at),
        lambda session: note(session, [Note("supporter.checked", lead, detail={"seen": [{"what": "a\x00"}]})], asked.at),
    ]
    for act in refused:
        with pytest.raises(BadInput, match="cannot be kept: take it out"), asked.database.writing() as session:
            act(session)
    for more in ({"reason": "Ill\x00ness"}, {"reason": "Illness", "sections": {"strengths": "\x00"}}):
        with pytest.raises(BadInput, match="cannot be kept: take it out"):
            asked.decide("pause", Role.ADVISER, **more)
    assert everything(asked.database) == before


NAMES, NUMBER = "It concerns Amy Walker, Ben Shah and Chloe Martin.", "A123456789012 was seen."


@pytest.mark.parametrize("text", [NAMES, NUMBER, "The pupil born on 3 May 2015 has moved."])
def test_no_words_of_a_person_that_tell_of_pupils_are_kept_wherever_they_stand(asked: Journey, text: str) -> None:
    before, lead = everything(asked.database), Actor(Role.LEAD, "partnership lead")
    refused = [
        lambda session: save(session, [Change(asked.case, "pause", lead, reason=text)], asked.at),
        lambda session: save(session, [Change(asked.case, "pause", Actor(Role.LEAD, text), reason="Illness.")], asked.at),
        lambda session: note(session, [Note("supporter.left", lead, reason=text)], asked.at),
        lambda session: note(session, [Note("guide.issued", lead, after=text)], asked.at),
        lambda session: note(session, [Note("supporter.checked", lead, detail={"supporter": "A", "seen": text})], asked.at),
        lambda session: note(session, [Note("plan.changed", lead, detail={"was": {"actions": [{"action": text}]}})], asked.at),
    ]
    for act in refused:
        with pytest.raises(BadInput, match="single pupils"), asked.database.writing() as session:
            act(session)
    assert everything(asked.database) == before


def test_what_the_engine_writes_and_papers_that_were_seen_are_kept(asked: Journey) -> None:
    with asked.database.writing() as session:
        note(session, [Note("match.moved", ENGINE, asked.commission_id, reason="Adviser One, Adviser Two and Adviser Three could do it")], asked.at)
        note(session, [Note("supporter.checked", HEAD, detail={"seen": "Employers Liability, Public Liability, Professional Indemnity"})], asked.at)
