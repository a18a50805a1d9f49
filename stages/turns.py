"""Whose turn it is: as a case stands in its programme and, where it stands at nobody's, by what waits beside the journey: dates, visits and notes."""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from models.case import Case
from models.programme import Programme
from models.visit import Visit
from models.words import NoteStatus, Role, Status, Turn, VisitStatus
from programmes.sessions import brokers
from stages.brief import Brief
from stages.journey import ENDED, STANDINGS
from stages.schedule.offers import offers_of
from stages.schedule.stuck import without_day
from stages.unpublished import note_due_on, unpublished, unwritten
from stages.visits import writes_note

# Who has to do what with a note that is not published yet, by how it stands.
NOTE_TURNS: Mapping[NoteStatus, tuple[Role, str]] = {
    NoteStatus.DRAFT: (Role.SUPPORTER, "put right and send the note of"),
    NoteStatus.WITH_SCHOOL: (Role.SCHOOL, "say whether the note is accurate of"),
    NoteStatus.DISPUTED: (Role.ADVISER, "settle the disputed note of"),
    NoteStatus.WITH_LEAD: (Role.LEAD, "read the note of"),
}


@dataclass(frozen=True, slots=True)
class Waits:
    """Something that waits for somebody: in which case, for whom, what is to be done, and by when, if there is a day."""

    case_id: int
    whose: str
    what: str
    due: datetime.date | None = None

    @property
    def to_do(self) -> str:
        """Return who has to do what."""
        return f"{self.whose}, to {self.what}"

    def as_json(self) -> dict[str, object]:
        """Return it as plain values; its case is known where it is shown."""
        return {"whose": self.whose, "what": self.what, "due": self.due}


def waits_for_lead(programme: Programme, case: Case) -> bool:
    """Tell whether a case waits for something that only the partnership lead may do in its programme."""
    if case.status is Status.AWAITING_CONFIRMATION:
        return programme.diagnose.confirmed_by == "lead"
    return case.status is Status.AWAITING_APPROVAL and brokers(programme)[case.further].approved_by == "lead"


def whose_turn(programme: Programme, case: Case) -> str:
    """Return who acts next on a case."""
    return Role.LEAD.value if waits_for_lead(programme, case) else STANDINGS[case.status].turn.value


def waiting(session: Session, brief: Brief, cases: Sequence[Case], today: datetime.date) -> dict[int, list[Waits]]:
    """Return what waits for whom in each of some cases that stand at nobody's turn, the earliest first and what has no day last.

    A school that is to agree dates cannot while one of them has to move, so what that waits for comes before its turn.
    """
    awake = [case for case in cases if case.status not in ENDED and case.paused_since is None]
    mine = [case.id for case in awake if STANDINGS[case.status].turn is Turn.NOBODY]
    agreeing = [case.id for case in awake if case.status is Status.AWAITING_DATES]
    found: dict[int, list[Waits]] = {}
    dates = (*_dates(session, mine, (VisitStatus.TO_MOVE, VisitStatus.NO_SHOW)), *_dates(session, agreeing, (VisitStatus.TO_MOVE,)))
    for one in (*dates, *_notes(session, brief, mine, today)):
        found.setdefault(one.case_id, []).append(one)
    return {number: sorted(ones, key=lambda one: one.due or datetime.date.max) for number, ones in found.items()}


def _dates(session: Session, case_ids: Sequence[int], without: Sequence[VisitStatus]) -> Iterator[Waits]:
    """Yield what waits since a visit has no day: the school's choice, the engine's turn or, where there is none or nobody was there, the adviser."""
    if not case_ids:
        return
    visits = session.exec(select(Visit).where(col(Visit.case_id).in_(case_ids), col(Visit.status).in_(without)).order_by(col(Visit.day))).all()
    offers, stuck = offers_of(session, [visit.id for visit in visits]), {one.visit.id for one in without_day(session, case_ids)}
    for visit in visits:
        of_it = f"the visit of {visit.day:%-d %B %Y}"
        if visit.status is VisitStatus.NO_SHOW:
            yield Waits(visit.case_id, Role.ADVISER.value, f"have {of_it} dated anew (move-visit) or go on without, since nobody was there")
        elif visit.id in offers:
            yield Waits(visit.case_id, Role.SCHOOL.value, f"choose a new day for {of_it}", offers[visit.id][0].due)
        elif visit.id in stuck:
            yield Waits(visit.case_id, Role.ADVISER.value, f"change what keeps {of_it} from a new day, or cancel it")
        else:
            yield Waits(visit.case_id, Role.ENGINE.value, f"find a new day for {of_it}")


def _notes(session: Session, brief: Brief, case_ids: Sequence[int], today: datetime.date) -> Iterator[Waits]:
    if not case_ids:
        return
    for visit in unwritten(session, case_ids, today):
        what = "write the note of" if writes_note(brief.programme, visit.session) else "record"
        yield Waits(visit.case_id, Role.SUPPORTER.value, f"{what} the visit of {visit.day:%-d %B %Y}", note_due_on(brief, visit))
    for note, visit in unpublished(session, case_ids):
        role, what = NOTE_TURNS[note.status]
        due = note.reply_due if role is Role.SCHOOL else None
        yield Waits(visit.case_id, role.value, f"{what} the visit of {visit.held_on or visit.day:%-d %B %Y}", due)


def next_in_words(programme: Programme, case: Case, waits: Sequence[Waits]) -> str:
    """Return who acts next on a case, with what and by when where that is not what its status says."""
    return "; ".join(one.to_do + (f" by {one.due:%-d %B %Y}" if one.due else "") for one in waits) or whose_turn(programme, case)
