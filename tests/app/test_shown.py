"""What people read of cases and commissions: who decided what and why, words instead of keys, days as people write them."""

import datetime
import re
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from app.commands.decide import QUOTED
from models.commission import Commission, ProgrammeVersion
from models.database import Database
from models.message import Message
from models.school import SchoolLink
from models.words import Role, Status, VisitStatus
from notifications.rendering import render
from reports.page import report_page
from reports.summary import summarise
from reports.words import means, met, title_of
from stages.journey import MOVES
from tests.app.conftest import Run
from tests.stages.builders import NOTE, Journey, journey, small_programme

REFERENCE = "999-economic-exclusion"
WHY = "Marbles were lost in the orchard."


def shown(lodestar: Run, case: Journey) -> str:
    ran = lodestar("case", "show", case.case_id)
    assert (ran.code, ran.err) == (0, "")
    return ran.out


def said_to_school(case: Journey) -> str:
    """Return everything that was written to the case's school."""
    with case.database.reading() as session:
        query = select(Message).where(Message.case_id == case.case_id, Message.to_role == "headteacher").order_by(col(Message.id))
        return "\n".join(render(message.kind, message.context).text for message in session.exec(query).all())


def test_an_override_is_shown_as_such_beside_the_diagnosis(lodestar: Run, case: Journey) -> None:
    case.until(Status.AWAITING_CONFIRMATION)
    other = {"universal": "targeted", "targeted": "universal"}[str(case.case.category)]
    case.decide("override", Role.ADVISER, category=other, reason=WHY)
    text = shown(lodestar, case)
    assert f"Set by hand to {other.capitalize()} support by the adviser on {case.at:%-d %B %Y}, against the diagnosis. Why: {WHY}" in text
    assert f"Category: {other.capitalize()} support, " in text


def test_an_override_says_after_which_day_it_is_looked_at_again(lodestar: Run, case: Journey) -> None:
    case.until(Status.AWAITING_CONFIRMATION)
    other = {"universal": "targeted", "targeted": "universal"}[str(case.case.category)]
    case.decide("override", Role.ADVISER, category=other, reason=WHY, until=datetime.date(2027, 2, 5))
    text = shown(lodestar, case)
    assert f"Why: {WHY} To be looked at again after 5 February 2027." in text
    assert sum(WHY in line for line in text.splitlines() if line.startswith("  - ")) == 1


def test_a_reply_is_shown_with_its_outcome_and_who_changed_the_category(lodestar: Run, case: Journey) -> None:
    case.until(Status.TO_MATCH)
    was = str(case.case.category)
    other = {"universal": "targeted", "targeted": "universal"}[was]
    case.decide("reply-to-category", Role.SCHOOL, reason="Our roll has grown.")
    assert "\nReplies to the category\n" in shown(lodestar, case) and "Our roll has grown. Not looked at again yet." in shown(lodestar, case)
    case.decide("moderate", Role.ADVISER, reason=WHY, category=other)
    on, text = f"{case.at:%-d %B %Y}", shown(lodestar, case)
    assert f"Our roll has grown. Outcome on {on}: the category was changed, by the adviser (adviser). Why: {WHY}" in text
    assert f"Looked at again by the adviser on {on}: changed by hand to {other.capitalize()} support. Why: {WHY}" in text
    case.decide("moderate", Role.LEAD, reason="Nothing new.")
    assert f"Looked at again by the lead on {on}: it stays {other.capitalize()} support. Why: Nothing new." in shown(lodestar, case)


def test_a_supporter_is_only_proposed_until_all_have_agreed_and_its_distance_is_said_once(lodestar: Run, case: Journey) -> None:
    text = shown(lodestar, case.until(Status.AWAITING_SUPPORTER))
    assert "\nProposed supporter: " in text and "(broker, awaiting supporter)" in text
    line = next(line for line in text.splitlines() if line.startswith("  - ") and "£" in line).partition("Runner-up")[0]
    assert line.count("km away") + line.count("distance not known") == 1
    assert "\nSupporter: " in shown(lodestar, case.until(Status.BOOKED))


@pytest.mark.parametrize(
    ("status", "kind", "role", "words"),
    [(Status.AWAITING_APPROVAL, "refuse", Role.COMMISSIONER, "not approved by the commissioner"),
     (Status.AWAITING_SUPPORTER, "decline-case", Role.SUPPORTER, "declined by the supporter"),
     (Status.AWAITING_CONSENT, "decline-support", Role.SCHOOL, "declined by the school")],
)  # fmt: skip
def test_who_turned_a_match_down_is_said(lodestar: Run, case: Journey, status: Status, kind: str, role: Role, words: str) -> None:
    case.until(status).decide(kind, role, reason=WHY)
    text = shown(lodestar, case)
    assert f"({words} on " in text and f"Ended: {WHY}" in text and "refused" not in text


def test_a_disputed_note_says_how_it_was_settled_and_by_whom(lodestar: Run, case: Journey) -> None:
    case.until(Status.BOOKED)
    case.wait(case.visits(VisitStatus.CONFIRMED)[0].day)
    case.decide("write-note", Role.SUPPORTER, **NOTE)
    case.decide("note-inaccurate", Role.SCHOOL, reason="It was not the autumn term.")
    case.decide("settle-note", Role.SUPPORTER, areas="Costs add up all year.", reason=WHY)
    text = shown(lodestar, case)
    assert "The school says: It was not the autumn term. Settled by the supporter on " in text
    assert f'corrected (areas were "{NOTE["areas"]}"). Why: {WHY}' in text


def test_figures_are_in_words_before_they_are_judged_and_in_the_letter(lodestar: Run, case: Journey) -> None:
    text = shown(lodestar, case.until(Status.AWAITING_JUDGEMENT))
    assert re.search(
        r"Visits held: 2; First visit: \d+ [A-Z][a-z]+ 20\d\d; .*; Grade at the next inspection: not inspected since\. Not judged yet\.", text
    )
    assert re.search(r"[a-z)]\. One will know by: ", text) and not re.search(r"\d{4}-\d{2}-\d{2}", text)
    case.until(Status.COMPLETE)
    letters = said_to_school(case)
    assert "Grade at the next inspection: not inspected since" in letters and not re.search(r"\d{4}-\d{2}-\d{2}", letters)


@pytest.mark.parametrize("kind", [*QUOTED, "ask-other-dates", "decline-support", "unable-to-assess"])
def test_help_names_the_decisions_whose_reason_the_school_reads(lodestar: Run, case: Journey, kind: str) -> None:
    more: dict[str, dict[str, Any]] = {"override": {}, "succeed": {"urn": 0}, "correct-note": {"visit": "exploratory", "areas": "Costs."}}
    starts = {"override": Status.AWAITING_CONFIRMATION, "unable-to-assess": Status.AWAITING_CONFIRMATION, "judge": Status.AWAITING_JUDGEMENT,
              "move-visit": Status.BOOKED, "cancel-visit": Status.BOOKED, "ask-other-dates": Status.AWAITING_DATES,
              "decline-support": Status.AWAITING_CONSENT, "correct-note": Status.AWAITING_ADVISER}  # fmt: skip
    case.until(starts.get(kind, Status.AWAITING_APPROVAL))
    if kind == "override":
        more[kind] = {"category": "universal" if case.case.category == "targeted" else "targeted"}
    if kind == "succeed":
        rows = lodestar("register", "list", "--authority", "999", "--json").json
        taken = {row["urn"] for row in lodestar("case", "list", "--commission", REFERENCE, "--json").json}
        more[kind] = {"urn": next(row["urn"] for row in rows if row["urn"] not in taken)}
    if kind == "resume":
        case.decide("pause", Role.ADVISER, reason="x")
    role = Role.SCHOOL if kind in {"ask-other-dates", "decline-support"} else Role.ADVISER
    case.decide(kind, role, reason=WHY, **more.get(kind, {}))
    case.engine()
    assert (WHY in said_to_school(case)) == (kind in QUOTED)
    text = " ".join(lodestar("decide", "--help").out.replace("│", " ").split())
    assert f"word for word, so write it for the school: {', '.join(QUOTED)}." in text


def test_a_school_that_never_replied_did_not_say_no(lodestar: Run, case: Journey) -> None:
    asked = [row["case"] for row in lodestar("case", "list", "--commission", REFERENCE, "--status", "invited", "--json").json]
    one = Journey(case.database, case.commission_id, asked[0], case.at)
    one.decide("decline", Role.SCHOOL, reason="No time.")
    case.wait(datetime.date(2026, 11, 20))
    case.engine()
    silent = lodestar("case", "show", asked[1])
    assert "\nDid not reply (diagnose, declined) since 20 November 2026" in silent.out
    assert "Did not want to take part" in lodestar("case", "show", asked[0]).out
    status = lodestar("commission", "status", REFERENCE, "--as-of", "2026-11-20T18:00")
    assert re.search(rf"did not reply +{len(asked) - 1}\n", status.out) and re.search(r"declined +1\n", status.out)


def test_opening_a_commission_names_the_schools_that_links_say_were_followed_since(lodestar: Run, case: Journey) -> None:
    with case.database.writing() as session:
        for urn in range(990_001, 990_008):
            session.add(SchoolLink(urn=urn, linked_urn=urn + 5000, kind="Successor", since=datetime.date(2026, 8, 20)))
    more = ["--commissioner", "Wexcombe Council", "--starts", "2026-09-10", "--budget", "4000000", "--as-of", "2026-09-03T09:00"]
    said = lodestar("commission", "open", "NEW", "--programme", "economic-exclusion", *more)
    assert said.code == 0 and "By the links of the register 7 of these have been followed by another school since (990001 by 995001; " in said.out
    assert "and 2 more): load a newer register" in said.out


def test_where_places_went_by_score_it_is_said_that_a_diagnosis_compares_other_schools(lodestar: Run, case: Journey) -> None:
    says = "a diagnosis compares those that take part"
    assert says not in lodestar("commission", "selection", REFERENCE).out
    with case.database.writing() as session:
        bought = session.exec(select(ProgrammeVersion)).one()
        definition = bought.definition | {"take_part": bought.definition["take_part"] | {"ranked_by": "score"}}
        by_score = ProgrammeVersion(slug=bought.slug, version=bought.version, digest="1" * 64, definition=definition)
        session.add(by_score)
        session.flush()
        session.exec(select(Commission)).one().programme_version_id = by_score.id
    assert says in lodestar("commission", "selection", REFERENCE).out
    assert says not in lodestar("commission", "selection", REFERENCE, "--json").out


def test_schools_are_in_asked_or_out_wherever_people_read_it(lodestar: Run, case: Journey) -> None:
    table = lodestar("commission", "selection", REFERENCE).out
    assert "invited" not in table and re.search(r"  in +rank 1 of ", table)
    assert {row["outcome"] for row in lodestar("commission", "selection", REFERENCE, "--json").json} == {"invited", "asked", "out"}
    with case.database.reading() as session:
        page = report_page(summarise(session, case.commission_id, case.at))
    assert '<th scope="row">in</th>' in page and '<th scope="row">asked</th>' in page


def test_who_acts_is_named_by_decision_case_and_list_while_a_visit_has_no_day(lodestar: Run, case: Journey) -> None:
    old = case.until(Status.BOOKED).visits()[0].day
    at = ("--as-of", f"{case.at:%Y-%m-%dT%H:%M}")
    listed = ("case", "list", "--commission", REFERENCE, *at)
    assert case.case_id not in [row["case"] for row in lodestar(*listed, "--turn", "engine", "--json").json]
    said = lodestar("decide", "move-visit", case.case_id, "--as", "school", "--by", "headteacher", "--reason", WHY, *at).out
    acts = f"engine, to find a new day for the visit of {old:%-d %B %Y}"
    assert f"; next: {acts}." in said and acts in lodestar("case", "show", case.case_id, *at).out
    assert acts in " ".join(lodestar(*listed, "--status", "booked").out.split())
    (row,) = [row for row in lodestar(*listed, "--turn", "engine", "--json").json if row["case"] == case.case_id]
    assert (row["turn"], row["next"], [one["whose"] for one in row["waits_for"]]) == ("engine", "engine", ["engine"])
    assert case.case_id not in [row["case"] for row in lodestar(*listed, "--turn", "nobody", "--json").json]


@pytest.mark.parametrize(("confirmed_by", "turn", "other"), [("lead", "lead", "adviser"), ("adviser", "adviser", "lead")])
def test_cases_are_listed_by_the_turn_that_is_shown(
    lodestar: Run, installed: Database, home: Path, confirmed_by: str, turn: str, other: str
) -> None:  # fmt: skip
    rules = small_programme().diagnose.model_dump(mode="json") | {"confirmed_by": confirmed_by}
    case = journey(installed, home, small_programme(places=1, diagnose=rules)).until(Status.AWAITING_CONFIRMATION)
    listed = ("case", "list", "--commission", REFERENCE, "--status", "awaiting_confirmation", "--as-of", f"{case.at:%Y-%m-%dT%H:%M}")
    (row,) = lodestar(*listed, "--turn", turn, "--json").json
    assert (row["case"], row["turn"], row["next"]) == (case.case_id, turn, turn)
    assert lodestar(*listed, "--turn", other, "--json").json == []
    assert f"  {turn} " in lodestar(*listed, "--turn", turn).out and "No such cases." in lodestar(*listed, "--turn", other).out


def test_the_report_is_dated_as_people_write_and_names_decisions_in_words(lodestar: Run, case: Journey) -> None:
    case.until(Status.BOOKED).decide("move-visit", Role.SCHOOL, reason=WHY)
    with case.database.reading() as session:
        page = report_page(summarise(session, case.commission_id, case.at))
    assert "2 September 2026 to 31 August 2028" in page and f"As of {case.at:%-d %B %Y}." in page
    assert "visit to be moved" in page and "visit.to-move" not in page and not re.search(r"\d{4}-\d{2}-\d{2}", page)


def test_a_kind_without_a_title_is_its_key_in_plain_words() -> None:
    assert title_of("case.confirm") == title_of("confirm") == MOVES["confirm"].says
    assert title_of("moon.landed-on_twice") == "moon landed on twice"
    assert means(Status.DECLINED, silent=False) == "did not want to take part"


def test_nothing_is_missed_before_the_first_day() -> None:
    summary = {"as_of": "2027-01-03T09:00:00+00:00", "commission": {"starts": "2027-01-04"}}
    assert met({"met": False}, summary) == "-" and met({"met": False}, summary | {"as_of": "2027-01-04T09:00:00+00:00"}) == "no"


def test_promises_say_what_was_left_out(lodestar: Run, case: Journey) -> None:
    case.decide("withdraw", Role.SCHOOL, reason="We merge.")
    text = lodestar("commission", "status", REFERENCE, "--as-of", "2026-10-01T09:00").out
    assert re.search(r"share +target +met +left out\n", text) and re.search(r"Plans agreed .* 1 withdrawn\n", text)


def test_the_history_is_one_line_a_step_with_the_reason_below(lodestar: Run, case: Journey) -> None:
    case.decide("pause", Role.ADVISER, reason=WHY)
    lines = lodestar("case", "history", case.case_id).out.splitlines()
    assert lines[-2].endswith("  paused, the adviser") and lines[-1] == f"      {WHY}"
    assert all(re.match(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}  |      ", line) for line in lines)


def test_only_the_newest_messages_are_listed_when_asked_for(lodestar: Run, case: Journey, installed: Database) -> None:
    everyone = lodestar("message", "list", "--commission", REFERENCE, "--json").json
    assert lodestar("message", "list", "--commission", REFERENCE, "--last", "2", "--json").json == everyone[-2:]
