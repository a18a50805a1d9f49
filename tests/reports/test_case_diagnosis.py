"""What a case file says of its diagnoses: the findings that stand, and how it is with a category that was set by hand."""

import datetime
import pathlib

import pytest

from models.database import Database
from models.evidence import Finding
from models.words import Role, Status
from notifications.rendering import render
from reports.case_file import case_file
from reports.case_words import in_words
from reports.words import day
from stages.brief import load_brief
from stages.pipeline import watch_evidence
from stages.reminders.worklists import worklists
from tests.stages.builders import ANSWERS, Journey, journey, morning


def told(one: Journey) -> str:
    with one.database.reading() as session:
        return in_words(case_file(session, one.case_id, one.at))


def part_of(text: str, title: str) -> list[str]:
    """Return the lines of one part of a case file."""
    return [line.removeprefix("  - ") for line in text.partition(f"\n{title}\n")[2].partition("\n\n")[0].splitlines()]


def test_only_the_findings_of_the_newest_diagnosis_are_told_with_its_day_and_all_are_kept(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_CONFIRMATION)
    first = [row.says for row in one.rows(Finding)]
    assert part_of(told(one), f"Findings of the diagnosis of {day(one.at)}") == first
    one.at = one.at.add(days=2)
    one.decide("revise-answers", Role.SCHOOL, answers=dict.fromkeys(ANSWERS, 4))
    one.engine()
    both, text = [row.says for row in one.rows(Finding)], told(one)
    assert text.count("\nFindings of the diagnosis of ") == 1
    assert part_of(text, f"Findings of the diagnosis of {day(one.at)}") == both[len(first) :] != first
    with one.database.reading() as session:
        kept = case_file(session, one.case_id, one.at)["findings"]
    assert [row["says"] for row in kept] == both and len({row["at"] for row in kept}) == 2


def test_two_diagnoses_of_one_moment_are_not_mixed(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_CONFIRMATION)
    first = len(one.rows(Finding))
    one.decide("revise-answers", Role.SCHOOL, answers=dict.fromkeys(ANSWERS, 4))
    one.engine()
    assert part_of(told(one), f"Findings of the diagnosis of {day(one.at)}") == [row.says for row in one.rows(Finding)][first:]


def test_a_case_that_was_not_diagnosed_yet_has_no_findings(sqlite_database: Database, tmp_path: pathlib.Path) -> None:
    assert "Findings" not in told(journey(sqlite_database, tmp_path))


WHY = "Marbles were lost in the orchard."


@pytest.fixture
def overridden(sqlite_database: Database, tmp_path: pathlib.Path) -> tuple[Journey, datetime.date]:
    """A case whose category was set by hand, and the last day of that."""
    one = journey(sqlite_database, tmp_path).until(Status.AWAITING_CONFIRMATION)
    until = one.at.add(weeks=4).date()
    one.decide("override", Role.ADVISER, category=other_than(one), reason=WHY, until=until)
    return one, until


def other_than(one: Journey) -> str:
    return "universal" if one.case.category == "targeted" else "targeted"


def said_of_override(one: Journey) -> str:
    """Return what follows the reason of an override."""
    (line,) = [line for line in part_of(told(one), "Diagnosis") if line.startswith("Set by hand")]
    return line.partition(WHY)[2].strip()


def waits(one: Journey) -> list[str]:
    """Return what the adviser's worklist says of overrides, at the moment of the case."""
    with one.database.reading() as session:
        drafts = worklists(session, load_brief(session, one.commission_id), [one.case], one.at.date())
    return [
        render("worklist", dict(draft.context)).text for draft in drafts if "override" in str(draft.context["lines"]) and draft.to.role == "adviser"
    ]


def test_an_override_lasts_through_its_last_day_and_then_waits_to_be_looked_at_again(overridden: tuple[Journey, datetime.date]) -> None:
    one, until = overridden
    one.at = morning(until)
    assert said_of_override(one) == f"To be looked at again after {day(until)}." and waits(one) == []
    one.at = one.at.add(days=1)
    run_out = f"It ran out on {day(until)} and waits to be looked at again (`lodestar decide moderate {one.case_id}`)."
    assert said_of_override(one) == run_out
    (text,) = waits(one)
    title = {"universal": "Universal support", "targeted": "Targeted support"}[str(one.case.category)]
    assert "1 override that ran out, to look at again" in text and f", case {one.case_id}: {title}: ran out on {until:%A %-d %B %Y}\n" in text
    # The one message about it changes nothing.
    watch_evidence(one.database, one.commission_id, one.at)
    assert said_of_override(one) == run_out and len(waits(one)) == 1
    one.decide("moderate", Role.LEAD, reason="Nothing new.")
    assert said_of_override(one) == f"It ran out on {day(until)}." and waits(one) == []


def test_an_override_that_stood_when_it_was_looked_at_before_its_last_day_still_runs_out(overridden: tuple[Journey, datetime.date]) -> None:
    one, until = overridden
    one.decide("moderate", Role.LEAD, reason="Nothing new.")
    assert said_of_override(one) == f"To be looked at again after {day(until)}."
    one.at = morning(until).add(days=1)
    assert said_of_override(one).startswith("It ran out on ") and len(waits(one)) == 1
    # As the engine sees it too.
    assert watch_evidence(one.database, one.commission_id, one.at).lapsed == 1


def test_an_override_that_was_changed_before_its_last_day_never_runs_out(overridden: tuple[Journey, datetime.date]) -> None:
    one, until = overridden
    one.decide("moderate", Role.LEAD, reason="The new head is there.", category=other_than(one))
    assert said_of_override(one) == ""
    one.at = morning(until).add(days=1)
    assert said_of_override(one) == "" and waits(one) == []


def test_nobody_is_waited_for_once_the_case_of_an_override_has_ended(overridden: tuple[Journey, datetime.date]) -> None:
    one, until = overridden
    one.decide("withdraw", Role.ADVISER, reason="The school merges.")
    assert said_of_override(one) == ""
    one.at = morning(until).add(days=1)
    assert said_of_override(one) == f"It ran out on {day(until)}."
