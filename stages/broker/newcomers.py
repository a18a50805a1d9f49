"""Supporters who are only thought of: as the rules would see them once their list was loaded."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from models.school import School
from models.supporter import Supporter
from models.words import Phase, SupporterKind
from stages.brief import Brief
from stages.broker.capacity import with_terms
from stages.broker.conflicts import not_in_register
from stages.broker.rules import Candidate
from stages.broker.scene import Scene


@dataclass(frozen=True, slots=True)
class NewTime:
    """A supporter who is not there yet: skills as the rules want them; `half_days` over the commission, or those of each term by its season."""

    name: str
    kind: str
    skills: Mapping[tuple[str, Phase | None], int]
    half_days: int
    pence_a_half_day: int
    easting: int | None = None
    northing: int | None = None
    trust: str | None = None
    employer_urn: int | None = None
    caseload_cap: int | None = None
    faith: str | None = None
    half_days_by_term: Mapping[str, int] | None = None


def as_candidates(session: Session, brief: Brief, scene: Scene, added: Sequence[NewTime], today: datetime.date) -> list[Candidate]:
    """Return supporters who are added to a scene, numbered after those who are there; whoever works for a school is of its trust and phase.

    What the data would show of them once they were there stops them as an open link does.
    """
    # Also those who have left have links in the register by their number.
    first = max(brief.supporters, default=0) + 1
    urns = {one.employer_urn for one in added if one.employer_urn is not None}
    employers = {school.urn: school for school in session.exec(select(School).where(col(School.urn).in_(urns))).all()}
    # Not entered in the session: they are only looked at.
    rows = [
        Supporter(id=number, name=new.name, email="", kind=SupporterKind(new.kind), half_days_a_year=0, cost_a_day=0, trust=new.trust,
                  employer_urn=new.employer_urn)
        for number, new in enumerate(added, start=first)
    ]  # fmt: skip
    schools = [brief.schools[urn] for urn in sorted({one.urn for wanted in scene.wanted for one in wanted.everybody})]
    there = [one for one in brief.supporters.values() if one.active]
    links = not_in_register(session, [*there, *rows], schools, today) if rows else {}
    found = []
    for row, new in zip(rows, added, strict=True):
        employer = employers.get(new.employer_urn or 0)
        stopped = frozenset(urn for number, urn, _ in links if number == row.id)
        one = Candidate(
            row.id, new.name, new.kind, new.skills, new.half_days, new.half_days, new.pence_a_half_day, new.easting, new.northing, 0,
            new.caseload_cap, new.trust or (employer.trust if employer else None), new.employer_urn, stopped, faith=new.faith,
            phase=employer.phase if employer else None,
        )  # fmt: skip
        shares = new.half_days_by_term
        found.append(with_terms(one, {term: shares.get(term[1], 0) for term in scene.terms}) if shares and scene.terms else one)
    return found
