"""A real flow in a real process is killed, and the next run ends where an undisturbed one would."""

import asyncio
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from models.database import Database
from models.migrating import upgrade
from models.settings import Settings
from programmes.catalogue import find_programme
from simulation.setting_up import first_moment, prepare
from tests.faults.state import state

AT = first_moment()
RUN = (
    "import asyncio, sys, pendulum\nfrom flows.commission import commission\nprint('begun', flush=True)\n"
    "asyncio.run(commission(sys.argv[1], pendulum.parse(sys.argv[2])))\n"
)


@pytest.mark.prefect
@pytest.mark.slow
def test_a_killed_flow_is_finished_by_the_next_run(home: Path, tmp_path: Path) -> None:
    from flows.commission import commission

    programme = find_programme("economic-exclusion")
    database = Database(Settings().url())
    upgrade(database)
    reference = prepare(database, programme, home, None, None, 1, AT).opened.reference
    beside = Database(f"sqlite:///{tmp_path / 'beside.db'}")
    upgrade(beside)
    commission_id = prepare(beside, programme, tmp_path / "beside", None, None, 1, AT).opened.commission_id
    from stages.pipeline import run_all

    run_all(beside, commission_id, AT)
    dice = random.Random(1)
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, reference, AT.to_iso8601_string()], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "begun"
        time.sleep(dice.uniform(0.05, 0.8))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    asyncio.run(commission(reference, AT))
    assert state(database) == state(beside)
    assert asyncio.run(commission(reference, AT)) == {}
