"""Matches and links by command: whose case is touched by a decision, and which matches are listed."""

from pathlib import Path

import pytest
from sqlmodel import col, select

from app import output
from models.case import Case
from models.supporter import Supporter
from models.trail import Event
from models.words import Role, Status
from reports.brokering import told_once
from tests.app.conftest import Run
from tests.stages.builders import Journey, everything

REFERENCE = "999-economic-exclusion"


def name(case: Journey) -> str:
    with case.database.reading() as session:
        return session.get_one(Supporter, case.case.supporter_id).name


def decided(lodestar: Run, case: Journey, outcome: str) -> list[str]:
    ran = lodestar("supporter", "conflict", name(case), case.case.urn, outcome, "--as", "lead", "--by", "lead", "--reason", f"It is {outcome}.")
    assert ran.code == 0, ran.err
    return ran.out.splitlines()


def test_barring_a_supporter_who_is_at_work_says_which_case_is_touched_and_what_to_do(lodestar: Run, case: Journey) -> None:
    case.until(Status.BOOKED)
    who, number, urn = name(case), case.case_id, case.case.urn
    assert lodestar("supporter", "declare", who, "--conflict", f"{urn}:governor", "--as-of", f"{case.at.date()}").code == 0
    assert decided(lodestar, case, "clear") == [f"The conflict of {who} with school {urn} is clear."]
    (school,) = (row["school"] for row in lodestar("case", "list", "--commission", REFERENCE, "--json").json if row["case"] == number)
    said, touched = decided(lodestar, case, "barred")
    assert said == f"The conflict of {who} with school {urn} is barred."
    assert touched == f"{who} supports {school} in case {number} now: seek somebody else with `lodestar decide replace-supporter {number}`."
    case.decide("pause", Role.ADVISER, reason="The school floods.")
    assert f"resume the case with `lodestar decide resume {number}` and then seek somebody else" in decided(lodestar, case, "barred")[1]


@pytest.mark.parametrize("outcome", ["clear", "barred"])
def test_nothing_is_cleared_or_barred_without_a_reason_and_the_register_and_the_trail_keep_it(lodestar: Run, case: Journey, outcome: str) -> None:
    case.until(Status.AWAITING_APPROVAL)
    who, urn = name(case), case.case.urn
    assert lodestar("supporter", "declare", who, "--conflict", f"{urn}:governor", "--as-of", f"{case.at.date()}").code == 0
    before = everything(case.database)
    for more in ([], ["--reason", "  "], ["--mitigation", "Another signs."]):
        ran = lodestar("supporter", "conflict", who, urn, outcome, "--as", "lead", "--by", "lead", *more)
        assert (ran.code, ran.err) == (1, "This needs a reason: give one with --reason.\n")
    assert everything(case.database) == before
    decided(lodestar, case, outcome)

    def shown() -> list[tuple[str | None, str | None]]:
        rows = lodestar("supporter", "register", "--json").json
        return [(row["mitigation"], row["reason"]) for row in rows if (row["supporter"], row["urn"], row["kind"]) == (who, urn, "governor")]

    assert shown() == [(None, f"It is {outcome}.")]
    with case.database.reading() as session:
        trail = session.exec(select(Event).where(Event.kind == "conflict.decided")).all()
    assert [one.detail["reason"] for one in trail] == [f"It is {outcome}."]
    assert lodestar("supporter", "conflict", who, urn, "managed", "--mitigation", "Two sign.", "--as", "lead", "--by", "lead").code == 0
    assert shown() == [("Two sign.", None)]


def test_matches_of_cases_that_are_over_are_listed_only_with_all(lodestar: Run, case: Journey) -> None:
    case.until(Status.BOOKED)
    before = lodestar("broker", "matches", REFERENCE, "--json").json
    assert [row["case_stands"] for row in before if row["case"] == case.case_id] == ["booked"]
    assert "booked" in lodestar("broker", "matches", REFERENCE).out
    case.decide("withdraw", Role.SCHOOL, reason="The school merges.")
    mine = [row for row in before if row["case"] != case.case_id]
    assert lodestar("broker", "matches", REFERENCE, "--json").json == mine
    everything = lodestar("broker", "matches", REFERENCE, "--all", "--json").json
    assert [row["case_stands"] for row in everything if row["case"] == case.case_id] == ["withdrawn"] and len(everything) == len(mine) + 1


def test_matches_show_cost_why_and_who_was_next_within_120_columns(lodestar: Run, case: Journey, monkeypatch: pytest.MonkeyPatch) -> None:
    case.until(Status.AWAITING_APPROVAL)
    (row,) = (row for row in lodestar("broker", "matches", REFERENCE, "--json").json if row["case"] == case.case_id)
    monkeypatch.setattr(output.out, "width", 120)
    lines = lodestar("broker", "matches", REFERENCE).out.splitlines()
    assert max(map(len, lines)) <= 120 and row["cost"].startswith("£") and row["cost"] in "".join(lines)
    said = " ".join(" ".join(lines).split())
    assert f"why: {row['why']} next: {row['next']}" in said


def test_a_match_without_a_runner_up_says_why_in_the_list_and_in_the_case(lodestar: Run, case: Journey) -> None:
    case.until(Status.TO_MATCH)
    with case.database.writing() as session:
        for one in session.exec(select(Supporter).order_by(col(Supporter.id)).offset(1)).all():
            one.half_days_a_year = 0
    case.until(Status.AWAITING_APPROVAL)
    (row,) = (row for row in lodestar("broker", "matches", REFERENCE, "--json").json if row["case"] == case.case_id)
    assert row["next"].startswith("nobody else could: ") and "with no days left" in row["next"]
    assert row["next"].removeprefix("n") in " ".join(lodestar("case", "show", case.case_id).out.split())


def test_days_by_term_are_loaded_shown_and_changed_in_a_what_if(lodestar: Run, case: Journey, tmp_path: Path) -> None:
    case.until(Status.TO_MATCH)
    file = tmp_path / "more.csv"
    file.write_text("name,email,kind,skills,days_by_term,pounds_a_day\nAda,ada@x.example,adviser,disadvantage:3,autumn=5;spring=0.5,500\n")
    assert lodestar("supporter", "load", file).code == 0
    shown = lodestar("supporter", "show", "Ada", "--json").json
    assert shown["days_a_year"] == 5.5 and {row["term"].split()[0]: row["left"] for row in shown["terms"]} == {
        "autumn": 5,
        "spring": 0.5,
        "summer": 0,
    }
    said = lodestar("supporter", "show", "Ada").out
    assert "Days by term" in said and "promised" in said
    assert "Days by term" not in lodestar("supporter", "show", name_of_first(case)).out
    assert "Works on Mon Tue Wed Thu Fri; no base is known; no caseload cap of their own." in said
    asked = ("broker", "what-if", REFERENCE, "--as-of", f"{case.at.date()}", "--json")
    assert lodestar(*asked, "--days", "Ada:spring=+2", "--days", "Ada=-1", "--days", f"{name_of_first(case)}=+2").json["cases"] > 0
    assert "Ada:spring are changed twice" in lodestar(*asked, "--days", "Ada:spring=+2", "--days", "Ada:spring=+1").err
    assert "has no days by term, only days a year" in lodestar(*asked, "--days", f"{name_of_first(case)}:spring=+2").err
    assert "no supporter called Ada:winter" in lodestar(*asked, "--days", "Ada:winter=+2").err


def test_a_what_if_on_a_term_changes_that_term_only(lodestar: Run, case: Journey, tmp_path: Path) -> None:
    case.until(Status.TO_MATCH)
    with case.database.writing() as session:
        for one in session.exec(select(Supporter)).all():
            one.half_days_by_term = {"autumn": 0, "spring": 40, "summer": 40}
    asked = ("broker", "what-if", REFERENCE, "--as-of", f"{case.at.date()}", "--json")
    who = name_of_first(case)
    assert lodestar(*asked, "--days", f"{who}:spring=+5").json["then"]["needs_met"] == 0
    assert lodestar(*asked, "--days", f"{who}:autumn=+5").json["then"]["needs_met"] > 0
    file = tmp_path / "more.csv"
    for season, met in (("autumn", True), ("summer", False)):
        file.write_text(
            "name,email,kind,skills,days_by_term,pounds_a_day,easting,northing\n"
            f"Ada,ada@x.example,adviser,disadvantage:3;leadership:3,{season}=20,500,460000,190000\n"
        )
        assert bool(lodestar(*asked, "--add", file).json["then"]["needs_met"]) is met


def test_a_what_if_repeats_what_was_asked_and_says_that_nothing_live_was_changed(lodestar: Run, case: Journey) -> None:
    case.until(Status.TO_MATCH)
    asked, who = ("broker", "what-if", REFERENCE, "--as-of", f"{case.at.date()}"), name_of_first(case)
    words = [f"1.5 more days for {who}", "£2,000.00 more money", "a distance cap of 40 km", f"without school {case.case.urn}"]
    change = ("--days", f"{who}=+1.5", "--budget", "+2000", "--max-km", "40", "--without", case.case.urn)
    lines = lodestar(*asked, *change).out.splitlines()
    assert lines[0] == f"1 open case, as things stand and with this: {'; '.join(words)}. Nothing live was changed."
    (gap,) = (line for line in lines if line.startswith("gap"))
    assert gap.split() == ["gap:", "below", "the", "best", "by", "at", "most", "0", "%", "0", "%"]
    assert lodestar(*asked, *change, "--json").json["asked"] == words
    said = lodestar(*asked, "--freeze", who, "--json").json["asked"], lodestar(*asked, "--remove", who, "--budget=-1", "--json").json["asked"]
    assert said == ([f"{who} takes nothing new"], [f"without {who}", "£1.00 less money"])
    assert "with this: nothing else. Nothing live was changed." in lodestar(*asked).out


@pytest.mark.parametrize(("skills", "says"), [(";", "no skill stands there"), ("disadvantage:2;disadvantage:3", "disadvantage stands there twice")])
def test_a_what_if_refuses_skills_that_loading_refuses(lodestar: Run, case: Journey, tmp_path: Path, skills: str, says: str) -> None:
    case.until(Status.TO_MATCH)
    file = tmp_path / "more.csv"
    file.write_text(f"name,email,kind,skills,days_a_year,pounds_a_day\nAda,ada@x.example,adviser,{skills},20,500\n")
    assert says in lodestar("broker", "what-if", REFERENCE, "--as-of", f"{case.at.date()}", "--add", file).err
    assert lodestar("supporter", "load", file).code != 0


def test_a_what_if_that_cannot_be_meant_is_refused_in_a_sentence(lodestar: Run, case: Journey) -> None:
    case.until(Status.TO_MATCH)
    asked, who = ("broker", "what-if", REFERENCE, "--as-of", f"{case.at.date()}"), name_of_first(case)
    assert "of the budget is not bound by what is agreed, so it cannot be £9,000,000.00 less" in lodestar(*asked, "--budget=-9000000").err
    assert f"{who} has" in lodestar(*asked, "--days", f"{who}=-2000").err
    assert "more than anybody works" in lodestar(*asked, "--days", f"{who}=+1e300").err
    assert "School 100001 has no case" in lodestar(*asked, "--without", "100001").err
    assert '"=+5" is no change of days' in lodestar(*asked, "--days", "=+5").err
    signless = lodestar(*asked, "--days", f"{who}=4").err
    assert f'"{who}=4" does not say whether that is more or fewer days: write {who}=+4 or {who}=-4.' in " ".join(signless.split())
    for day in ("2019-01-01", "2150-01-01"):
        assert "when the commission runs: look at --as-of" in lodestar("broker", "what-if", REFERENCE, "--as-of", f"{day}T09:00").err


def name_of_first(case: Journey) -> str:
    with case.database.reading() as session:
        return session.exec(select(Supporter.name).order_by(col(Supporter.id))).first() or ""


def test_unmet_cases_that_are_stopped_by_the_same_are_told_once_with_all_their_schools() -> None:
    rows = [{"case": case, "school": f"School {case}", "match": match, "why": why}
            for case, match, why in ((1, "first", "a"), (2, "first", "b"), (3, "first", "a"), (4, "group", "a"))]  # fmt: skip
    assert [(row["case"], row["school"], row["match"], row["why"]) for row in told_once(rows)] == [
        ("1, 3", "School 1, School 3", "first", "a"), ("2", "School 2", "first", "b"), ("4", "School 4", "group", "a"),
    ]  # fmt: skip


def test_what_was_loaded_of_a_supporter_can_be_checked_and_who_leaves_without_cases_touches_none(
    lodestar: Run, case: Journey, tmp_path: Path
) -> None:
    file, urn = tmp_path / "more.csv", case.case.urn
    file.write_text(
        "name,email,kind,skills,days_a_year,pounds_a_day,caseload_cap,trust,employer_urn,working_days,easting,northing,languages\n"
        f"Ada,ada@x.example,adviser,disadvantage:3,10,500,1,The Oak Trust,{urn},531,450000,200000,Polish;Urdu\n"
    )
    assert lodestar("supporter", "load", file).code == 0
    (row,) = (row for row in lodestar("supporter", "list", "--json").json if row["name"] == "Ada")
    shown = lodestar("supporter", "show", "Ada", "--json").json
    wanted = {
        "caseload_cap": 1,
        "trust": "The Oak Trust",
        "employer_urn": urn,
        "working_days": "Mon Wed Fri",
        "easting": 450_000,
        "northing": 200_000,
    }
    assert wanted.items() <= row.items() and wanted.items() <= shown.items()
    says = "Works on Mon Wed Fri; based at 450000, 200000; 1 case at most; employed by school"
    assert f"{says} {urn}; of The Oak Trust; languages: Polish, Urdu." in lodestar("supporter", "show", "Ada").out
    assert lodestar("supporter", "leaves", "Ada", "--reason", "A new post.").out == "Ada has left. No case is touched.\n"


def test_when_a_supporter_leaves_the_cases_that_are_matched_anew_are_named(lodestar: Run, case: Journey) -> None:
    case.until(Status.BOOKED)
    with case.database.reading() as session:
        mine = session.exec(select(Case.id).where(Case.supporter_id == case.case.supporter_id).order_by(col(Case.id))).all()
    ran = lodestar("supporter", "leaves", name(case), "--reason", "A new post.", "--as-of", f"{case.at.date()}T12:00")
    assert ran.code == 0, ran.err
    assert "matched anew at the engine's next turn; `lodestar case handover NUMBER` shows what" in ran.out
    assert ran.out.splitlines()[1].endswith(f": {', '.join(map(str, mine))}.") and case.case_id in mine
    assert "Who had it before" in lodestar("case", "handover", case.case_id).out


def test_a_supporters_declaration_is_shown_as_of_a_moment(lodestar: Run, case: Journey) -> None:
    who, later = name_of_first(case), case.at.add(years=30)
    made, long_after = later.add(days=1).date(), later.add(years=2).date()
    assert lodestar("supporter", "declare", who, "--nothing", "--as-of", f"{later.date()}").code == 0
    for day, declared in ((made, "yes"), (long_after, "no")):
        (row,) = (row for row in lodestar("supporter", "list", "--as-of", f"{day}", "--json").json if row["name"] == who)
        assert row["declared"] == declared
        assert lodestar("supporter", "show", who, "--as-of", f"{day}", "--json").json["declared"] is (declared == "yes")
