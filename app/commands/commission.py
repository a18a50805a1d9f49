"""lodestar commission: open, advance, remind, take in, pause, resume, end and close; what only looks at one is next door."""

import datetime

from sqlmodel import col, select

from app.commands.commission_seen import app, some_of
from app.output import say, show, show_json, show_table
from app.session import As, AsOf, By, Json, Number, Reason, Seed, moment, open_database
from models.commission import Commission, ProgrammeVersion
from models.database import until_saved
from models.money import pence
from models.words import CommissionStatus, Role
from programmes.catalogue import find_programme
from stages.brief import check_running, find_commission, load_brief
from stages.commission import decide, opening
from stages.commission.joining import join as join_on_request
from stages.commission.rolling import set_end
from stages.pipeline import run_all
from stages.record import Actor
from stages.reminders.lines import counted
from stages.reminders.work import remind as remind_commission
from stages.reminders.worklists import lead_of, next_worklist

_SENT = {"overdue": "overdue notice"}


@app.command(name="list")
def list_(*, json: Json = False) -> None:
    """List the commissions."""
    with open_database().reading() as session:
        found = session.exec(
            select(Commission, ProgrammeVersion.slug)
            .join(ProgrammeVersion, col(ProgrammeVersion.id) == Commission.programme_version_id)
            .order_by(col(Commission.id))
        ).all()
    rows = [{"reference": c.reference, "programme": slug, "status": c.status.value, "starts": c.starts, "ends": c.ends} for c, slug in found]
    show(rows, "No commissions yet: open one with `lodestar commission open`.", json)


@app.command(name="open")
@until_saved
def open_(
    reference: str, /, *, programme: str, commissioner: str, starts: datetime.date, budget: str, ends: datetime.date | None = None,
    role: As = Role.COMMISSIONER, by: By = "commissioner", seed: Seed = 1, as_of: AsOf = None, json: Json = False,
) -> None:  # fmt: skip
    """Open a commission: choose its schools, make their cases, and write to them.

    Parameters
    ----------
    reference
        A short name of your own for the commission.
    programme
        Name of a shipped programme, or the path of a programme file.
    commissioner
        Who buys it, as in `lodestar commissioner list`.
    starts
        First day, from today on.
    budget
        What the commissioner pays, in pounds.
    ends
        Last day; the programme's own length if left out.
    """
    found = find_programme(programme)
    terms = opening.Terms(reference, commissioner, starts, pence(budget), ends, seed)
    with open_database().writing() as session:
        opened = opening.open_commission(session, found, terms, Actor(role, by), moment(as_of))
        nobody_reads = found.schedule.note.quality_assurance != "none" and lead_of(session) is None
    if json:
        show_json({"reference": reference, "invited": opened.invited, "asked": opened.asked, "out": opened.out})
        return
    are_in = f"{counted(opened.invited, 'school')} {'is' if opened.invited == 1 else 'are'} in"
    say(f"{reference} is open: {are_in}, {opened.asked} are asked, {opened.out} are out.")
    if opened.without_address:
        say(f"Of {opened.without_address} of them no headteacher's address is known: `lodestar contact load FILE` first, or they are not written to.")
    if opened.followed:
        pairs = some_of([f"{urn} by {later}" for urn, later in sorted(opened.followed.items())])
        say(f"By the links of the register {len(opened.followed)} of these {'has' if len(opened.followed) == 1 else 'have'} been followed by another "
            f"school since ({pairs}): load a newer register, and `lodestar decide succeed` moves such a case on.")  # fmt: skip
    if nobody_reads:
        say("Notes of visit are read by the partnership lead before they are published, and there is none: add one with "
            "`lodestar person add NAME --email ADDRESS --role lead`.")  # fmt: skip
    say(f"Next: `lodestar commission advance {reference}`.")


@app.command
def advance(reference: str, /, *, as_of: AsOf = None, json: Json = False) -> None:
    """Do everything that is ready in all five stages, here and now, without Prefect."""
    database, at = open_database(), moment(as_of)
    with database.reading() as session:
        commission = find_commission(session, reference)
    check_running(commission)
    done = {stage.value: tally.as_json() for stage, tally in run_all(database, commission.id, at).items()}
    if json:
        show_json(done)
        return
    rows = [{"stage": stage, "what": move, "cases": count} for stage, tally in done.items() for move, count in tally["moves"].items()]
    rows += [{"stage": stage, "what": f"stayed: {why}", "cases": count} for stage, tally in done.items() for why, count in tally["stayed"].items()]
    show_table(rows, "Nothing was ready: everything waits for people, or for a date.")


@app.command
def remind(reference: str, /, *, as_of: AsOf = None) -> None:
    """Put today's reminders into the outbox, and say when the next worklist goes; twice a day does nothing more."""
    database, at = open_database(), moment(as_of)
    with database.reading() as session:
        commission = find_commission(session, reference)
    check_running(commission)
    counts = remind_commission(database, commission.id, at)
    said = [counted(count, _SENT.get(kind, kind)) for kind, count in sorted(counts.items(), key=lambda one: -one[1])]
    together = " and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)
    if said:
        say(f"{together} {'was' if counts.total() == 1 else 'were'} put into the outbox.")
    else:
        say("Nobody has to be reminded today.")
    upcoming = next_worklist(database, commission.id, at)
    if upcoming:
        holds = counted(upcoming[1], "open item")
        say(f"The next worklists go on {upcoming[0]:%A %-d %B %Y}; as things stand they hold {holds} for adviser, commissioner and supporters.")


@app.command
@until_saved
def join(reference: str, urn: Number, /, *, role: As = Role.SCHOOL, by: By = "headteacher", as_of: AsOf = None) -> None:
    """Take a school in on its request, where the programme does; also one that had declined."""
    with open_database().writing() as session:
        brief = load_brief(session, find_commission(session, reference).id, [urn])
        number = join_on_request(session, brief, urn, Actor(role, by), moment(as_of))
        waits = brief.programme.take_part.limits_opt_ins
    does = "wants a place" if waits else "takes part"
    say(f"School {urn} {does}: case {number}. Next: `lodestar commission advance {reference}`.")


@app.command
@until_saved
def end(reference: str, /, *, on: datetime.date, role: As, by: By, reason: Reason = None, as_of: AsOf = None) -> None:
    """Set the last day of a commission that has no end agreed; its cases are then brought to their evaluation."""
    with open_database().writing() as session:
        set_end(session, find_commission(session, reference), on, Actor(role, by), reason or "", moment(as_of))
    say(f"{reference} ends on {on:%-d %B %Y}.")


@until_saved
def _set(reference: str, status: CommissionStatus, role: Role, by: str, reason: str | None, as_of: datetime.datetime | None) -> None:
    with open_database().writing() as session:
        decide.set_status(session, find_commission(session, reference), status, Actor(role, by), reason or "", moment(as_of))
    say(f"{reference} is {status.value} now.")


@app.command
def pause(reference: str, /, *, role: As, by: By, reason: Reason = None, as_of: AsOf = None) -> None:
    """Pause a commission: nothing moves until it is resumed."""
    _set(reference, CommissionStatus.PAUSED, role, by, reason, as_of)


@app.command
def resume(reference: str, /, *, role: As, by: By, reason: Reason = None, as_of: AsOf = None) -> None:
    """Resume a paused commission."""
    _set(reference, CommissionStatus.RUNNING, role, by, reason, as_of)


@app.command
def close(reference: str, /, *, role: As, by: By, reason: Reason = None, as_of: AsOf = None) -> None:
    """Close a commission; refused while any of its cases is open."""
    _set(reference, CommissionStatus.CLOSED, role, by, reason, as_of)
