"""Opening a commission: check its terms, choose its schools, make their cases, write to them."""

import datetime
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import pendulum
from sqlalchemy import func
from sqlmodel import Session, col, select

from calendars.school_days import school_year
from calendars.terms import ASSUMED, assumed_terms
from evidence.indicators import figure, title_of
from evidence.succession import load_followed
from models.case import Case
from models.commission import Commission, LedgerLine, ProgrammeVersion, Selection
from models.database import insert_returning_ids, insert_rows
from models.errors import BadInput, NotFound, NotPossible
from models.evidence import Load
from models.moments import day_of
from models.partnership import Commissioner, Partnership, Person
from models.programme import Programme
from models.school import ENGLAND, Contact, School
from models.term import Term
from models.trail import Relayed
from models.words import MoneyKind, Role, Stage, Status
from notifications.messages import to_school
from programmes.features import check_supported
from stages import brief as briefs
from stages.brief import evidence_listener
from stages.commission.decide import check_steers
from stages.commission.membership import known_members
from stages.commission.rules import Chosen, check_terms, choose, limit_places
from stages.commission.terms import nobody_meets
from stages.diagnose.gathering import gather
from stages.diagnose.population import Against
from stages.diagnose.rules import score_all
from stages.journey import STANDINGS
from stages.record import ENGINE, Actor, Note, note

_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,59}")
_FIRST = {"asked": Status.INVITED, "invited": Status.SELECTED, "waiting": Status.AWAITING_PLACE}
_JOINED_BY = {"waiting": "asked"}


@dataclass(frozen=True, slots=True)
class Terms:
    """What a commissioner agrees to: `budget` in pence; without `ends`, the programme's own length."""

    reference: str
    commissioner: str
    starts: datetime.date
    budget: int
    ends: datetime.date | None = None
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Opened:
    """A commission that was opened, and how many schools are in, asked and out; `followed` are those that links give a successor already."""

    commission_id: int
    reference: str
    invited: int
    asked: int
    out: int
    without_address: int = 0
    followed: Mapping[int, int] = field(default_factory=dict)


def end_of(programme: Programme, starts: datetime.date) -> datetime.date:
    """Return the last day of a commission: 31 August after so many school years, or so many weeks on; without an end, its first horizon."""
    if programme.lasts.open_ended:
        return datetime.date(school_year(starts) + 2, 8, 31)
    if programme.lasts.school_years:
        return datetime.date(school_year(starts) + programme.lasts.school_years, 8, 31)
    return starts + datetime.timedelta(weeks=programme.lasts.weeks or 52)


def open_commission(session: Session, programme: Programme, terms: Terms, actor: Actor, at: pendulum.DateTime) -> Opened:
    """Open a commission: check the terms, choose the schools, make a case for each that is in or asked, and write to them."""
    today = day_of(at)
    check_supported(programme)
    check_steers(actor)
    commissioner = session.exec(select(Commissioner).where(Commissioner.name == terms.commissioner)).first()
    if commissioner is None:
        raise NotFound(f'There is no commissioner "{terms.commissioner}": `lodestar commissioner list` shows those there are.')
    if not _REFERENCE.fullmatch(terms.reference):
        raise BadInput(f'"{terms.reference}" is no reference: use up to 60 letters, digits, dots and hyphens, a letter or digit first.')
    if terms.starts.year > today.year + 5:
        raise BadInput(f"The commission would start in {terms.starts.year}, more than five years from now: look at --starts.")
    ends = terms.ends or end_of(programme, terms.starts)
    check_terms(programme, commissioner.kind.value, terms.starts, ends, terms.budget, today)
    if session.exec(select(Commission.id).where(Commission.reference == terms.reference)).first():
        raise BadInput(f'There is a commission "{terms.reference}" already: choose another reference.')
    schools = _schools(session, commissioner)
    assume_terms(session, commissioner.authority, terms.starts, ends)
    chosen = _choose(session, programme, schools, today, terms.starts)
    commission_id = _save_commission(session, programme, commissioner, terms, ends, at)
    insert_rows(session, Selection, [
        {"commission_id": commission_id, "urn": one.urn, "outcome": one.outcome, "reason": one.reason} for one in chosen
    ])  # fmt: skip
    insert_rows(session, LedgerLine, [
        {"commission_id": commission_id, "kind": MoneyKind.BUDGET, "pence": terms.budget, "reason": "agreed at opening", "at": at}
    ])  # fmt: skip
    taken = [one for one in chosen if one.outcome != "out"]
    note(session, [Note("commission.open", actor, commission_id, detail={"cases": len(taken)})], at)
    open_cases(session, commission_id, taken, at)
    # What is known now is what the commission opened with; only what is loaded later is news.
    session.add(Relayed(listener=evidence_listener(commission_id), event_id=session.exec(select(func.max(col(Load.id)))).one() or 0))
    count = {outcome: sum(1 for one in chosen if one.outcome == outcome) for outcome in ("invited", "asked", "out")}
    addressed = set(session.exec(select(Contact.urn).where(Contact.role == "headteacher")).all())
    unknown = sum(one.urn not in addressed for one in taken)
    in_or_asked = {one.urn for one in taken}
    followed = load_followed(session, {school.urn: school.register_date for school in schools if school.urn in in_or_asked}, today)
    return Opened(commission_id, terms.reference, count["invited"], count["asked"], count["out"], unknown, followed)


def _schools(session: Session, commissioner: Commissioner) -> list[School]:
    """Return the open state-funded schools of the commissioner's authority, or of England; NotFound if no register was loaded."""
    query = select(School).where(col(School.open).is_(True), col(School.state_funded).is_(True)).order_by(col(School.urn))
    if commissioner.authority != ENGLAND:
        query = query.where(School.authority == commissioner.authority)
    schools = session.exec(query).all()
    if not schools:
        raise NotFound(f"No schools of authority {commissioner.authority} are known: load the register with `lodestar register load`.")
    return list(schools)


def _choose(session: Session, programme: Programme, schools: list[School], today: datetime.date, starts: datetime.date) -> list[Chosen]:
    """Choose the schools, among the members of the first day where only members take part; where places are limited, rank those that are in."""
    members = known_members(session, programme, schools, starts)
    against = gather(session, programme, [school.urn for school in schools], today)
    chosen = choose(programme, schools, today, against.held, members)
    by, places = programme.take_part.ranked_by, programme.take_part.places
    if not any(one.outcome != "out" for one in chosen):
        asked = [school for school in schools if not programme.take_part.members_only or school.urn in members]
        raise NotPossible(nobody_meets(programme, asked, today, against.held))
    if by is None or places is None:
        return chosen
    return limit_places(chosen, places, ranking(programme, schools, today, against), ranked_by(programme))


def ranking(programme: Programme, schools: list[School], today: datetime.date, against: Against) -> dict[int, float | None]:
    """Return the figure by which a programme ranks each school; empty if by none."""
    by = programme.take_part.ranked_by
    if by is None:
        return {}
    if by == "score":
        return {urn: score.value for urn, score in score_all(programme, schools, {}, today, against).items()}
    return {school.urn: figure(by, school, None, today, against.held).value for school in schools}


def ranked_by(programme: Programme) -> str:
    """Return what the figure by which a programme ranks schools is called in a sentence; nothing if by none."""
    by = programme.take_part.ranked_by
    return "score" if by == "score" else title_of(by) if by else ""


def _save_commission(
    session: Session, programme: Programme, commissioner: Commissioner, terms: Terms, ends: datetime.date, at: pendulum.DateTime
) -> int:
    """Save the commission with the exact programme version that it bought."""
    adviser = session.exec(select(Person).where(Person.role == Role.ADVISER).order_by(col(Person.id))).first()
    if adviser is None:
        raise NotFound("There is no adviser yet: add one with `lodestar person add --role adviser`.")
    partnership_id = session.exec(select(Partnership.id).order_by(col(Partnership.id))).first()
    if partnership_id is None:
        raise NotFound("There is no partnership yet: `lodestar commissioner add` makes the first.")
    version_id = _version(session, programme)
    row = {
        "reference": terms.reference, "partnership_id": partnership_id, "commissioner_id": commissioner.id, "programme_version_id": version_id,
        "adviser_id": adviser.id, "authority": commissioner.authority, "starts": terms.starts, "ends": ends, "budget": terms.budget,
        "rolls_on": programme.lasts.open_ended and terms.ends is None,
        "seed": terms.seed, "opened_at": at,
    }  # fmt: skip
    return insert_returning_ids(session, Commission, [row])[0]


def _version(session: Session, programme: Programme) -> int:
    """Return the id of this exact programme text, saving it if it is new."""
    definition = programme.model_dump(mode="json")
    digest = hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()
    known = session.exec(select(ProgrammeVersion.id).where(ProgrammeVersion.digest == digest)).first()
    row = {"slug": programme.programme, "version": programme.version, "digest": digest, "definition": definition}
    return known or insert_returning_ids(session, ProgrammeVersion, [row])[0]


def open_cases(session: Session, commission_id: int, chosen: list[Chosen], at: pendulum.DateTime, actor: Actor = ENGINE) -> None:
    """Make the cases and write to their schools."""
    brief = briefs.load_brief(session, commission_id, [one.urn for one in chosen])
    today = day_of(at)
    begins = max(today, brief.commission.starts)
    rows, due = [], dict[int, datetime.date]()
    for one in chosen:
        status = _FIRST[one.outcome]
        due[one.urn] = brief.due(one.urn, begins, Status.INVITED)
        rows.append({
            "commission_id": commission_id, "urn": one.urn, "joined_by": _JOINED_BY.get(one.outcome, one.outcome), "turn": STANDINGS[status].turn,
            "stage": Stage.DIAGNOSE, "status": status, "since": at, "due": due[one.urn] if status is Status.INVITED else None,
        })  # fmt: skip
    ids = insert_returning_ids(session, Case, rows)
    notes = []
    for case_id, one in zip(ids, chosen, strict=True):
        school, to = brief.schools[one.urn].name, brief.to_school(one.urn)
        summary = brief.programme.summary
        # Whoever waits for a place hears of it at the engine's next turn.
        messages = {
            "asked": [to_school.invitation(brief.head, to, case_id, 1, school, summary, due[one.urn])],
            "invited": [to_school.welcome(brief.head, to, case_id, 1, school, summary)],
        }.get(one.outcome, [])
        after = _FIRST[one.outcome].value
        notes.append(Note("case.open", actor, commission_id, case_id, after=after, reason=one.reason, messages=messages))
    note(session, notes, at)


def assume_terms(session: Session, authority: str, first: datetime.date, last: datetime.date) -> None:
    """Fill in term dates by rule for the years that an authority has none for."""
    known = {school_year(term.first) for term in session.exec(select(Term).where(Term.authority == authority)).all()}
    rows = [
        {"authority": authority, "name": name, "first": span[0], "last": span[1], "source": ASSUMED}
        for year in range(school_year(first), school_year(last) + 2) if year not in known
        for name, span in assumed_terms(year)
    ]  # fmt: skip
    insert_rows(session, Term, rows)
