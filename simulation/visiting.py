"""What simulated people do about visits: write them up and answer their notes, and now and then they cannot keep a day."""

import datetime
import random
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from sqlmodel import Session, col, select

from models.case import Case
from models.programme import Programme
from models.visit import DateOffer, NoteOfVisit, Visit
from models.words import NoteStatus, Role, VisitStatus
from simulation.people import Intention, chance_of
from stages.request import KindName
from stages.schedule.offers import offers_of
from stages.visits import writes_note

# What somebody may make up their mind on, once: what it is, its number and edition, the case, and what they then do.
Matter = tuple[tuple[str, int, int], int, Callable[[], Sequence[Intention]]]
# Schools answer what they are asked before a visit in its last days.
_ANSWERS_WITHIN = 7
# A school that cannot keep a day says so some weeks before.
_CANNOT_WITHIN = 21
_STRENGTHS = ("Staff know their families well", "Leaders act on what they see", "Governors ask good questions", "Pupils speak up for one another")
_AREAS = (
    "Costs add up in the autumn term",
    "Help is offered but not always taken up",
    "New staff need a briefing",
    "Records are kept in several places",
)
_OWNERS = ("headteacher", "deputy headteacher", "business manager", "chair of governors")
_FURTHER = ("Staff were open about what is hard.", "The plan of last year is nearly done.", "There is more to do in the summer term.")
_TOLD = ("Two new members of staff since autumn.", "Nothing has changed.", "Governors have looked at it twice.")
_ACTIONS = ("Ask families what they find hardest to pay for", "Name one person whom families can ask", "Look at the policy with governors")


def matters(session: Session, commission_id: int, programme: Programme, seed: int, today: datetime.date) -> Iterator[Matter]:
    """Yield everything on visits that people may do something about today."""
    yield from _on_visits(session, commission_id, programme, seed, today)
    waiting = select(NoteOfVisit, Visit.session).join(Visit, col(Visit.id) == NoteOfVisit.visit_id).join(Case, col(Case.id) == Visit.case_id)
    mine = waiting.where(Case.commission_id == commission_id, NoteOfVisit.status != NoteStatus.PUBLISHED)
    for note, key in session.exec(mine.order_by(col(NoteOfVisit.id))).all():
        yield ("note", note.id, note.version), note.case_id, partial(_on_note, seed, note, key, programme)


def _on_visits(session: Session, commission_id: int, programme: Programme, seed: int, today: datetime.date) -> Iterator[Matter]:
    query = select(Visit).join(Case, col(Case.id) == Visit.case_id).where(Case.commission_id == commission_id)
    until = today + datetime.timedelta(days=_CANNOT_WITHIN)
    near = query.where(Visit.status == VisitStatus.CONFIRMED, Visit.day <= until)
    for visit in session.exec(near.order_by(col(Visit.id))).all():
        number, case_id = visit.id, visit.case_id
        if visit.day <= today:
            yield ("visit", number, visit.version), case_id, partial(_held, seed, visit, programme)
        else:
            yield ("moves", number, 0), case_id, partial(_cannot, seed, visit)
        if today < visit.day <= today + datetime.timedelta(days=_ANSWERS_WITHIN) and writes_note(programme, visit.session):
            yield ("part", number, 0), case_id, partial(_prepared, seed, visit, programme)
    moving = session.exec(query.where(Visit.status == VisitStatus.TO_MOVE).order_by(col(Visit.id))).all()
    offers = offers_of(session, [visit.id for visit in moving])
    for visit in moving:
        if visit.id in offers:
            mine = offers[visit.id]
            yield ("choice", visit.id, visit.version), visit.case_id, partial(_chosen, seed, visit, mine)


def _held(seed: int, visit: Visit, programme: Programme) -> list[Intention]:
    """Return what a supporter does of a visit: a draft first perhaps, then its note; or nobody was there."""
    if chance_of(seed, "nobody there", visit.id, visit.version).random() < 0.01:
        more = {"visit": visit.session, "reason": "The school had not told the office, and nobody could be met."}
        return [Intention(0, "no-show", Role.SUPPORTER, "supporter", more)]
    intention = written_up(seed, visit, programme)
    if intention.kind != "write-note" or intention.days <= 1 or not drafts(seed, visit):
        return [intention]
    kept = {name: value for name, value in intention.more.items() if name not in {"expected", "attended"}}
    return [Intention(1, "draft-note", intention.role, intention.by, kept), intention]


def _cannot(seed: int, visit: Visit) -> list[Intention]:
    """Return that a school asks for another date, as one in thirty does."""
    more = {"visit": visit.session, "reason": "There is a trip that day."}
    return [Intention(1, "move-visit", Role.SCHOOL, "headteacher", more)] if chance_of(seed, "cannot", visit.id).random() < 0.03 else []


def _chosen(seed: int, visit: Visit, offers: Sequence[DateOffer]) -> list[Intention]:
    """Return which of the days on offer a school chooses; nothing where it stays silent."""
    chance = chance_of(seed, "chooses", visit.id, visit.version)
    more = {"visit": visit.session, "day": chance.choice([one.day for one in offers])}
    return [Intention(chance.randint(1, 4), "choose-date", Role.SCHOOL, "headteacher", more)] if chance.random() < 0.8 else []


def _prepared(seed: int, visit: Visit, programme: Programme) -> list[Intention]:
    answers = prepares(seed, visit, programme) if programme.schedule.note.school_part else None
    more = {"visit": visit.session, "answers": answers}
    return [Intention(1, "prepare-visit", Role.SCHOOL, "headteacher", more)] if answers else []


def _on_note(seed: int, note: NoteOfVisit, key: str, programme: Programme) -> list[Intention]:
    """Return what somebody does with a note that waits for them; nothing where the school stays silent, or a first draft is not sent yet."""
    match note.status:
        case NoteStatus.DISPUTED:
            more = {"visit": key, **settles(seed, note.id, note.edition, programme)}
            return [Intention(3, "settle-note", Role.ADVISER, "link adviser", more)]
        case NoteStatus.WITH_LEAD:
            kind, reason = looks_at(seed, note.id, note.edition)
            return [Intention(2, kind, Role.LEAD, "partnership lead", {"visit": key, "reason": reason})]
        case NoteStatus.DRAFT if note.written_at is not None:
            more = {"visit": key, **writes_again(seed, note.id, note.edition, programme)}
            return [Intention(2, "write-note", Role.SUPPORTER, "supporter", more)]
        case NoteStatus.WITH_SCHOOL:
            reply = reply_to(seed, note.id) if note.edition == 1 else (2, "note-accurate", None)
            return [Intention(reply[0], reply[1], Role.SCHOOL, "headteacher", {"visit": key, "reason": reply[2]})] if reply else []
        case _:
            return []


def written_up(seed: int, visit: Visit, programme: Programme) -> Intention:
    """Return what a supporter does after a visit: write its note, or only record it where the programme wants no note."""
    chance, more = chance_of(seed, "note", visit.id), dict[str, Any](visit=visit.session)
    days = chance.randint(1, 6)
    said = _said(chance_of(seed, "says", visit.id), chance, visit, programme)
    planned = next(one for one in programme.schedule.sessions if one.id == visit.session.partition(".")[0])
    if planned.attendance:
        more["expected"] = chance.randint(20, 60)
        more["attended"] = round(more["expected"] * chance.uniform(0.7, 1.0))
    return Intention(days, "write-note" if planned.note else "hold-visit", Role.SUPPORTER, "supporter", more | said if planned.note else more)


def _said(more: random.Random, chance: random.Random, visit: Visit, programme: Programme) -> dict[str, Any]:
    """Return what a supporter writes of a visit: each section of the template, what was looked at, an action with its owner and day."""
    template = programme.schedule.note
    texts = {"strengths": chance.choice(_STRENGTHS) + ".", "areas": chance.choice(_AREAS) + "."}
    agreed = {"action": chance.choice(_ACTIONS), "owner": more.choice(_OWNERS)}
    seen = more.sample(template.evidence, min(2, len(template.evidence)))
    said: dict[str, Any] = {"sections": {one.id: texts.get(one.id, more.choice(_FURTHER)) for one in template.sections},
                            "evidence": seen, "actions": [agreed]}  # fmt: skip
    if template.suggests_category and more.random() < 0.06:
        said |= {"suggest_category": more.choice(programme.diagnose.categories).id, "suggest_why": "What was seen is graver than the figures."}
    return said


def drafts(seed: int, visit: Visit) -> bool:
    """Tell whether a supporter saves a draft on the evening of the visit."""
    return chance_of(seed, "drafts", visit.id).random() < 0.3


def prepares(seed: int, visit: Visit, programme: Programme) -> dict[str, Any] | None:
    """Return what a school answers before a visit; None if nothing is asked, or it does not answer."""
    asked, chance = programme.schedule.note.school_part, chance_of(seed, "prepares", visit.id)
    return {one.id: chance.choice(_TOLD) for one in asked} if asked and chance.random() < 0.7 else None


def settles(seed: int, note_id: int, edition: int, programme: Programme) -> dict[str, Any]:
    """Return how an adviser ends a dispute: nine in ten notes are corrected, the rest left with a reason."""
    chance = chance_of(seed, "settles", note_id, edition)
    if chance.random() < 0.1:
        return {"reason": "What was seen on the day stands."}
    corrected = {programme.schedule.note.sections[-1].id: chance.choice(_AREAS) + ", as the school's own count shows."}
    return {"reason": "Corrected after a call with the school.", "sections": corrected}


def writes_again(seed: int, note_id: int, edition: int, programme: Programme) -> dict[str, Any]:
    """Return what a supporter changes in a note that the lead gave back; the second time, nothing more."""
    if edition > 2:
        return {}
    text = chance_of(seed, "again", note_id).choice(_AREAS) + ", as records of the school show."
    return {"sections": {programme.schedule.note.sections[-1].id: text}}


def looks_at(seed: int, note_id: int, edition: int) -> tuple[KindName, str | None]:
    """Return what a partnership lead does with a note: passes it, or gives it back with a reason, but never the same one for long."""
    back = edition < 3 and chance_of(seed, "looks", note_id, edition).random() < 0.12
    return ("return-note", "Say what the evidence for the areas is.") if back else ("pass-note", None)


def reply_to(seed: int, note_id: int) -> tuple[int, KindName, str | None] | None:
    """Return after how many days a school answers a note, and how; None if it stays silent."""
    chance = chance_of(seed, "reply", note_id)
    roll = chance.random()
    if roll < 0.3:
        return None
    return (
        (chance.randint(1, 5), "note-inaccurate", "The number of staff is wrong.") if roll < 0.34 else (chance.randint(1, 5), "note-accurate", None)
    )
