"""Supporters as lists give them: taken on whole or not at all."""

import datetime
import re
from collections.abc import Sequence
from typing import Any, ClassVar

import pendulum
from pydantic import Field, ValidationInfo, field_validator
from sqlmodel import Session, col, select

from calendars.periods import SEASONS
from models.database import insert_returning_ids, insert_rows
from models.errors import BadInput
from models.supporter import Declaration, Expertise, Supporter
from models.words import Phase, SupporterKind
from stages.broker.declarations import check_schools
from stages.lists import Addressed, Easting, Northing, PastDay, Urn, known_of, refuse_twice
from stages.record import Actor, Note, note

_ELSEWHERE = "if it is one of another authority, load the register of its authority too, or leave employer_urn out"


class NewSupporter(Addressed):
    """A supporter as a list gives it: skills as `skill`, `skill:level` or `skill:level:phase`, parted by semicolons, and so are languages.

    `days_by_term` are the days of each school year as `autumn=5;spring=4;summer=3`, which add up to the days a year; one of the two is given.
    `declared_on` is the day of a declaration of interests that is on file already.
    """

    once: ClassVar = ("name",)
    kind: SupporterKind = SupporterKind.ADVISER
    skills: str = Field(min_length=1)
    days_a_year: float | None = Field(default=None, gt=0, le=260, multiple_of=0.5)
    days_by_term: str = Field(default="", validate_default=True)
    pounds_a_day: float = Field(ge=0, le=5000)
    working_days: str = Field(default="12345", pattern=r"^[1-5]+$")
    easting: Easting | None = None
    northing: Northing | None = Field(default=None, validate_default=True)
    caseload_cap: int | None = Field(default=None, ge=1, le=1000)
    trust: str | None = None
    employer_urn: Urn | None = None
    faith: str | None = None
    languages: str = ""
    declared_on: PastDay | None = None

    @field_validator("name")
    @classmethod
    def _is_new(cls, value: str, info: ValidationInfo) -> str:
        there = known_of(info)
        if there is not None and value in there.supporters:
            raise ValueError(f"there is a supporter called {value} already: leave the line out, or write another name")
        return value

    @field_validator("employer_urn")
    @classmethod
    def _is_in_the_register(cls, value: int | None, info: ValidationInfo) -> int | None:
        there = known_of(info)
        if value is not None and there is not None and there.lacks(value):
            raise ValueError(f"there is no school {value} in the register: look at the URN; {_ELSEWHERE}")
        return value

    @field_validator("skills")
    @classmethod
    def _are_skills(cls, value: str) -> str:
        found = [_skill(text) for text in value.split(";") if text.strip()]
        names = [f"{skill['skill']} {skill['phase'] or ''}".strip() for skill in found]
        twice = sorted({name for name in names if names.count(name) > 1})
        if not found:
            raise ValueError("no skill stands there: give at least one")
        if twice:
            raise ValueError(f"{', '.join(twice)} stands there twice: leave one of them out")
        return value

    @field_validator("days_by_term")
    @classmethod
    def _says_how_many(cls, value: str, info: ValidationInfo) -> str:
        # A number of days a year that is wrong by itself is not there to be compared with.
        by_term, year = _days_by_term(value), info.data.get("days_a_year")
        total = sum(by_term.values())
        if by_term and year is not None and total != year:
            raise ValueError(f"the terms add up to {total:g} days and days_a_year says {year:g}: give one of the two, or make them agree")
        if by_term and not 0 < total <= 260:
            raise ValueError(f"the terms add up to {total:g} days: a year has more than none and 260 at most")
        if not by_term and year is None and "days_a_year" in info.data:
            raise ValueError("give days_a_year, or days_by_term as autumn=5;spring=4;summer=3")
        return value

    @field_validator("pounds_a_day")
    @classmethod
    def _is_whole_pence(cls, value: float) -> float:
        if abs(value * 100 - round(value * 100)) > 1e-6:
            raise ValueError(f"{value} has fractions of a penny: give pounds and pence")
        return value

    @field_validator("northing")
    @classmethod
    def _is_a_place(cls, value: int | None, info: ValidationInfo) -> int | None:
        # An easting that is wrong by itself is not there to be compared with.
        if "easting" in info.data and (value is None) != (info.data["easting"] is None):
            raise ValueError("a base has an easting and a northing: give both, or neither")
        return value

    @property
    def half_days_by_term(self) -> dict[str, int] | None:
        """Return the half days of each term of a school year; None if only those of the year are known."""
        return {season: round(days * 2) for season, days in _days_by_term(self.days_by_term).items()} or None

    @property
    def half_days_a_year(self) -> int:
        """Return the half days of a school year."""
        by_term = self.half_days_by_term
        return sum(by_term.values()) if by_term else round((self.days_a_year or 0) * 2)


def _days_by_term(text: str) -> dict[str, float]:
    """Return days by season, all three seasons if any is given; ValueError if they are not written as they should be."""
    found: dict[str, float] = {}
    for part in [part.strip() for part in text.split(";") if part.strip()]:
        season, equals, number = (piece.strip() for piece in part.partition("="))
        days = float(number) if re.fullmatch(r"[0-9]{1,3}(\.[05])?", number) else None
        if season not in SEASONS or not equals or days is None:
            raise ValueError(f'"{part}" is no days of a term: write autumn=5;spring=4;summer=3, in whole or half days')
        if season in found:
            raise ValueError(f"{season} is given twice")
        found[season] = days
    return {season: found.get(season, 0.0) for season in SEASONS} if found else {}


def _skill(text: str) -> dict[str, Any]:
    """Return one skill as columns of Expertise; ValueError if it is not written as skill, skill:level or skill:level:phase."""
    parts = [part.strip() for part in text.split(":")]
    try:
        level = int(parts[1]) if len(parts) > 1 else 2
        phase = Phase(parts[2]) if len(parts) > 2 else None
    except ValueError:
        level, phase = 0, None
    if not parts[0] or level not in (1, 2, 3) or len(parts) > 3:
        raise ValueError(f'"{text}" is no skill: write skill, skill:level (1 to 3) or skill:level:phase')
    return {"skill": parts[0], "level": level, "phase": phase}


def skills_of(one: NewSupporter) -> list[dict[str, Any]]:
    """Return a supporter's skills as columns of Expertise."""
    return [_skill(text) for text in one.skills.split(";") if text.strip()]


def add_supporters(session: Session, new: Sequence[NewSupporter]) -> list[int]:
    """Add supporters with their skills and return their ids; one whose name is taken is refused."""
    taken = set(session.exec(select(Supporter.name).where(col(Supporter.name).in_([one.name for one in new]))).all())
    if taken:
        raise BadInput(f"There is a supporter of that name already: {', '.join(sorted(taken))}.")
    skills = [skills_of(one) for one in new]
    refuse_twice("supporter", [one.name for one in new])
    _refuse_unknown_employers(session, new)
    ids = insert_returning_ids(session, Supporter, [
        {"name": one.name, "email": one.email, "kind": one.kind, "half_days_a_year": one.half_days_a_year, "half_days_by_term": one.half_days_by_term,
         "cost_a_day": round(one.pounds_a_day * 100), "working_days": sorted({int(day) for day in one.working_days if day in "12345"}),
         "base_easting": one.easting, "base_northing": one.northing, "caseload_cap": one.caseload_cap, "trust": one.trust,
         "employer_urn": one.employer_urn, "faith": one.faith, "languages": [word.strip() for word in one.languages.split(";") if word.strip()]}
        for one in new
    ])  # fmt: skip
    on_file = [(number, one.declared_on) for number, one in zip(ids, new, strict=True) if one.declared_on is not None]
    insert_rows(session, Declaration, [
        {"supporter_id": number, "asked_at": _noon(day), "due": day, "made_at": _noon(day), "made_by": "on file"} for number, day in on_file
    ])  # fmt: skip
    insert_rows(session, Expertise, [{"supporter_id": number, **skill} for number, mine in zip(ids, skills, strict=True) for skill in mine])
    return ids


def take_on_supporters(session: Session, new: Sequence[NewSupporter], actor: Actor, at: pendulum.DateTime) -> list[int]:
    """Add supporters to those there are, and wake whatever cases wait for somebody like them; return their ids."""
    ids = add_supporters(session, new)
    note(session, [Note("supporters.loaded", actor, detail={"supporters": len(ids)})] if ids else [], at)
    return ids


def _refuse_unknown_employers(session: Session, new: Sequence[NewSupporter]) -> None:
    """Raise BadInput if an employer is not in the register, once there is one: links with its trust could not be told."""
    try:
        check_schools(session, {one.employer_urn for one in new if one.employer_urn is not None})
    except BadInput as error:
        raise BadInput(f"{str(error).removesuffix('.')}; {_ELSEWHERE}.") from error


def _noon(day: datetime.date) -> pendulum.DateTime:
    return pendulum.datetime(day.year, day.month, day.day, 12, tz="Europe/London")
