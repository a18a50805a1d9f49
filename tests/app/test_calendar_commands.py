"""lodestar calendar: terms and days without visits, shown and closed."""

from models.words import Status
from tests.app.conftest import Run
from tests.stages.builders import Journey

LEAD = ("--as", "lead", "--by", "partnership lead")


def test_a_day_is_closed_shown_and_what_was_to_be_then_has_to_move(lodestar: Run, case: Journey) -> None:
    booked = case.until(Status.BOOKED)
    day, urn = booked.visits()[0].day, booked.case.urn
    at = ("--as-of", booked.at.format("YYYY-MM-DDTHH:mm"))
    closed = lodestar(
        "calendar", "close", "999", "--first", day.isoformat(), "--kind", "inset", "--school", str(urn), "--reason", "Training", *LEAD, *at
    )
    assert closed.code == 0 and "1 visits and 0 meetings have to move" in closed.out
    rows = lodestar("calendar", "show", "999", "--json").json
    assert [(row["what"], row["first"]) for row in rows if row["school"]] == [("inset: Training", day.isoformat())]
    assert len([row for row in rows if row["source"]]) >= 12
    assert (
        "no school day left"
        in lodestar("calendar", "close", "999", "--first", day.isoformat(), "--kind", "inset", "--school", str(urn), *LEAD, *at).err
    )


def test_of_an_authority_of_which_nothing_is_known_that_is_said(lodestar: Run, case: Journey) -> None:
    shown = lodestar("calendar", "show", "123")
    assert shown.code and 'No term dates of an authority "123" are known' in shown.err
