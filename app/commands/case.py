"""lodestar case: where each school stands, and how it came there."""

from cyclopts import App
from sqlmodel import col, select

from app.commands.note import note
from app.output import indented, say, show, show_json, show_table, spelt
from app.session import AsOf, Json, Number, moment, open_database
from models.case import Case
from models.moments import day_of
from models.school import School
from models.trail import Event
from models.words import Role, Stage, Status, Turn
from reports.case_file import case_file, find_case
from reports.case_words import in_words
from reports.census import census_reports
from reports.words import plainly, title_of
from stages.brief import find_commission, load_brief
from stages.broker.handover import handover_pack
from stages.reminders.lines import counted
from stages.turns import waiting, whose_turn

case = App(name="case")


@case.command(name="list")
def list_cases(*, commission: str, stage: Stage | None = None, status: Status | None = None, turn: Turn | Role | None = None,
               as_of: AsOf = None, json: Json = False) -> None:  # fmt: skip
    """List a commission's cases, all or those in a stage, in a status, or waiting for somebody (the lead, where the programme says so)."""
    with open_database().reading() as session:
        commission_id = find_commission(session, commission).id
        brief = load_brief(session, commission_id, [])
        query = select(Case, School.name).join(School, col(School.urn) == Case.urn).where(Case.commission_id == commission_id)
        for column, wanted in ((Case.stage, stage), (Case.status, status)):
            query = query.where(column == wanted) if wanted else query
        found = session.exec(query.order_by(col(Case.id))).all()
        waits = waiting(session, brief, [c for c, _ in found], day_of(moment(as_of)))
    word = str if json else spelt
    rows = []
    for c, name in found:
        mine = waits.get(c.id, [])
        whose = mine[0].whose if mine else whose_turn(brief.programme, c)
        if turn and turn.value not in ({one.whose for one in mine} or {whose}):
            continue
        acts = whose if json else "; ".join(one.to_do for one in mine) or whose
        row = {"case": c.id, "urn": c.urn, "school": name, "stage": c.stage.value, "status": word(c.status.value),
               "turn": acts, "due": mine[0].due if mine else c.due, "category": c.category}  # fmt: skip
        rows.append(row | ({"next": whose, "waits_for": [one.as_json() for one in mine]} if json else {}))
    show(rows, "No such cases.", json, spare=("stage",))


@case.command(name="show")
def show_case(number: Number, /, *, as_of: AsOf = None, json: Json = False) -> None:
    """Show everything about one case: need, match, visits, notes, plan with its actions, reviews."""
    with open_database().reading() as session:
        value = case_file(session, number, moment(as_of))
    if json:
        show_json(value)
    else:
        say(in_words(value))


@case.command
def history(number: Number, /, *, json: Json = False) -> None:
    """Show a case's audit trail, line by line."""
    with open_database().reading() as session:
        find_case(session, number)
        found = session.exec(select(Event).where(Event.case_id == number).order_by(col(Event.id))).all()
    rows = [{"at": e.at.in_timezone("Europe/London").format("YYYY-MM-DD HH:mm"), "what": e.kind, "by": f"{e.by} ({e.role.value})", "from": e.before,
             "to": e.after, "why": e.detail.get("reason")} for e in found]  # fmt: skip
    if json:
        show_json(rows)
        return
    for event, row in zip(found, rows, strict=True):
        by = event.by if event.role.value in event.by else row["by"]
        moved = f" -> {plainly(event.after)}" if event.after and event.after != event.before else ""
        say(f"{row['at']}  {title_of(event.kind)}, {by}{moved}")
        for line in (str(row["why"]) if row["why"] else "").splitlines():
            for part in indented(line):
                say(part)


@case.command
def reports(number: Number, /, *, json: Json = False) -> None:
    """Show the reports that a school has had of its censuses, as it was told: its own shares beside all schools', and its trend."""
    with open_database().reading() as session:
        found = census_reports(session, find_case(session, number).id)
    if json:
        show_json(found)
        return
    for report in found:
        show_table(report["lines"], "", f"{report['instrument']} {report['year']}: {counted(report['schools'], 'school')} answered")
        say("")
    if not found:
        say("No report yet: it goes when every school that was asked has answered or been waited for.")


@case.command
def handover(number: Number, /, *, json: Json = False) -> None:
    """Show what somebody who takes a case over has to know: needs, visits, plan, reviews, and what is still to come."""
    with open_database().reading() as session:
        found = find_case(session, number)
        pack = handover_pack(session, load_brief(session, found.commission_id, [found.urn]), found)
    if json:
        show_json(pack)
        return
    for part in pack:
        say(f"\n{part['title']}")
        for line in part["lines"]:
            for text in indented(f"- {line}", by=2):
                say(text)


case.command(note)
