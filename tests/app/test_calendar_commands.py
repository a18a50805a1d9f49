"""lodestar calendar: terms and days without visits, shown and closed."""

import datetime
import pathlib

from calendars.school_days import school_year
from calendars.terms import assumed_terms
from models.words import Status
from tests.app.conftest import Run
from tests.app.test_bad_input import is_one_sentence
from tests.stages.builders import Journey

LEAD = ("--as", "lead", "--by", "partnership lead")


def test_a_day_is_closed_shown_and_what_was_to_be_then_has_to_move(lodestar: Run, case: Journey) -> None:
    booked = case.until(Status.BOOKED)
    day, urn = booked.visits()[0].day, booked.case.urn
    at = ("--as-of", booked.at.format("YYYY-MM-DDTHH:mm"))
    closed = lodestar(
        "calendar", "close", "999", "--first", day.isoformat(), "--kind", "inset", "--school", str(urn), "--reason", "Training", *LEAD, *at
    )
    assert closed.code == 0 and "1 visit and 0 meetings have to move, and nobody's day to answer by has moved." in closed.out
    rows = lodestar("calendar", "show", "999", "--json").json
    assert [(row["what"], row["first"]) for row in rows if row["school"]] == [("inset: Training", day.isoformat())]
    assert len([row for row in rows if row["source"]]) >= 12
    assert (
        "no school day left"
        in lodestar("calendar", "close", "999", "--first", day.isoformat(), "--kind", "inset", "--school", str(urn), *LEAD, *at).err
    )


def test_a_closed_day_without_a_reason_of_its_own_is_called_by_its_kind_once(lodestar: Run, case: Journey) -> None:
    day = case.at.date() + datetime.timedelta(days=(1 if case.at.isoweekday() < 5 else 3))
    for kind, number in (("own", 0), ("weather", 7)):
        first = (day + datetime.timedelta(days=number)).isoformat()
        assert lodestar("calendar", "close", "999", "--first", first, "--kind", kind, *LEAD, "--as-of", case.at.format("YYYY-MM-DDTHH:mm")).code == 0
    rows = lodestar("calendar", "show", "999", "--json").json
    assert [row["what"] for row in rows if not row["source"]] == ["own", "weather"]


def test_days_that_were_closed_together_are_one_period_with_who_entered_them_and_when(lodestar: Run, case: Journey) -> None:
    booked = case.until(Status.BOOKED)
    at, visit, urn = ("--as-of", booked.at.format("YYYY-MM-DDTHH:mm")), booked.visits()[-1], str(booked.case.urn)
    monday = booked.at.date() + datetime.timedelta(days=7 - booked.at.weekday())
    friday, tuesday = monday + datetime.timedelta(days=4), monday + datetime.timedelta(days=8)
    asked = ("decide", "move-visit", str(booked.case_id), "--visit", visit.session, "--as", "school", "--by", "headteacher", "--reason", "Trip")
    moved = lodestar(*asked, "--not-on", f"{monday}..{tuesday}", *at)
    assert moved.code == 0, moved.err
    closing = ("calendar", "close", "999", "--kind", "weather", "--reason", "Snow", *LEAD, *at)
    for first, last in ((monday, friday), (tuesday, tuesday)):
        lodestar(*closing, "--first", first.isoformat(), "--last", last.isoformat(), "--school", urn)
    rows = [row for row in lodestar("calendar", "show", "999", "--json").json if row["school"]]
    today = f"{booked.at.in_timezone('Europe/London'):%-d %B %Y}"
    short = [(row["what"], row["first"], row["last"], row["entered"]) for row in rows if row["first"] != visit.day.isoformat()]
    # The Saturday and Sunday do not part what was asked for; the Monday on which the school was open parts the days of snow.
    assert sorted(short) == [
        ("asked: Trip", monday.isoformat(), tuesday.isoformat(), f"headteacher, {today}"),
        ("weather: Snow", monday.isoformat(), friday.isoformat(), f"partnership lead, {today}"),
        ("weather: Snow", tuesday.isoformat(), tuesday.isoformat(), f"partnership lead, {today}"),
    ]


def test_a_day_that_has_passed_names_the_visit_that_has_to_be_recorded(lodestar: Run, case: Journey) -> None:
    booked = case.until(Status.BOOKED)
    visit = booked.visits()[0]
    booked.wait(visit.day + datetime.timedelta(days=1))
    closed = lodestar("calendar", "close", "999", "--first", visit.day.isoformat(), "--kind", "weather", *LEAD,
                      "--as-of", booked.at.format("YYYY-MM-DDTHH:mm"))  # fmt: skip
    assert closed.code == 0 and "0 visits and 0 meetings have to move" in closed.out
    assert f"Case {booked.case_id}: the visit of {visit.day:%-d %B %Y} (exploratory) has to be recorded as not held: " in closed.out
    assert f"`lodestar decide move-visit {booked.case_id} --visit exploratory --slip school_closed`" in closed.out


def test_of_an_authority_of_which_nothing_is_known_that_is_said(lodestar: Run, case: Journey) -> None:
    shown = lodestar("calendar", "show", "123")
    assert shown.code and 'No term dates of an authority "123" are known' in shown.err


def test_a_school_keeps_its_own_dates_from_a_file(lodestar: Run, case: Journey, tmp_path: pathlib.Path) -> None:
    booked = case.until(Status.BOOKED)
    day, at = booked.visits()[0].day, ("--as-of", booked.at.format("YYYY-MM-DDTHH:mm"))
    year = school_year(day)
    terms = [span for _, span in assumed_terms(year)]
    text = "terms:\n" + "".join(
        f"  - start: {first if first > day or last < day else day + datetime.timedelta(days=1)}\n    end: {last}\n" for first, last in terms
    )
    (tmp_path / "own.yaml").write_text(text, encoding="utf-8")
    kept = lodestar("calendar", "own", str(booked.case.urn), str(tmp_path / "own.yaml"), *LEAD, *at)
    assert kept.code == 0 and "1 visit and 0 meetings have to move" in kept.out
    shown = [row for row in lodestar("calendar", "show", "999", "--json").json if row["school"]]
    assert shown and all(row["what"].startswith("own dates: ") for row in shown)
    assert "There is no school 100001" in lodestar("calendar", "own", "100001", str(tmp_path / "own.yaml"), *LEAD, *at).err
    (tmp_path / "empty.yaml").write_text("terms: []\n", encoding="utf-8")
    with booked.database.writing():
        # Its file is read before anything would be written, so that it need not wait for whoever writes just then.
        refused = lodestar("calendar", "own", str(booked.case.urn), str(tmp_path / "empty.yaml"), *LEAD, *at)
    is_one_sentence(refused)
    assert "empty.yaml" in refused.err


def test_a_term_is_entered_by_hand_and_says_what_it_replaces(lodestar: Run, case: Journey) -> None:
    entered = lodestar("calendar", "term", "999", "Autumn A", "--first", "2027-09-06", "--last", "2027-10-15", *LEAD)
    assert entered.code == 0 and "in the place of Autumn 1 2027" in entered.out
    assert "Autumn A" in lodestar("calendar", "show", "999").out
