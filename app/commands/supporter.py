"""lodestar supporter: who can help, where they are too close, what was checked, when they are away."""

import datetime
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from sqlmodel import Session, col, select

from app.lists import read_rows
from app.output import say, show, show_json, show_table
from app.session import As, AsOf, By, Json, Number, Reason, moment, open_database
from models.database import until_saved
from models.errors import BadInput, NotFound
from models.supporter import Expertise, Supporter
from models.words import ConflictKind, ConflictOutcome, Role
from programmes.catalogue import find_programme
from reports.brokering import register_of_conflicts
from reports.supporters import in_short, supporter_file, weekdays, works
from stages import loading
from stages.broker.conflicts import decide_conflict
from stages.broker.declarations import declare, declared
from stages.broker.due_diligence import checks_of, record_check
from stages.broker.leaving import leave_for_good
from stages.broker.supporters import NewSupporter, skills_of, take_on_supporters
from stages.lists import checked, known
from stages.record import Actor
from stages.reminders.lines import counted
from stages.schedule.decide import record_leave
from stages.skills import asked_for_by_none
from stages.trusts import of_nobody_else

app = App(name="supporter")


def _find(session: Session, name: str) -> Supporter:
    """Return a supporter by name; NotFound otherwise."""
    found = session.exec(select(Supporter).where(Supporter.name == name)).first()
    if found is None:
        raise NotFound(f'There is no supporter "{name}": `lodestar supporter list` shows those there are.')
    return found


@app.command(name="load")
@until_saved
def load_supporters(file: Path, /, *, role: As = Role.LEAD, by: By = "partnership lead", as_of: AsOf = None) -> None:
    """Add supporters from a csv or xlsx file: name, email, kind, skills, days_a_year or days_by_term, pounds_a_day, working_days, easting..."""
    rows = read_rows(file)
    with open_database().writing() as session:
        new = checked(NewSupporter, rows, file.name, moment(as_of).date(), known(session))
        ids = take_on_supporters(session, new, Actor(role, by), moment(as_of))
        unknown = asked_for_by_none(session, {skill["skill"] for one in new for skill in skills_of(one)})
        trusts = of_nobody_else(session, {one.trust for one in new if one.trust}, ids)
    say(f"{counted(len(ids), 'supporter')} {'was' if len(ids) == 1 else 'were'} added.")
    for skill, near in unknown.items():
        say(f'No programme asks for the skill "{skill}"{f": was {near} meant?" if near else "."}')
    for trust, near in trusts.items():
        meant = f"was {near} meant?" if near else "is it a slip?"
        say(f'No school of the register and no other supporter is of the trust "{trust}", so no link with its schools would be seen: {meant}')


@app.command(name="conflicts")
@until_saved
def load_conflicts(file: Path, /, *, role: As = Role.LEAD, by: By = "partnership lead", as_of: AsOf = None) -> None:
    """Declare conflicts from a csv or xlsx file: supporter, urn, kind. Each bars a match until it is decided on."""
    rows = read_rows(file)
    with open_database().writing() as session:
        new = checked(loading.NewConflict, rows, file.name, there=known(session))
        count = loading.add_conflicts(session, new, Actor(role, by), moment(as_of))
    say(f"{counted(count, 'conflict')} {'was' if count == 1 else 'were'} declared.")


@app.command(name="list")
def list_supporters(*, as_of: AsOf = None, json: Json = False) -> None:
    """List the supporters."""
    with open_database().reading() as session:
        found = session.exec(select(Supporter).order_by(col(Supporter.id))).all()
        skills: dict[int, list[str]] = {}
        for one in session.exec(select(Expertise).order_by(col(Expertise.id))).all():
            skills.setdefault(one.supporter_id, []).append(f"{one.skill} {one.level}" + (f" ({one.phase.value})" if one.phase else ""))
        fresh = declared(session, moment(as_of).date())
    rows = [{"id": s.id, "name": s.name, "kind": s.kind.value, "skills": ", ".join(skills.get(s.id, [])),
             "declared": "yes" if s.id in fresh else "no", "days_a_year": s.half_days_a_year / 2, "pounds_a_day": s.cost_a_day / 100,
             "caseload_cap": s.caseload_cap, "trust": s.trust, "employer_urn": s.employer_urn, "working_days": weekdays(s.working_days),
             "easting": s.base_easting, "northing": s.base_northing, "active": "yes" if s.active else "no"} for s in found]  # fmt: skip
    spare = ("caseload_cap", "trust", "employer_urn", "working_days", "easting", "northing")
    show(rows, "No supporters yet: add some with `lodestar supporter load FILE`.", json, spare=spare)


@app.command(name="show")
def show_supporter(name: str, /, *, as_of: AsOf = None, json: Json = False) -> None:
    """Show one supporter: skills with their evidence, what is promised, links with schools, and the track record."""
    with open_database().reading() as session:
        known = supporter_file(session, _find(session, name), moment(as_of).date())
    if json:
        show_json(known)
        return
    days = f"{known['days_a_year']:g} {'day' if known['days_a_year'] == 1 else 'days'} a year, {known['days_promised']:g} promised"
    say(f"{name}, {known['kind']}{'' if known['active'] else ', has left'}: {days}.")
    say(works(known))
    if known["terms"]:
        show_table(known["terms"], "", "Days by term", spare=("away", "used"))
    say(f"Declaration of interests: {'made' if known['declared'] else 'not made, or out of date'}.")
    show_table(known["skills"], "No skills are recorded.", "Skills", spare=("phase", "evidence"))
    show_table(known["links"], "No links with schools are known.", "Links with schools")
    served = [{key: value for key, value in row.items() if key != "closed"} for row in known["track_record"]]
    show_table(served, "No cases yet.", f"Track record: {in_short(known['track_record'])}", spare=("judgement",))


@app.command
@until_saved
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
    """Record that a supporter is away; every visit and meeting in that time is given a new date at the engine's next turn."""
    with open_database().writing() as session:
        count = record_leave(session, _find(session, name), first, last, Actor(role, by), reason or "", moment(as_of))
    moves = f"{count} {'visit or meeting has' if count == 1 else 'visits and meetings have'} to move"
    say(f"{name} is away from {first:%-d %B %Y} to {last:%-d %B %Y}; {moves}.")


@app.command
@until_saved
def conflict(
    name: str, urn: Number, outcome: ConflictOutcome, /, *, role: As, by: By, mitigation: str | None = None,
    kind: Annotated[ConflictKind | None, Parameter(help="Which link, where there are several with this school.")] = None,
    reason: Annotated[str | None, Parameter(help="Why; nothing is cleared or barred without it.")] = None, as_of: AsOf = None,
) -> None:  # fmt: skip
    """Decide on a declared conflict: clear or barred (say why with --reason), or managed (say how with --mitigation)."""
    with open_database().writing() as session:
        touched = decide_conflict(session, name, urn, outcome, Actor(role, by), moment(as_of), mitigation, kind, reason)
    say(f"The conflict of {name} with school {urn} is {outcome.value}.")
    for one in touched:
        paused = f"resume the case with `lodestar decide resume {one.case.id}` and then " if one.case.paused_since is not None else ""
        do = f"{paused}seek somebody else with `lodestar decide replace-supporter {one.case.id}`"
        say(f"{name} supports {one.school} in case {one.case.id} now: {do}.")


@app.command
def checks(name: str, /, *, programme: Annotated[str, Parameter(help="Name of the programme that asks for the checks.")], json: Json = False) -> None:
    """Show which checks a programme asks for on a supporting organisation, and which are done."""
    with open_database().reading() as session:
        rows = checks_of(session, _find(session, name), find_programme(programme))
    show(rows, f"{programme} asks for no checks.", json)


@app.command
@until_saved
def check(
    name: str, number: Number, /, *, programme: Annotated[str, Parameter(help="Name of the programme that asks for the check.")],
    seen: Annotated[str, Parameter(help="What was seen: a document, its date, where it is kept.")], role: As, by: By, as_of: AsOf = None,
) -> None:  # fmt: skip
    """Record that a check on a supporting organisation is done; it cannot be matched before all of a programme's checks are."""
    with open_database().writing() as session:
        left = record_check(session, _find(session, name), find_programme(programme), number, seen, Actor(role, by), moment(as_of))
    say(f"Recorded. {'All checks are done' if not left else f'Still to do: {left}'}.")


@app.command(name="declare")
@until_saved
def declare_(
    name: str, /, *, conflict: Annotated[list[str] | None, Parameter(help="A link, as URN:KIND or URN:KIND:LAST-DAY; once for each.")] = None,
    nothing: Annotated[bool, Parameter(name="--nothing", negative="", help="There is nothing to declare.")] = False,
    role: As = Role.SUPPORTER, by: By = "supporter", as_of: AsOf = None,
) -> None:  # fmt: skip
    """Record a supporter's yearly declaration of interests: the links with schools, or that there are none."""
    if bool(conflict) == nothing:
        raise BadInput("Give each link with --conflict URN:KIND, or say --nothing.")
    links = [_link(one) for one in conflict or []]
    with open_database().writing() as session:
        made = declare(session, _find(session, name), links, Actor(role, by), moment(as_of))
        stays = [(row.urn, row.kind.value.replace("_", " "), row.outcome.value) for row in made.stay]
    links_new = f"; {made.new} new link{' is' if made.new == 1 else 's are'} to be decided on" if made.new else ""
    say(f"The declaration of {name} is recorded{links_new}.")
    for urn, kind, outcome in stays:
        say(f"The link with school {urn} ({kind}) stays {outcome}: the partnership decides whether it is over, and its advisers are told.")


def _link(text: str) -> tuple[int, ConflictKind, datetime.date | None]:
    """Return a link from URN:KIND or URN:KIND:LAST-DAY; BadInput if it is not written so."""
    urn, _, rest = text.partition(":")
    kind, _, until = rest.partition(":")
    try:
        return int(urn), ConflictKind(kind.replace("-", "_")), datetime.date.fromisoformat(until) if until else None
    except ValueError as error:
        kinds = ", ".join(one.value for one in ConflictKind)
        raise BadInput(f'"{text}" is no link: write URN:KIND, such as 990005:governor; the kinds are {kinds}.') from error


@app.command(name="register")
def register_(
    *, undecided: Annotated[bool, Parameter(name="--undecided", negative="", help="Only those that are still to be decided on.")] = False,
    json: Json = False,
) -> None:  # fmt: skip
    """Show the register of conflicts of interest: who with which school, since when, from where, and what was decided."""
    with open_database().reading() as session:
        rows = register_of_conflicts(session, undecided=undecided)
    show(rows, "No conflicts of interest are known.", json, spare=("since", "until"))


@app.command
@until_saved
def leaves(name: str, /, *, reason: Reason = None, role: As = Role.LEAD, by: By = "partnership lead", as_of: AsOf = None) -> None:
    """Take a supporter who leaves for good off the list; each case with visits to come is given to somebody else at the engine's next turn."""
    with open_database().writing() as session:
        left = leave_for_good(session, _find(session, name), Actor(role, by), reason or "", moment(as_of))
    touched = left.replaced or left.finished or left.paused
    say(f"{name} has left.{'' if touched else ' No case is touched.'}")
    for cases, becomes in (
        (left.replaced, "matched anew at the engine's next turn; `lodestar case handover NUMBER` shows what whoever takes one over has to know"),
        (left.finished, "in need of nobody any more"),
        (left.paused, "waiting: paused, or matched otherwise at the moment"),
    ):
        if cases:
            say(f"{counted(len(cases), 'case')} {'is' if len(cases) == 1 else 'are'} {becomes}: {', '.join(map(str, cases))}.")
