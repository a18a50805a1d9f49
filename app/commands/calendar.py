"""lodestar calendar: when schools are open, and days of term without visits."""

import datetime
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from sqlmodel import col, select

from app.output import say, show
from app.session import As, AsOf, By, Json, Number, Reason, moment, open_database
from evidence.kind import Context
from evidence.reading import read_file
from models.database import until_saved
from models.errors import BadInput, NotFound
from models.school import School
from models.term import Term
from models.words import ClosureKind
from reports.closures import closures_of
from stages.record import Actor
from stages.reminders.lines import counted
from stages.schedule.closing import close_days, keep_own_dates
from stages.schedule.terms import enter_term

Authority = Annotated[str, Parameter(help="Three-digit code of the authority.")]
app = App(name="calendar")


@app.command(name="show")
def show_calendar(authority: Authority, /, *, json: Json = False) -> None:
    """Show the terms of an authority, and days on which it or one of its schools has no visits, with who entered them and when."""
    with open_database().reading() as session:
        terms = session.exec(select(Term).where(Term.authority == authority).order_by(col(Term.first))).all()
        closures = closures_of(session, authority)
    if not terms:
        raise NotFound(f'No term dates of an authority "{authority}" are known: open a commission there first, or load its dates.')
    rows = [{"what": term.name, "first": term.first, "last": term.last, "school": None, "source": term.source, "entered": None} for term in terms]
    show(rows + closures, "No term dates are known.", json, spare=("source", "entered"))


@app.command
@until_saved
def own(urn: Number, file: Path, /, *, role: As, by: By, as_of: AsOf = None) -> None:
    """Take a school's own term dates from a file (ics or yaml): it has visits only on days on which it and its authority are open.

    A yaml file has a list under `terms:`, each with `start:` and `end:` (2027-09-02, both included) and, if need be, `half_terms:`, a list of the
    same; the how-to has an example.
    """
    database, at = open_database(), moment(as_of)
    with database.reading() as session:
        school = session.get(School, urn)
    if school is None:
        raise NotFound(f"There is no school {urn} in the register.")
    # Read before anything is to be written: nobody else can write meanwhile.
    understood = read_file(file, Context(at.date(), school.authority))
    if not understood.terms:
        raise BadInput(f"{file.name} has no term dates: give a calendar (ics) or a list of terms (yaml), as authorities publish them.")
    terms = [(term["first"], term["last"]) for term in understood.terms]
    years = sorted({(term["year_first"], term["year_last"]) for term in understood.terms})
    with database.writing() as session:
        found = keep_own_dates(session, urn, terms, years, Actor(role, by), at)
    none = f"{counted(len(found.days), 'school day')} of its authority {'is' if len(found.days) == 1 else 'are'} none there"
    say(f"{school.name} keeps its own dates in {understood.edition}: {none}; "
        f"{counted(found.visits, 'visit')} and {counted(found.meetings, 'meeting')} have to move.")  # fmt: skip


@app.command
@until_saved
def term(
    authority: Authority, name: Annotated[str, Parameter(help="What the term is called, such as Autumn 1 2027.")], /, *, first: datetime.date,
    last: datetime.date, role: As, by: By, as_of: AsOf = None,
) -> None:  # fmt: skip
    """Enter a term, first and last day included, in the place of all that is known of those days; load a file where there is one."""
    with open_database().writing() as session:
        gone = enter_term(session, authority, name, (first, last), Actor(role, by), moment(as_of))
    replaced = f" in the place of {', '.join(gone)}" if gone else ""
    say(f"{name} is entered, from {first:%-d %B %Y} to {last:%-d %B %Y}{replaced}. Visits that lie outside terms now move at the engine's next turn.")


@app.command
@until_saved
def close(
    authority: Authority, /, *, first: datetime.date, last: Annotated[datetime.date | None, Parameter(help="Last day; one day if left out.")] = None,
    kind: ClosureKind, school: Annotated[list[Number] | None, Parameter(help="URN of a school, once for each; all schools if left out.")] = None,
    reason: Reason = None, role: As, by: By, as_of: AsOf = None,
) -> None:  # fmt: skip
    """Keep days of term free of visits, for INSET, snow, an inspection or examinations; what was to be then is moved at the engine's next turn.

    Days that have passed can be closed up to five school days later; visits of those days then have to be recorded as not held, and whoever was
    to answer over them has more time.
    """
    with open_database().writing() as session:
        found = close_days(session, authority, school or [], (first, last or first), kind, reason or "", Actor(role, by), moment(as_of))
    days = f"{counted(len(found.days), 'school day')} are" if len(found.days) > 1 else f"{found.days[0]:%-d %B %Y} is"
    moved = f"{counted(found.visits, 'visit')} and {counted(found.meetings, 'meeting')} have to move"
    longer = f"{counted(found.clocks, 'case')} with longer to answer" if found.clocks else "and nobody's day to answer by has moved"
    say(f"{days} free of visits now; {moved}, {longer}.")
    for visit in found.to_record:
        which = f"the visit of {visit.day:%-d %B %Y} ({visit.session}) has to be recorded as not held"
        anew = f"lodestar decide move-visit {visit.case_id} --visit {visit.session} --slip school_closed"
        say(f"Case {visit.case_id}: {which}: have it dated anew with `{anew}`, or cancel it with cancel-visit.")
    for note in found.silent:
        which = f"the note of the visit of {note.day:%-d %B %Y} ({note.session}) was taken as accurate before its school had all its days"
        say(f"Case {note.case_id}: {which}: if the school says otherwise, correct it with `lodestar decide correct-note`.")
