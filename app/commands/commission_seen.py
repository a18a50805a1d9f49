"""lodestar commission, from above: where it stands, who is in and why, need side by side, answers, themes and the report."""

from collections.abc import Sequence
from typing import Annotated

import pendulum
from cyclopts import App, Parameter
from sqlmodel import col, select

from app.output import say, show, show_json, show_table
from app.session import As, AsOf, By, Json, Number, moment, open_database
from app.shown import show_summary
from models.commission import Selection
from models.database import Database, until_saved
from models.errors import BadInput
from models.school import School
from models.settings import Settings
from models.words import Role
from reports.answers import at_a_glance, counts, load_answers, over_time, response_rate
from reports.diagnosis import distribution, known_figures, ranked, sensitivity_table, shown, shown_figures
from reports.page import write_report
from reports.places import places as list_places
from reports.summary import summarise
from reports.words import SELECTED
from stages.asking import choose
from stages.brief import find_commission, load_brief
from stages.commission.themes import issue_guide, issue_report, read_themes, record_themes
from stages.record import Actor
from stages.reminders.lines import counted

app = App(name="commission")


@app.command
def status(reference: str, /, *, as_of: AsOf = None, json: Json = False) -> None:
    """Show where a commission stands: cases, visits, messages, money, KPIs."""
    with open_database().reading() as session:
        summary = summarise(session, find_commission(session, reference).id, moment(as_of))
    if json:
        show_json(summary)
    else:
        show_summary(summary)


@app.command
def selection(reference: str, /, *, json: Json = False) -> None:
    """Show which schools are in, asked or out, and why."""
    with open_database().reading() as session:
        commission = find_commission(session, reference)
        found = session.exec(
            select(Selection, School.name).join(School, col(School.urn) == Selection.urn).where(Selection.commission_id == commission.id)
            .order_by(col(Selection.outcome), col(Selection.urn))
        ).all()  # fmt: skip
        take_part = load_brief(session, commission.id, []).programme.take_part
    rows = [
        {"urn": s.urn, "school": name, "outcome": s.outcome if json else SELECTED.get(s.outcome, s.outcome), "why": s.reason} for s, name in found
    ]
    show(rows, "No selection.", json)
    if take_part.places is not None and take_part.ranked_by == "score" and not json:
        say("Scores in these reasons compare all schools that were looked at, when places were given; a diagnosis compares those that take part.")


@app.command
def places(reference: str, /, *, as_of: AsOf = None, json: Json = False) -> None:
    """Show who has one of the places, who waits for one and as how manieth, and why, where places are limited among schools that opt in."""
    with open_database().reading() as session:
        found = list_places(session, load_brief(session, find_commission(session, reference).id), moment(as_of))
    if json:
        show_json(found)
        return
    say(f"{counted(found['places'], 'place')}, {found['free']} free.")
    show_table(found["schools"], "No school has asked for a place yet.")


@app.command
def diagnosis(reference: str, /, *, last: Annotated[Number | None, Parameter(help="Only so many, highest need first.")] = None,
              json: Json = False) -> None:  # fmt: skip
    """Rank a commission's schools by need; show what is known of them, how the scores are spread, and which schools hang on a weight."""
    with open_database().reading() as session:
        commission_id = find_commission(session, reference).id
        rows, shifts = ranked(session, commission_id), sensitivity_table(session, commission_id)
        figures = known_figures(session, commission_id)
    if json:
        show_json({"ranked": rows[:last], "known": figures, "distribution": distribution(rows), "sensitivity": shifts})
        return
    show_table(shown(rows[:last]), "No school has been diagnosed yet.", "Need, highest first")
    if not rows:
        return
    if figures:
        show_table(shown_figures(figures), "", "What the scores stand on")
    show_table(distribution(rows), "", "Schools by score")
    lines = [{**shift, "which": some_of(shift["which"])} for shift in shifts]
    show_table(lines, "No weights to move.", "If one weight were a fifth lower or higher")


def some_of(names: Sequence[str]) -> str:
    """Return the first five of some names, and how many more there are."""
    return "; ".join(names[:5]) + (f"; and {len(names) - 5} more" if len(names) > 5 else "")


@app.command
def answers(
    reference: str, /, *, instrument: Annotated[str | None, Parameter(help="Which instrument, where there are several.")] = None, json: Json = False
) -> None:
    """Show what schools answered at a glance: each school's newest judgements with the change since its first, means by term, counts."""
    with open_database().reading() as session:
        commission_id = find_commission(session, reference).id
        brief = load_brief(session, commission_id, [])
        chosen = choose(brief.programme.title, brief.programme.diagnose.instruments, instrument, {})
        found = load_answers(session, commission_id, chosen.id)
        rate = response_rate(session, commission_id, chosen.id)
    parts = {"rounds": rate, "schools": at_a_glance(chosen, found), "terms": over_time(chosen, found), "counts": counts(chosen, found)}
    if json:
        show_json({"instrument": chosen.id, **parts})
        return
    say(f"{chosen.title} ({chosen.id})")
    for title, name in (("Rounds", "rounds"), ("Schools: newest judgement, and its change since the first", "schools"), ("By term", "terms"),
                        ("Counts", "counts")):  # fmt: skip
        if parts[name] or name == "schools":
            say("")
            show_table(parts[name], "No school has answered yet.", title, spare=("urn", "first"))


@app.command
def report(reference: str, /, *, as_of: AsOf = None) -> None:
    """Write the report of a commission as an HTML page, and say where."""
    database = open_database()
    with database.reading() as session:
        commission_id = find_commission(session, reference).id
    say(str(write_report(database, commission_id, moment(as_of), Settings().home / "reports")))


@app.command
def themes(
    reference: str,
    /,
    *,
    guide: Annotated[str | None, Parameter(help="Title of a guide to issue, with --theme.")] = None,
    theme: Annotated[str | None, Parameter(help="The theme that the guide is on.")] = None,
    report: Annotated[str | None, Parameter(help="Title of a report to issue, on all themes.")] = None,
    role: As = Role.ADVISER,
    by: By = "link adviser",
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Read the themes across a commission's cases; with --guide and --theme, or --report, issue a guide or a report to every school in it."""
    if report is not None and (guide is not None or theme is not None):
        raise BadInput("A report is on all themes: give --report alone, or --guide with --theme.")
    if guide is not None and theme is None:
        raise BadInput("Which theme is the guide on? Give it with --theme.")
    if report is not None:
        _report_themes(reference, report, Actor(role, by), moment(as_of))
        return
    database, at = open_database(), moment(as_of)
    with database.reading() as session:
        commission_id = find_commission(session, reference).id
    record_themes(database, commission_id, at)
    with database.reading() as session:
        found = summarise(session, commission_id, at)["themes"]
    if guide is None or theme is None:
        show(found, "No themes yet, or the programme has none.", json)
        return
    count = _issue_guide(database, commission_id, Actor(role, by), at, theme, guide)
    say(f'The guide "{guide}" goes to {counted(count, "school")}.')


@until_saved
def _issue_guide(database: Database, commission_id: int, actor: Actor, at: pendulum.DateTime, theme: str, title: str) -> int:
    with database.writing() as session:
        return issue_guide(session, load_brief(session, commission_id), actor, at, theme, title)


@until_saved
def _report_themes(reference: str, title: str, actor: Actor, at: pendulum.DateTime) -> None:
    """Read the themes and issue the report on them together, or neither."""
    with open_database().writing() as session:
        brief = load_brief(session, find_commission(session, reference).id)
        read_themes(session, brief, at)
        count = issue_report(session, brief, actor, at, title)
    say(f'The report "{title}" goes to {counted(count, "school")}.')
