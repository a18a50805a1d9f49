"""lodestar member: which schools are members of the partnership, year by year."""

import datetime
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from sqlmodel import col, select

from app.lists import read_rows
from app.output import say, show
from app.session import As, AsOf, By, Json, Number, Reason, moment, open_database
from models.database import until_saved
from models.membership import Membership
from models.money import pounds
from models.school import School
from models.words import Role
from stages.commission.membership import NewMembership, add_memberships, end_membership, year_in_words
from stages.lists import checked, known
from stages.record import Actor
from stages.reminders.lines import counted

app = App(name="member")


@app.command(name="load")
@until_saved
def load_members(file: Path, /, *, role: As = Role.LEAD, by: By = "partnership lead", as_of: AsOf = None) -> None:
    """Add memberships from a csv or xlsx file: urn, kind, pounds (a year), joined, and if need be school_year (in which it begins) and left."""
    rows = read_rows(file)
    with open_database().writing() as session:
        new = checked(NewMembership, rows, file.name, there=known(session))
        added = add_memberships(session, new, Actor(role, by), moment(as_of))
    years = ", ".join(f"{count} for {year_in_words(year)}" for year, count in sorted(added.items()))
    say(f"{counted(added.total(), 'membership')} {'was' if added.total() == 1 else 'were'} added{': ' if years else ''}{years}.")


@app.command(name="list")
def list_members(
    *, year: Annotated[Number | None, Parameter(help="Only of the school year that begins in this year.")] = None, json: Json = False
) -> None:
    """List the memberships, the newest school year first."""
    query = select(Membership, School.name).join(School, col(School.urn) == Membership.urn, isouter=True)
    if year is not None:
        query = query.where(Membership.school_year == year)
    with open_database().reading() as session:
        found = session.exec(query.order_by(col(Membership.school_year).desc(), col(Membership.urn))).all()
    rows = [{"urn": one.urn, "school": name, "school_year": one.school_year if json else year_in_words(one.school_year), "kind": one.kind,
             "fee": one.fee if json else pounds(one.fee), "joined": one.joined, "left": one.left} for one, name in found]  # fmt: skip
    meant = "" if year is None else f" for {year_in_words(year)}"
    show(rows, f"No memberships are known{meant}: add some with `lodestar member load FILE`.", json)


@app.command
@until_saved
def leaves(
    urn: Number, /, *, on: datetime.date, reason: Reason = None, role: As = Role.LEAD, by: By = "partnership lead", as_of: AsOf = None
) -> None:
    """End a school's membership on its last day; what it takes part in by then goes on."""
    with open_database().writing() as session:
        later = end_membership(session, urn, on, Actor(role, by), reason or "", moment(as_of))
    say(f"School {urn} is a member until {on:%-d %B %Y}.")
    if later:
        say(f"It has been renewed for {', '.join(map(year_in_words, later))} already: end that too if it is not to come back.")
