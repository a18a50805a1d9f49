"""What the next supporter has to know of visits that were held: what their notes say, how these stand, and what the school said of them."""

from collections.abc import Iterator
from operator import itemgetter

from sqlmodel import Session, col, select

from models.case import Case
from models.moments import day_of
from models.note import NoteContent
from models.visit import NoteOfVisit, NoteVersion, SchoolPart, Visit
from models.words import NoteStatus, VisitStatus
from stages.brief import Brief
from stages.note_history import NoteHistory, note_histories
from stages.reminders.lines import stop


def visits_held(session: Session, case: Case) -> Iterator[str]:
    """Yield the visits that were held, each with its note and, as lines of their own, what the school disputed and what came of it."""
    query = select(Visit, NoteOfVisit).outerjoin(NoteOfVisit, col(NoteOfVisit.visit_id) == Visit.id)
    mine = query.where(Visit.case_id == case.id, Visit.status == VisitStatus.HELD).order_by(col(Visit.ordinal))
    rows: list[tuple[Visit, NoteOfVisit | None]] = [(visit, note) for visit, note in session.exec(mine).all()]
    histories = note_histories(session, case.id)
    for visit, note in rows:
        said = f"{visit.held_on or visit.day:%-d %B %Y}: {visit.purpose}."
        if note is None:
            yield said
            continue
        published = _published(session, note)
        yield f"{said} {_text(published)}" if published else f"{said} Nothing of its note is published: {_standing(note)}."
        yield from _since(note, histories.get(visit.id, NoteHistory()), published)


def told_before(session: Session, brief: Brief, case: Case) -> Iterator[str]:
    """Yield what the school told before each visit, held or not, with what it was asked."""
    asked = {one.id: one.asks for one in brief.programme.schedule.note.school_part}
    query = select(SchoolPart, Visit).join(Visit, col(Visit.id) == SchoolPart.visit_id).where(SchoolPart.case_id == case.id)
    for part, visit in session.exec(query.order_by(col(Visit.ordinal))).all():
        answers = " ".join(stop(f"{asked.get(name, name.replace('_', ' '))} {answer}") for name, answer in part.answers.items())
        yield f"{visit.purpose}, told on {day_of(part.at):%-d %B %Y}: {answers}"


def _published(session: Session, note: NoteOfVisit) -> NoteVersion | None:
    """Return the version of a note that was published last."""
    query = select(NoteVersion).where(NoteVersion.note_id == note.id, col(NoteVersion.published_at).is_not(None))
    return session.exec(query.order_by(col(NoteVersion.edition).desc())).first()


def _text(version: NoteVersion) -> str:
    """Return a version that is published with all that it says, and of its actions who does them by when."""
    on = version.published_at
    standing = f"Note, version {version.edition}, published on {day_of(on):%-d %B %Y}." if on else ""
    return f"{standing} {said_in(NoteContent.model_validate(version.content))}".strip()


def said_in(content: NoteContent) -> str:
    """Return what a note says, section by section, and what was agreed with who does it by when."""
    agreed = [stop(f"Agreed: {'; '.join(one.in_words for one in content.actions)}")] if content.actions else []
    return " ".join([*(stop(f"{one.title}: {one.text}") for one in content.sections), *agreed])


def _since(note: NoteOfVisit, history: NoteHistory, published: NoteVersion | None) -> Iterator[str]:
    """Yield what happened to a note: disputes with their outcome, corrections with their reason, and the version that is under way."""
    steps = [(one.said.at, f"The school said of version {one.edition} of this note: {stop(one.said.why or '-')} {stop(one.outcome)}")
             for one in history.disputes]  # fmt: skip
    steps += [(one.at, f"Version {edition} of this note was written {one.who} to correct it. Why: {stop(one.why or '-')}")
              for edition, one in history.corrections.items()]  # fmt: skip
    yield from (words for _, words in sorted(steps, key=itemgetter(0)))
    if published is not None and published.edition < note.edition:
        yield f"Version {note.edition} of this note is under way: {_standing(note)}. Until it is published, version {published.edition} stands."


def _standing(note: NoteOfVisit) -> str:
    """Return how a note that is not published stands."""
    return {
        NoteStatus.DRAFT: "it is a draft", NoteStatus.DISPUTED: "the school says that it is not accurate, and nobody has settled that yet",
        NoteStatus.WITH_SCHOOL: f"it is with the school, which may reply until {note.reply_due:%-d %B %Y}" if note.reply_due else "with the school",
        NoteStatus.WITH_LEAD: "the partnership lead reads it first", NoteStatus.CLOSED: "it was closed with its case",
    }[note.status]  # fmt: skip
