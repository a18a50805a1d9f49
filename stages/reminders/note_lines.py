"""The lines of worklists on notes of visit: to write, to write again, to settle, to read, and what they suggest."""

import datetime
from collections.abc import Mapping, Sequence

from sqlalchemy import func
from sqlmodel import Session, col, select

from models.case import Case
from models.trail import Decision
from models.visit import NoteOfVisit, NoteVersion
from models.words import NoteStatus, Role
from notifications.draft import Recipient
from stages.agreed import published_notes
from stages.brief import Brief
from stages.reminders.lines import Line, Waiting, by_day, counted
from stages.turns import NOTE_TURNS
from stages.unpublished import unpublished, unwritten
from stages.visits import writes_note

_ON_CATEGORIES = ("moderate", "override")
_NO_LEAD = ". There is no lead: add one with `lodestar person add NAME --email ADDRESS --role lead`"


def note_lines(session: Session, brief: Brief, cases: Sequence[Case], today: datetime.date, lead: Recipient | None) -> list[Line]:
    """Return everything on notes that waits for supporters, the adviser and the lead."""
    schools = {case.id: brief.school(case).name for case in cases}
    return [*_to_write(session, brief, schools, today), *_unsettled(session, brief, schools, lead), *_suggestions(session, brief, cases)]


def _to_write(session: Session, brief: Brief, schools: Mapping[int, str], today: datetime.date) -> list[Line]:
    """Return the visits that have had their day and whose note is not with the school, or that only need recording, for whoever visited."""
    found: dict[tuple[int, bool], list[Waiting]] = {}
    for visit in unwritten(session, schools, today):
        found.setdefault((visit.supporter_id, not writes_note(brief.programme, visit.session)), []).append((schools[visit.case_id], visit.day))
    return [
        Line(
            brief.to_supporter(supporter_id),
            f"{counted(len(mine), 'visit')} to record as held; nothing else is written of it" if without
            else f"{counted(len(mine), 'note')} of visit to write",
            by_day(mine), "visit on",
        )
        for (supporter_id, without), mine in sorted(found.items())
    ]  # fmt: skip


def _unsettled(session: Session, brief: Brief, schools: Mapping[int, str], lead: Recipient | None) -> list[Line]:
    """Return the notes that somebody has to put right, settle or read."""
    found: dict[tuple[NoteStatus, int], list[Waiting]] = {}
    for written, visit in unpublished(session, schools):
        status = NoteStatus(written.status)
        whose = visit.supporter_id if NOTE_TURNS[status][0] is Role.SUPPORTER else 0
        found.setdefault((status, whose), []).append((schools[visit.case_id], visit.held_on or visit.day))
    says = {
        NoteStatus.DRAFT: "that the lead gave back, to be put right and sent again",
        NoteStatus.DISPUTED: "that the school disputes. Please have each corrected, or left with a reason",
        NoteStatus.WITH_LEAD: "for the partnership lead to read (`lodestar decide pass-note`, or return-note)" + ("" if lead else _NO_LEAD),
    }
    to = {status: lead or brief.adviser for status, (role, _) in NOTE_TURNS.items() if role is Role.LEAD}
    return [
        Line(brief.to_supporter(whose) if whose else to.get(status, brief.adviser), f"{counted(len(waiting), 'note')} of visit {says[status]}",
             by_day(waiting), "visit on")
        for (status, whose), waiting in sorted(found.items()) if status in says
    ]  # fmt: skip


def _suggestions(session: Session, brief: Brief, cases: Sequence[Case]) -> list[Line]:
    """Return the categories that published notes suggest and that nobody has decided on since."""
    if not brief.programme.schedule.note.suggests_category:
        return []
    by_id = {case.id: case for case in cases}
    waiting: list[Waiting] = []
    for case_id, notes in published_notes(session, by_id).items():
        note, suggested = next(((note, content.suggestion) for note, content in reversed(notes) if content.suggestion), (None, None))
        case = by_id[case_id]
        if note is None or suggested is None or suggested.category == case.category or _decided_since(session, note):
            continue
        waiting.append((f"{brief.school(case).name}, case {case_id}: {suggested.title}, because {suggested.why}", None))
    says = (
        f"{counted(len(waiting), 'category suggestion')} of notes of visit to decide on (`lodestar decide moderate`, with another category or none)"
    )
    return [Line(brief.adviser, says, by_day(waiting))] if waiting else []


def _decided_since(session: Session, note: NoteOfVisit) -> bool:
    """Tell whether somebody looked at the category since a note was last published."""
    last = select(func.max(col(NoteVersion.published_at))).where(NoteVersion.note_id == note.id).scalar_subquery()
    query = select(Decision.id).where(Decision.case_id == note.case_id, col(Decision.kind).in_(_ON_CATEGORIES))
    return session.exec(query.where(col(Decision.at) >= last)).first() is not None
