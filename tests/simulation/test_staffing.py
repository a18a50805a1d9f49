"""The people of a simulated commission: members where the programme is for members, and nobody else moved by it."""

from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from evidence.register import load_register
from models.database import Database
from models.membership import Membership
from models.school import Contact
from models.supporter import Conflict, Supporter
from models.trail import Event
from simulation.setting_up import first_moment
from simulation.staffing import staff
from simulation.wexcombe import AUTHORITY, write_register
from tests.stages.builders import small_programme

AT = first_moment()


def staffed(database: Database, folder: Path, *, members_only: bool, seed: int = 1, times: int = 1) -> dict[str, list[Any]]:
    """Make the people of a commission and return them."""
    programme = small_programme()
    programme = programme.model_copy(update={"take_part": programme.take_part.model_copy(update={"members_only": members_only})})
    load_register(database, write_register(folder / "register.csv"), AUTHORITY, AT)
    for _ in range(times):
        with database.writing() as session:
            staff(session, programme, AUTHORITY, "Wexcombe", 12, seed, AT)
    with database.reading() as session:
        return {
            "members": [(m.urn, m.school_year, m.kind, m.fee) for m in session.exec(select(Membership).order_by(col(Membership.id))).all()],
            "contacts": [(c.urn, c.email) for c in session.exec(select(Contact).order_by(col(Contact.id))).all()],
            "supporters": [
                (s.name, s.cost_a_day, s.working_days, s.base_easting) for s in session.exec(select(Supporter).order_by(col(Supporter.id))).all()
            ],
            "conflicts": [(c.supporter_id, c.urn) for c in session.exec(select(Conflict).order_by(col(Conflict.id))).all()],
            "trail": [event.kind for event in session.exec(select(Event)).all()],
        }


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_about_nine_schools_in_ten_are_members_in_each_year_of_a_programme_for_members(sqlite_database: Database, tmp_path: Path, seed: int) -> None:
    found = staffed(sqlite_database, tmp_path, members_only=True, seed=seed)
    by_year = {year: [urn for urn, when, _, _ in found["members"] if when == year] for year in (2026, 2027)}
    assert by_year[2026] == by_year[2027] and 80 <= len(set(by_year[2026])) <= 97
    assert {kind for _, _, kind, fee in found["members"] if fee == 0} == {"associate"} and any(fee for *_, fee in found["members"])
    assert found["trail"].count("membership.added") == len(found["members"]) == 2 * len(by_year[2026])


def test_memberships_are_drawn_apart_so_nobody_else_is_another(database: Database, tmp_path: Path) -> None:
    found = staffed(database, tmp_path, members_only=True)
    plain = Database(f"sqlite:///{tmp_path / 'plain.db'}")
    from models.migrating import upgrade

    upgrade(plain)
    other = staffed(plain, tmp_path, members_only=False)
    plain.close()
    assert other["members"] == [] and "membership.added" not in other["trail"]
    assert all(found[what] == other[what] for what in ("contacts", "supporters", "conflicts"))
