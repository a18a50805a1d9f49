"""Setting a simulated commission up: register, people, opening; quick enough to run while Prefect starts."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pendulum

from evidence.loading import load_file
from evidence.register import Loaded, load_register
from models.database import Database
from models.errors import BadInput
from models.programme import Programme
from models.words import Role
from programmes.features import check_supported
from simulation import wexcombe
from simulation.public_files import groups_wanted, publish, wants_evidence
from simulation.staffing import staff
from stages.commission.opening import Opened, Terms, open_commission
from stages.record import Actor


@dataclass(frozen=True, slots=True)
class Setting:
    """What the play begins with."""

    loaded: Loaded
    opened: Opened
    supporters: int


def first_moment() -> pendulum.DateTime:
    """Return when a simulated commission opens: the first school morning of September 2026."""
    return pendulum.datetime(2026, 9, 2, 8, tz="Europe/London")


def prepare(
    database: Database, programme: Programme, home: Path, register: Path | None, authority: str | None, seed: int, at: pendulum.DateTime,
    evidence: Sequence[Path] = (), *, made_up: bool = True,
) -> Setting:  # fmt: skip
    """Load the register (the synthetic one, if none is given) and what else is known of its schools, make the people, open the commission.

    `evidence` are public files to load; without `made_up` nothing further is made up about the synthetic schools.
    """
    check_supported(programme)
    if register is None and authority not in (None, wexcombe.AUTHORITY):
        raise BadInput(f"Authority {authority} needs its register: give GIAS's file with --register, or leave --authority out.")
    if register is not None and authority is None:
        raise BadInput("Which authority of the register? Give its three-digit code with --authority.")
    path = register or wexcombe.write_register(home / "demo" / wexcombe.FILE_NAME, seed)
    loaded = load_register(database, path, authority or wexcombe.AUTHORITY, at)
    for file in evidence:
        load_file(database, file, at, loaded.authority)
    if made_up and register is None and wants_evidence(programme):
        publish(database, seed, at, groups=groups_wanted(programme))
    if register is None and programme.take_part.outside_authority:
        load_register(database, wexcombe.write_neighbours(home / "demo" / wexcombe.NEIGHBOURS / wexcombe.FILE_NAME, seed), wexcombe.NEIGHBOURS, at)
    supporters = max(12, loaded.open_state_funded // 12)
    with database.writing() as session:
        staffing = staff(session, programme, loaded.authority, loaded.authority_name, supporters, seed, at)
        reference = f"{loaded.authority}-{programme.programme}"
        terms = Terms(reference, staffing.commissioner, at.date(), staffing.budget, seed=seed)
        opened = open_commission(session, programme, terms, Actor(Role.COMMISSIONER, "commissioner"), at)
    return Setting(loaded, opened, supporters)
