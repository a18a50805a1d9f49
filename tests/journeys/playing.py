"""Playing whole commissions in simulated time, for the tests that tell them as given, when, then."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlmodel import Session, select

from models.case import Case
from models.database import Database
from programmes.catalogue import find_programme
from programmes.reading import parse_programme
from reports.summary import last_moment, summarise
from simulation.play import Player
from simulation.setting_up import first_moment, prepare
from tests.faults.engine import post_into, turn


def play(database: Database, folder: Path, programme_name: str | None = None, text: str | None = None, seed: int = 1) -> int:
    """Play a whole commission without Prefect, a turn of the engine a week, and return its number."""
    programme = parse_programme(text, "unseen.yaml") if text else find_programme(str(programme_name))
    commission_id = prepare(database, programme, folder, None, None, seed, first_moment()).opened.commission_id
    player, post = Player(database, commission_id, seed), post_into(folder / "mail", repeats_replace=True)
    at, number = first_moment(), 0
    while at.date() <= player.ends:
        player.act(at)
        if number % 7 == 0:
            turn(database, post, commission_id, at)
            player.notice(at)
        at, number = at.add(days=1), number + 1
    return commission_id


def summary_of(database: Database, commission_id: int) -> dict[str, Any]:
    """Return the summary of a commission on the evening of its last day."""
    with database.reading() as session:
        return summarise(session, commission_id, last_moment(session, commission_id))


def kpis_of(database: Database, commission_id: int) -> dict[str, dict[str, Any]]:
    """Return a commission's promises by name, as they stand on its last day."""
    return {kpi["id"]: kpi for kpi in summary_of(database, commission_id)["kpis"]}


def played(template: Path, folders: pytest.TempPathFactory, programme_name: str, text: str | None = None) -> tuple[Database, int]:
    """Play a whole commission in a database of its own, for all tests of a module together; the caller closes it."""
    folder = folders.mktemp(programme_name)
    database = Database(f"sqlite:///{shutil.copy(template, folder / 'lodestar.db')}")
    return database, play(database, folder, programme_name, text)


def for_phases(programme_name: str, *phases: str) -> str:
    """Return a shipped programme for schools of some phases only, as the text of a file: fewer cases, and otherwise the same."""
    values = find_programme(programme_name).model_dump(mode="json")
    for who in ("invited", "may_opt_in"):
        if values["take_part"][who] is not None:
            values["take_part"][who]["phases"] = list(phases)
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True)


@contextmanager
def followed(
    template: Path, folders: pytest.TempPathFactory, programme_name: str, *phases: str
) -> Iterator[tuple[Session, dict[str, Any], dict[int, Case]]]:
    """Play a shipped programme in the schools of some phases; give a session that reads, its summary and its cases by number."""
    database, commission_id = played(template, folders, programme_name, for_phases(programme_name, *phases))
    with database.reading() as session:
        cases = {case.id: case for case in session.exec(select(Case).where(Case.commission_id == commission_id)).all()}
        yield session, summary_of(database, commission_id), cases
    database.close()
