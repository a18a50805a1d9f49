"""Membership of the partnership: who is a member on a day, a list of members added whole, and a membership that ends."""

import datetime
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any, cast

import pendulum
from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo, field_validator
from sqlalchemy import CursorResult, update
from sqlmodel import Session, col, select

from calendars.school_days import school_year
from evidence.values import EARLIEST
from models.base import Strict
from models.errors import BadInput, NotAllowed, NotFound, NotPossible
from models.membership import Membership
from models.money import pence
from models.programme import Programme
from models.school import School
from models.words import Role
from stages.brief import Brief
from stages.commission.rules import NO_MEMBER, members_on
from stages.lists import ListedDay, in_register
from stages.record import Actor, Note, note

_DEAREST = 100_000_000
_NAMED = 10


class NewMembership(Strict):
    """A membership as a list gives it: `pounds` is the fee for the year, 0 for a free place; `left` is the last day.

    `school_year` is the year in which the school year begins, that of joining if left out; a membership is renewed by a line for another year.
    """

    urn: Annotated[int, Field(ge=100_000, le=999_999), AfterValidator(in_register)]
    kind: Annotated[str, StringConstraints(min_length=1, max_length=40, to_lower=True)]
    pounds: str
    joined: ListedDay
    school_year: int | None = Field(default=None, ge=EARLIEST.year, le=2100)
    left: ListedDay | None = None

    @field_validator("pounds")
    @classmethod
    def _is_a_fee(cls, value: str) -> str:
        try:
            fee = pence(value)
        except BadInput as error:
            raise ValueError(str(error).removesuffix(".")) from error
        if not 0 <= fee <= _DEAREST:
            raise ValueError(f'"{value}" is no fee: give pounds a year, 0 for a free place')
        return value

    @field_validator("school_year")
    @classmethod
    def _is_not_over(cls, value: int | None, info: ValidationInfo) -> int | None:
        joined = info.data.get("joined")
        if value is not None and joined is not None and value < school_year(joined):
            raise ValueError(f"{year_in_words(value)} was over when the school joined")
        return value

    @field_validator("left")
    @classmethod
    def _is_in_the_year(cls, value: datetime.date | None, info: ValidationInfo) -> datetime.date | None:
        joined, year = info.data.get("joined"), info.data.get("school_year")
        if value is None or joined is None:
            return value
        year = year or school_year(joined)
        if value < joined or school_year(value) != year:
            raise ValueError(f"{value:%-d %B %Y} is not between joining and the end of {year_in_words(year)}")
        return value

    @property
    def year(self) -> int:
        """Return the year in which its school year begins."""
        return self.school_year or school_year(self.joined)


def year_in_words(year: int) -> str:
    """Return the school year that begins in `year` as people write it: 2026/27."""
    return f"{year}/{(year + 1) % 100:02d}"


def members_of(session: Session, today: datetime.date) -> frozenset[int]:
    """Return the URNs of all schools that are members of the partnership on a day."""
    return members_on(session.exec(select(Membership).where(Membership.school_year == school_year(today))).all(), today)


def members_for(session: Session, programme: Programme, today: datetime.date) -> frozenset[int]:
    """Return the members among whom a programme chooses its schools; nobody is looked up for a programme that is not for members only."""
    return members_of(session, today) if programme.take_part.members_only else frozenset()


def known_members(session: Session, programme: Programme, schools: Sequence[School], first: datetime.date) -> frozenset[int]:
    """Return the members a commission chooses among when it opens; NotPossible if only members take part and no school is one on the first day."""
    members = members_for(session, programme, first)
    if programme.take_part.members_only and members.isdisjoint(school.urn for school in schools):
        raise NotPossible(
            f"{programme.title} is for members only, and no school of the commissioner's area is known as a member on {first:%-d %B %Y}: "
            "load the memberships with `lodestar member load FILE`."
        )
    return members


def check_member(session: Session, brief: Brief, school: School, today: datetime.date) -> None:
    """Raise NotPossible if only members take part and a school is none; before the commission starts, its first day counts."""
    if brief.programme.take_part.members_only and school.urn not in members_of(session, max(today, brief.commission.starts)):
        raise NotPossible(f"{school.name} cannot take part, since {NO_MEMBER}: load its membership with `lodestar member load FILE`.")


def add_memberships(session: Session, new: Sequence[NewMembership], actor: Actor, at: pendulum.DateTime) -> Counter[int]:
    """Add memberships and return how many by school year; a school that is not in the register or has one for that year already is refused."""
    _check_keeps(actor)
    names: dict[int, str] = dict(session.exec(select(School.urn, School.name)).all())
    unknown = sorted({one.urn for one in new} - set(names))
    if unknown:
        raise BadInput(f"There is no school {_some([str(urn) for urn in unknown])} in the register: look at the URN, or load the register first.")
    asked = Counter((one.urn, one.year) for one in new)
    known = {(one.urn, one.school_year) for one in session.exec(select(Membership)).all()}
    for how, taken in (("already", known & set(asked)), ("twice", {key for key, count in asked.items() if count > 1})):
        if taken:
            said = _some([f"{names[urn]} ({urn}) in {year_in_words(year)}" for urn, year in sorted(taken)])
            raise BadInput(f"There is a membership {how}: {said}.")
    note(session, [Note("membership.added", actor, detail=_written(one), rows=[(Membership, _row(one))]) for one in new], at)
    return Counter(one.year for one in new)


def _row(one: NewMembership) -> dict[str, Any]:
    return {"urn": one.urn, "school_year": one.year, "kind": one.kind, "fee": pence(one.pounds), "joined": one.joined, "left": one.left}


def _written(one: NewMembership) -> dict[str, Any]:
    """Return a membership as the trail keeps it."""
    return {name: value.isoformat() if isinstance(value, datetime.date) else value for name, value in _row(one).items() if value is not None}


def end_membership(session: Session, urn: int, on: datetime.date, actor: Actor, reason: str, at: pendulum.DateTime) -> list[int]:
    """End a school's membership on its last day, and return the later school years for which it has been renewed already."""
    _check_keeps(actor)
    if not reason.strip():
        raise BadInput("This needs a reason: give one with --reason.")
    year = school_year(on)
    mine = {one.school_year: one for one in session.exec(select(Membership).where(Membership.urn == urn)).all()}
    if year not in mine:
        raise NotFound(f"School {urn} has no membership in {year_in_words(year)}: `lodestar member list --year {year}` shows those there are.")
    found = mine[year]
    if found.left is not None:
        raise NotPossible(f"The membership of school {urn} in {year_in_words(year)} has ended on {found.left:%-d %B %Y} already.")
    if on < found.joined:
        raise BadInput(f"School {urn} joined on {found.joined:%-d %B %Y}, so it cannot leave before: give a later day with --on.")

    def leave(session: Session) -> None:
        still = update(Membership).where(col(Membership.id) == found.id, col(Membership.left).is_(None)).values(left=on)
        if cast(CursorResult[Any], session.execute(still)).rowcount != 1:
            raise NotPossible(f"Somebody else changed the membership of school {urn} in the meantime: look again.")

    detail = {"urn": urn, "school_year": year, "left": on.isoformat()}
    note(session, [Note("membership.ended", actor, reason=reason, detail=detail, changes=leave)], at)
    return sorted(one for one in mine if one > year and mine[one].left is None)


def _check_keeps(actor: Actor) -> None:
    """Raise NotAllowed if somebody may not keep the list of members."""
    if actor.role not in (Role.ADVISER, Role.LEAD):
        raise NotAllowed(f"The role {actor.role.value} cannot keep the list of members: it is for adviser, lead.")


def _some(names: Sequence[str]) -> str:
    """Return the first ten of some names, and how many more there are."""
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
