"""lodestar supporter: who can help, where they are too close, what was checked, when they are away."""

import datetime
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from sqlmodel import Session, col, select

from app.lists import read_rows
from app.output import say, show
from app.session import As, AsOf, By, Json, Number, Reason, moment, open_database
from models.errors import NotFound
from models.supporter import Supporter
from models.words import ConflictOutcome, Role
from programmes.catalogue import find_programme
from stages import loading
from stages.broker.due_diligence import checks_of, record_check
from stages.record import Actor
from stages.schedule.decide import record_leave

app = App(name="supporter", help="Who can help.")


def _find(session: Session, name: str) -> Supporter:
    """Return a supporter by name; NotFound otherwise."""
    found = session.exec(select(Supporter).where(Supporter.name == name)).first()
    if found is None:
        raise NotFound(f'There is no supporter "{name}": `lodestar supporter list` shows those there are.')
    return found


@app.command(name="load")
def load_supporters(file: Path, /) -> None:
    """Add supporters from a csv file: name, email, kind, skills, days_a_year, pounds_a_day, working_days, easting, northing..."""
    new = loading.checked(loading.NewSupporter, read_rows(file), file.name)
    with open_database().writing() as session:
        say(f"{len(loading.add_supporters(session, new))} supporters were added.")


@app.command(name="conflicts")
def load_conflicts(file: Path, /, *, as_of: AsOf = None) -> None:
    """Declare conflicts from a csv file: supporter, urn, kind. Each bars a match until it is decided on."""
    new = loading.checked(loading.NewConflict, read_rows(file), file.name)
    with open_database().writing() as session:
        say(f"{loading.add_conflicts(session, new, moment(as_of).date())} conflicts were declared.")


@app.command(name="list")
def list_supporters(*, json: Json = False) -> None:
    """List the supporters."""
    with open_database().reading() as session:
        found = session.exec(select(Supporter).order_by(col(Supporter.id))).all()
    rows = [{"id": s.id, "name": s.name, "kind": s.kind.value, "days_a_year": s.half_days_a_year / 2, "pounds_a_day": s.cost_a_day / 100,
             "active": "yes" if s.active else "no"} for s in found]  # fmt: skip
    show(rows, "No supporters yet: add some with `lodestar supporter load FILE`.", json)


@app.command
def leave(
    name: str,
    /,
    *,
    first: datetime.date,
    last: datetime.date,
    reason: Reason = None,
    role: As = Role.ADVISER,
    by: By = "link adviser",
    as_of: AsOf = None,
) -> None:
    """Record that a supporter is away; every visit in that time is given a new date at the engine's next turn."""
    with open_database().writing() as session:
        count = record_leave(session, _find(session, name), first, last, Actor(role, by), reason or "", moment(as_of))
    say(f"{name} is away from {first:%-d %B %Y} to {last:%-d %B %Y}; {count} visits have to move.")


@app.command
def conflict(name: str, urn: Number, outcome: ConflictOutcome, /, *, role: As, by: By, mitigation: str | None = None, as_of: AsOf = None) -> None:
    """Decide on a declared conflict: clear, managed (say how with --mitigation) or barred."""
    with open_database().writing() as session:
        loading.decide_conflict(session, name, urn, outcome, mitigation, Actor(role, by), moment(as_of))
    say(f"The conflict of {name} with school {urn} is {outcome.value}.")


@app.command
def checks(name: str, /, *, programme: Annotated[str, Parameter(help="Name of the programme that asks for the checks.")], json: Json = False) -> None:
    """Show which checks a programme asks for on a supporting organisation, and which are done."""
    with open_database().reading() as session:
        rows = checks_of(session, _find(session, name), find_programme(programme))
    show(rows, f"{programme} asks for no checks.", json)


@app.command
def check(
    name: str, number: Number, /, *, programme: Annotated[str, Parameter(help="Name of the programme that asks for the check.")],
    seen: Annotated[str, Parameter(help="What was seen: a document, its date, where it is kept.")], role: As, by: By, as_of: AsOf = None,
) -> None:  # fmt: skip
    """Record that a check on a supporting organisation is done; it cannot be matched before all of a programme's checks are."""
    with open_database().writing() as session:
        left = record_check(session, _find(session, name), find_programme(programme), number, seen, Actor(role, by), moment(as_of))
    say(f"Recorded. {'All checks are done' if not left else f'Still to do: {left}'}.")
