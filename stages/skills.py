"""Skills that programmes ask for, and those of a list that none does: most often a slip of the pen, and then nobody is ever matched by it."""

from collections.abc import Collection
from difflib import get_close_matches

from sqlmodel import Session, select

from models.commission import ProgrammeVersion
from models.programme import Programme
from programmes.catalogue import find_programme, names
from programmes.sessions import brokers


def asked_for_by_none(session: Session, skills: Collection[str]) -> dict[str, str | None]:
    """Return the skills that no programme asks for, shipped or of a commission, each with the one that was perhaps meant."""
    programmes = [find_programme(name) for name in names()]
    programmes += [Programme.model_validate(one.definition) for one in session.exec(select(ProgrammeVersion)).all()]
    known = sorted(frozenset[str]().union(*map(_asked, programmes)))
    return {skill: next(iter(get_close_matches(skill.casefold(), known, 1)), None) for skill in sorted(set(skills) - set(known))}


def _asked(programme: Programme) -> frozenset[str]:
    named = {skill for broker in brokers(programme).values() for skill in broker.skills}
    return frozenset(named | {need.skill for need in programme.diagnose.needs})
