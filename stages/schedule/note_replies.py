"""The replies to a note: the school's, the end of a dispute, and the lead's, who passes a note or gives it back."""

import datetime
from collections.abc import Sequence

import pendulum
from sqlmodel import Session, col, select

from models.case import Case
from models.errors import NotPossible
from models.note import Given, NoteContent
from models.visit import NoteOfVisit, Visit
from models.words import NoteStatus, Role
from notifications.messages import to_staff
from stages.brief import Brief
from stages.record import Actor, Note, note
from stages.schedule.decide import check_may, check_open
from stages.schedule.note_publishing import Scene, about, change_note, go_on, publish, versions_of
from stages.schedule.note_rules import Setting, check_whole, compose, usual_due

_LEADS = (Role.SUPPORTER, Role.ADVISER, Role.LEAD)


def setting_of(brief: Brief, case: Case, day: datetime.date) -> Setting:
    """Return what a note on a visit of `day` is written in."""
    ends = brief.ends(case)
    following = day + datetime.timedelta(days=1)
    due = usual_due(day, brief.programme.plan.reviewed_every_school_weeks, brief.calendar.days(following, ends) if following <= ends else [], ends)
    return Setting(brief.programme, day, None if brief.commission.rolls_on else brief.commission.ends, due)


def find_note(session: Session, brief: Brief, case: Case, at: pendulum.DateTime, key: str | None, statuses: Sequence[NoteStatus], none: str) -> Scene:
    """Return a case's note that stands in one of some statuses, of that session or the first; NotPossible says that there is none."""
    query = select(NoteOfVisit, Visit).join(Visit, col(Visit.id) == NoteOfVisit.visit_id)
    mine = query.where(Visit.case_id == case.id, col(NoteOfVisit.status).in_(statuses)).order_by(col(NoteOfVisit.id))
    found = session.exec(mine.where(Visit.session == key) if key else mine).first()
    if found is None:
        raise NotPossible(f"Case {case.id} has {none}.")
    return Scene(session, brief, case, found[1], found[0], at)


def answer_note(
    session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, key: str | None, accurate: bool, text: str | None
) -> None:
    """Mark a note accurate, after which it is looked at or published, or say what is not right, which its writer then has to settle."""
    check_may(actor, (Role.SCHOOL, Role.ADVISER, Role.LEAD), "answer a note of visit")
    check_open(case)
    scene = find_note(session, brief, case, at, key, [NoteStatus.WITH_SCHOOL], "no note that waits for its reply")
    replied = {"reply": text, "replied_at": scene.note.replied_at or at}
    if accurate:
        go_on(scene, actor, "accurate", text, replied)
        return
    if not (text and text.strip()):
        raise NotPossible("Please say what is not right: give it with --reason.")
    change_note(session, scene.note, {"status": NoteStatus.DISPUTED, **replied})
    note(session, [Note("note.disputed", actor, brief.commission_id, case.id, before="with_school", after="disputed", reason=text,
                        detail=about(scene))], at)  # fmt: skip


def settle_note(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, key: str | None, given: Given, reason: str) -> None:
    """End a dispute: the note is corrected, which makes a new version, or left as it is with what the school says beside it."""
    check_may(actor, _LEADS, "settle a disputed note")
    check_open(case)
    scene = find_note(session, brief, case, at, key, [NoteStatus.DISPUTED], "no disputed note")
    was = NoteContent.model_validate(scene.note.content)
    if given.is_empty:
        if not reason.strip():
            raise NotPossible("To leave a note as it is, say why with --reason; to correct it, give what is right.")
        go_on(scene, actor, "settled", reason, {"statement": scene.note.reply}, {"left_as_it_is": True, "was": _texts(was)})
        return
    content = corrected(scene, given)
    go_on(
        scene, actor, "settled", reason, {"content": content.plain(), "edition": scene.note.edition + 1}, {"left_as_it_is": False, "was": _texts(was)}
    )


def corrected(scene: Scene, given: Given) -> NoteContent:
    """Return a note with what is given over what it says; NotPossible if that changes nothing."""
    was, versions = NoteContent.model_validate(scene.note.content), versions_of(scene.session, scene.note.id)
    told = {one.id: one.answer for one in was.told if one.answer is not None}
    sent = [NoteContent.model_validate(one.content) for one in versions]
    content = compose(setting_of(scene.brief, scene.case, scene.day), given, was, told, sent)
    check_whole(scene.brief.programme.schedule.note, content)
    if content == was:
        raise NotPossible("That is what the note says already: give what is different, or leave it as it is.")
    return content


def pass_note(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, key: str | None, reason: str | None) -> None:
    """Pass a note that the lead has read, which publishes it."""
    check_may(actor, (Role.LEAD,), "pass a note of visit")
    check_open(case)
    publish(find_note(session, brief, case, at, key, [NoteStatus.WITH_LEAD], "no note that waits for the lead"), actor, "passed", reason, {}, {})


def return_note(session: Session, brief: Brief, case: Case, actor: Actor, at: pendulum.DateTime, key: str | None, reason: str) -> None:
    """Give a note back to its writer with what has to be better; it is a draft of its next version then, and goes to the school again."""
    check_may(actor, (Role.LEAD,), "return a note of visit")
    check_open(case)
    scene = find_note(session, brief, case, at, key, [NoteStatus.WITH_LEAD], "no note that waits for the lead")
    if not reason.strip():
        raise NotPossible("A note that is returned needs to know what has to be better: give it with --reason.")
    values = {"status": NoteStatus.DRAFT, "edition": scene.note.edition + 1, "returned": reason}
    change_note(session, scene.note, values)
    message = to_staff.note_returned(
        brief.head, brief.to_supporter(scene.visit.supporter_id), case.id, scene.visit.id, scene.note.edition, brief.school(case).name,
        scene.visit.purpose, scene.day, reason,
    )  # fmt: skip
    note(session, [Note("note.returned", actor, brief.commission_id, case.id, before="with_lead", after="draft", reason=reason,
                        detail=about(scene), messages=[message])], at)  # fmt: skip


def _texts(content: NoteContent) -> dict[str, str]:
    return {one.id: one.text for one in content.sections}
