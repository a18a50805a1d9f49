"""Simulated schools do what they agreed: where it is counted, and nowhere else anything changes."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from models.case import Case
from models.database import Database
from models.plan import Action, ActionPlan
from models.trail import Decision
from models.words import PlanStatus, Status
from simulation.people import does
from stages.actions import of_plans
from tests.journeys.playing import kpis_of, play
from tests.journeys.test_programmes_end_to_end import UNSEEN

COUNTED = "\n    - {id: acted-on, title: Did what they agreed, counts: actions_done, of: plan_agreed}\n"
Decided = list[tuple[Any, ...]]


def played(template: Path, folder: Path, text: str) -> tuple[Database, int, Decided]:
    """Play a programme in a database of its own; return that, the commission, and all that people decided but for actions."""
    folder.mkdir()
    database = Database(f"sqlite:///{shutil.copy(template, folder / 'lodestar.db')}")
    commission_id = play(database, folder, text=text)
    with database.reading() as session:
        rows = session.exec(select(Decision).where(Decision.kind != "action.done").order_by(col(Decision.id))).all()
    return database, commission_id, [(row.case_id, row.kind, row.role, row.by, row.reason, row.at) for row in rows]


@pytest.mark.slow
def test_schools_do_most_of_what_they_agreed_where_it_is_counted_and_all_else_stays_as_it_was(sqlite_template: Path, tmp_path: Path) -> None:
    # Given the same programme twice, once with a promise that counts actions, when both are played,
    database, commission_id, decided = played(sqlite_template, tmp_path / "counted", UNSEEN.rstrip() + COUNTED)
    plain, _, otherwise = played(sqlite_template, tmp_path / "plain", UNSEEN)
    with database.reading() as session:
        actions = session.exec(of_plans(select(col(Action.done_on), col(ActionPlan.agreed_at)).select_from(Action), PlanStatus.AGREED)).all()
        cases = session.exec(select(Case).where(Case.status == Status.COMPLETE)).all()
    with plain.reading() as session:
        untouched = session.exec(select(Action).where(col(Action.done_on).is_not(None))).all()
    # then more than half are done in the one, some weeks after they were agreed (those of the last visits have little time),
    done = [(day - agreed.date()).days for day, agreed in actions if day is not None]
    assert len(cases) >= 7 and 0.5 * len(actions) <= len(done) <= len(actions) and all(day >= 14 for day in done)
    acted_on = kpis_of(database, commission_id)["acted-on"]
    assert 0 < acted_on["numerator"] <= acted_on["denominator"]
    # none in the other, and all other decisions are the same in both.
    assert untouched == [] and decided == otherwise
    database.close()
    plain.close()


def test_the_share_of_actions_that_is_done_is_about_85_per_cent_and_the_same_each_time() -> None:
    case = Case(id=1, urn=990_001, commission_id=1)
    found = [does(1, case, number) for number in range(1, 2001)]
    days = [one.days for one in found if one]
    assert 0.83 <= len(days) / len(found) <= 0.87 and (min(days), max(days)) == (14, 70)
    assert found == [does(1, case, number) for number in range(1, 2001)] != [does(2, case, number) for number in range(1, 2001)]
    assert found[0] and (found[0].kind, found[0].role.value, found[0].more) == ("action-done", "school", {"action_number": 1})
