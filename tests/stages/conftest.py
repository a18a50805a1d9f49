"""Commissions that take long to bring where tests of meetings want them, made once and copied."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pendulum
import pytest

from models.database import Database
from models.words import Status
from tests.stages.meeting_builders import NETWORK, VISIT, Company, company, meeting_programme, triads

Template = tuple[Path, int, pendulum.DateTime]


@pytest.fixture(scope="session")
def _brought(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Template]:
    """Return how a commission is brought where it is wanted, once."""
    made: dict[str, Template] = {}
    ways = {
        "triad": (triads, Status.BOOKED),
        "network": (lambda: meeting_programme(NETWORK | {"count": 2, "gap_weeks": {"at_least": 4, "at_most": 40}}, {**VISIT, "after": "network"}),
                    Status.BOOKED),
        "open": (lambda: meeting_programme(NETWORK | {"bookings": "open"}, {"id": "visit", "title": "Visit"}), Status.BOOKED),
    }  # fmt: skip

    def bring(name: str) -> Template:
        if name not in made:
            programme, status = ways[name]
            folder = tmp_path_factory.mktemp(name)
            file = Path(shutil.copy(sqlite_template, folder / "lodestar.db"))
            database = Database(f"sqlite:///{file}")
            one = company(database, folder, programme()).until(status)
            database.close()
            made[name] = (file, one.commission_id, one.at)
        return made[name]

    return bring


def _copy(template: Template, folder: Path) -> Company:
    file, commission_id, at = template
    return Company(Database(f"sqlite:///{shutil.copy(file, folder / f'{file.parent.name}.db')}"), commission_id, at)


@pytest.fixture
def triad(_brought: Callable[[str], Template], tmp_path: Path) -> Iterator[Company]:
    """Three cases that are a triad and have agreed their dates."""
    found = _copy(_brought("triad"), tmp_path)
    yield found
    found.database.close()


@pytest.fixture
def network(_brought: Callable[[str], Template], tmp_path: Path) -> Iterator[Company]:
    """Three cases of a commission that meets as a whole, twice, with their dates agreed."""
    found = _copy(_brought("network"), tmp_path)
    yield found
    found.database.close()


@pytest.fixture
def open_network(_brought: Callable[[str], Template], tmp_path: Path) -> Iterator[Company]:
    """Three cases of a commission with one meeting at which places are booked freely."""
    found = _copy(_brought("open"), tmp_path)
    yield found
    found.database.close()
