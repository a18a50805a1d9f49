"""By command: an action of a plan is marked as done and shown, and themes become a report."""

import datetime
import re
from pathlib import Path

from models.database import Database
from models.words import Status
from tests.app.conftest import Run
from tests.stages.builders import Journey, everything, journey, small_programme

REFERENCE = "999-economic-exclusion"
READ_BY = "Steering group of heads"


def test_an_action_is_done_by_command_and_shown_with_its_day(lodestar: Run, case: Journey) -> None:
    case.until(Status.IN_PROGRESS)
    day = case.at.date() + datetime.timedelta(days=3)
    words = ("decide", "action-done", case.case_id, "--as", "school", "--by", "headteacher", "--action-number", "2")
    ran = lodestar(*words, "--done-on", day, "--as-of", f"{day + datetime.timedelta(days=4)}T17:00")
    assert (ran.code, ran.err) == (0, "") and "plan agreed and under way" in ran.out
    actions = lodestar("case", "show", case.case_id, "--json").json["actions"]
    assert [(row["number"], row["done_on"]) for row in actions] == [(1, None), (2, str(day)), (3, None), (4, None)]
    shown = lodestar("case", "show", case.case_id, "--as-of", "2028-01-01T09:00").out
    assert re.search(rf"- Action 2: .* \(headteacher\), due .*: done on {day:%-d %B %Y}\.", shown) and "\nOverdue: 3 actions of the plan.\n" in shown
    assert "action of the plan done, headteacher (school) -> " in lodestar("case", "history", case.case_id).out


def test_a_report_on_themes_is_issued_by_command_once_a_title(lodestar: Run, installed: Database, tmp_path: Path) -> None:
    themes = {"read_by": READ_BY, "sources": ["focus_areas", "notes"], "into": "report"}
    one = journey(installed, tmp_path, small_programme(themes=themes))
    words = ("commission", "themes", REFERENCE, "--report", "What peers found", "--as-of", "2027-07-01T09:00")
    ran, before = lodestar(*words), everything(installed)
    assert ran.code == 1 and ran.err.startswith("There are no themes to report on yet: ")
    assert everything(installed) == before
    one.until(Status.AWAITING_CONFIRMATION)
    ran = lodestar(*words)
    assert (ran.code, ran.err, ran.out) == (0, "", 'The report "What peers found" goes to 4 schools.\n')
    sent = lodestar("message", "list", "--commission", REFERENCE, "--kind", "themes_report", "--json").json
    assert len(sent) == 4
    assert "- Food and breakfast: 1 school\n" in lodestar("message", "show", sent[0]["message"]).out
    before = everything(installed)
    again = lodestar(*words)
    assert again.code == 1 and "was issued already: choose another title." in again.err
    assert everything(installed) == before
    refused = lodestar(*words[:-3], "Another", *words[-2:], "--as", "school", "--by", "headteacher")
    assert refused.code == 1 and everything(installed) == before
