"""What a running Prefect server is asked for the command line."""

import asyncio
from pathlib import Path

import pytest

from flows.server import PrefectServer
from models.database import Database
from models.errors import BadInput, NotFound
from models.migrating import upgrade
from models.settings import Settings

pytestmark = pytest.mark.prefect


@pytest.fixture
def remote(home: Path, prefect_server: PrefectServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's server, with a database and with everything deployed."""
    from deployments.catalogue import deployments
    from flows import remote as found

    monkeypatch.setattr(found, "_check_running", lambda: None)
    upgrade(Database(Settings().url()))

    async def deploy() -> None:
        for one in await deployments():
            await one.apply()

    asyncio.run(deploy())


def test_what_is_served_shows_what_it_needs_and_when_it_runs(remote: None) -> None:
    from flows.remote import deployments

    found = {row["deployment"]: row for row in deployments()}
    assert found["import-register"] == {
        "deployment": "import-register", "needs": "file, authority", "may_be_given": "as_of", "schedule": None,
    }  # fmt: skip
    assert found["daily-sweep"]["schedule"] == "06:30, Monday to Friday" and found["daily-sweep"]["needs"] is None


def test_a_run_without_its_parameter_is_refused_before_it_is_asked_for(remote: None) -> None:
    from flows.remote import last_runs, run_and_wait

    before = last_runs(50)
    with pytest.raises(BadInput, match="diagnose needs commission: give --set commission="):
        run_and_wait("diagnose", {}, wait=False)
    with pytest.raises(NotFound, match="nosuch"):
        run_and_wait("nosuch", {}, wait=False)
    assert last_runs(50) == before


def test_the_last_runs_name_what_was_run_and_when_the_newest_first(remote: None) -> None:
    from prefect.client.orchestration import get_client

    from flows.delivery import delivery
    from flows.remote import last_runs

    async def ask() -> None:
        async with get_client() as client:
            deployment = await client.read_deployment_by_name("Report to the commissioner/report")
            await client.create_flow_run_from_deployment(deployment.id, parameters={"commission": "X"})

    asyncio.run(delivery())
    asyncio.run(ask())
    found = last_runs(50)
    assert {"report", "(Deliver messages)"} <= {row["deployment"] for row in found}
    assert all(row["planned"] and row["state"] for row in found)
    assert [row["planned"] for row in found] == sorted((row["planned"] for row in found), reverse=True)
