"""A note on its way to being published: silence that is taken as accurate, the lead's look at it, its actions, versions and circulation."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pendulum
from sqlalchemy import CursorResult, update
from sqlmodel import Session, col, select

from models.case import Case
from models.errors import NotPossible
from models.moments import day_of
from models.note import NoteContent
from models.school import Contact
from models.visit import NoteOfVisit, NoteVersion, Visit
from models.words import NoteStatus
from notifications.draft import Draft, Recipient
from notifications.messages import to_school
from stages.agreed import take_into_plan
from stages.brief import Brief
from stages.record import ENGINE, Actor, Note, note
from stages.schedule.note_rules import Reader, beside, in_message, is_looked_at, readers


@dataclass(frozen=True, slots=True)
class Scene:
    """A note with its visit and case, and the moment at which something happens to it."""

    session: Session
    brief: Brief
    case: Case
    visit: Visit
    note: NoteOfVisit
    at: pendulum.DateTime

    @property
    def day(self) -> datetime.date:
        """Return the day on which the visit was held."""
        return self.visit.held_on or self.visit.day

    @property
    def today(self) -> datetime.date:
        """Return the day in London."""
        return day_of(self.at)


def overdue(at: pendulum.DateTime) -> tuple[Any, ...]:
    """Return what holds for a note whose time for a reply is over."""
    today = day_of(at)
    return (col(NoteOfVisit.status) == NoteStatus.WITH_SCHOOL, col(NoteOfVisit.reply_due) < today)


def accept_silence(session: Session, brief: Brief, cases: Sequence[Case], at: pendulum.DateTime) -> int:
    """Take the notes of some cases that the school has not answered in time as accurate; return how many."""
    by_id = {case.id: case for case in cases}
    query = select(NoteOfVisit, Visit).join(Visit, col(Visit.id) == NoteOfVisit.visit_id).where(col(NoteOfVisit.case_id).in_(by_id), *overdue(at))
    rows = session.exec(query.order_by(col(NoteOfVisit.id))).all()
    for found, visit in rows:
        go_on(Scene(session, brief, by_id[found.case_id], visit, found, at), ENGINE, "accurate", "no reply in time", {})
    session.flush()
    return len(rows)


def go_on(scene: Scene, actor: Actor, what: str, reason: str | None, values: Mapping[str, Any], detail: Mapping[str, Any] | None = None) -> None:
    """Have a note whose text is settled looked at by the lead, where the programme or the sample asks for it, or publish it."""
    brief = scene.brief
    if not is_looked_at(brief.programme.schedule.note, brief.commission.seed, scene.note.id):
        publish(scene, actor, "settled" if what == "settled" else "published", reason, values, detail or {})
        return
    change_note(scene.session, scene.note, {**values, "status": NoteStatus.WITH_LEAD})
    _keep_new_version(scene, actor, reason, values)
    if "statement" in values:
        # The lead may give the note back, and what the school said of this version is to be known beside the next.
        _change_version(scene, scene.note.edition, {"statement": values["statement"]})
    note(scene.session, [Note(f"note.{what}", actor, brief.commission_id, scene.case.id, before=scene.note.status.value, after="with_lead",
                              reason=reason, detail={**about(scene), **(detail or {})})], scene.at)  # fmt: skip


def publish(scene: Scene, actor: Actor, what: str, reason: str | None, values: Mapping[str, Any], detail: Mapping[str, Any]) -> None:
    """Publish a note as it is with `values`: its version says when, its actions come into the plan, and those who are to read it get it."""
    session, brief, case, found = scene.session, scene.brief, scene.case, scene.note
    content = NoteContent.model_validate(values.get("content", found.content))
    edition, statement = values.get("edition", found.edition), values.get("statement", found.statement)
    change_note(session, found, {**values, "status": NoteStatus.PUBLISHED, "published_at": found.published_at or scene.at, "returned": None})
    _keep_new_version(scene, actor, reason, values)
    _change_version(scene, edition, {"published_at": scene.at, "statement": statement})
    said = beside([(one.edition, one.statement) for one in versions_of(session, found.id)], edition)
    plan = take_into_plan(session, brief, case, found.id, content.actions, scene.today)
    messages = [
        to_school.note_published(
            brief.head, to, reader, case.id, scene.visit.id, edition, brief.school(case).name, scene.visit.purpose, scene.day,
            in_message(content, reader), said if reader != "commissioner" else None, corrected=found.published_at is not None,
        )
        for reader, to in _recipients(scene)
    ]  # fmt: skip
    more = {**detail, **({"plan": dict(plan)} if plan else {})}
    note(session, [Note(f"note.{what}", actor, brief.commission_id, case.id, before=found.status.value, after="published", reason=reason,
                        detail={**about(scene), "edition": edition, **more}, messages=messages)], scene.at)  # fmt: skip


def versions_of(session: Session, note_id: int) -> list[NoteVersion]:
    """Return every version of a note that was sent or published, in order."""
    query = select(NoteVersion).where(NoteVersion.note_id == note_id).order_by(col(NoteVersion.edition))
    return list(session.exec(query).all())


def _change_version(scene: Scene, edition: int, values: Mapping[str, Any]) -> None:
    version = (col(NoteVersion.note_id) == scene.note.id, col(NoteVersion.edition) == edition)
    scene.session.execute(update(NoteVersion).where(*version).values(**values))


def _keep_new_version(scene: Scene, actor: Actor, why: str | None, values: Mapping[str, Any]) -> None:
    """Keep the text that a dispute ended with, where it is another than the one that was sent."""
    if "content" in values:
        keep_version(scene, actor, why, values["content"], values["edition"])


def keep_version(scene: Scene, actor: Actor, why: str | None, content: Mapping[str, Any], edition: int) -> None:
    """Keep one version of a note."""
    row = NoteVersion(note_id=scene.note.id, edition=edition, content=dict(content), role=actor.role, by=actor.by, why=why or None, at=scene.at)
    scene.session.add(row)
    scene.session.flush()


def _recipients(scene: Scene) -> list[tuple[Reader, Recipient]]:
    """Return who gets the published note, with how to write to each."""
    brief, urn = scene.brief, scene.case.urn
    chair = scene.session.exec(select(Contact).where(Contact.urn == urn, Contact.role == "chair")).first()
    known: dict[Reader, Recipient] = {
        "headteacher": brief.to_school(urn),
        "chair": Recipient("chair", chair.name, chair.email) if chair else Recipient("chair", "the chair of governors", None),
        "adviser": brief.adviser, "supporter": brief.to_supporter(scene.visit.supporter_id), "commissioner": brief.commissioner,
    }  # fmt: skip
    return [(reader, known[reader]) for reader in readers(brief.programme.schedule.note)]


def for_reply(
    scene: Scene, content: NoteContent, edition: int, due: datetime.date, why: str | None = None, day: datetime.date | None = None
) -> Draft:
    """Return the message that asks a school whether a note is accurate; `why` says what a correction is for."""
    brief, case = scene.brief, scene.case
    return to_school.note_for_reply(
        brief.head, brief.to_school(case.urn), case.id, scene.visit.id, edition, brief.school(case).name, day or scene.day,
        in_message(content, "headteacher"), due, why,
    )  # fmt: skip


def change_note(session: Session, found: NoteOfVisit, values: Mapping[str, Any]) -> None:
    """Change a note, counting the change; `found` itself keeps what it was."""
    changed = (
        update(NoteOfVisit)
        .where(col(NoteOfVisit.id) == found.id, col(NoteOfVisit.version) == found.version)
        .values(**values, version=found.version + 1)
        .execution_options(synchronize_session=False)
    )
    if cast(CursorResult[Any], session.execute(changed)).rowcount != 1:
        raise NotPossible("Somebody else changed this note in the meantime: look again.")


def about(scene: Scene) -> dict[str, Any]:
    """Return what the trail says of which note it is."""
    return {"visit_id": scene.visit.id, "note_id": scene.note.id}
