"""Talking to a running Prefect server: what is served, start a run, look at the last runs."""

import asyncio
import os
from typing import Any

from flows.server import answers, client_environment
from models.errors import BadInput, LodestarError, NotFound
from models.settings import Settings

_SETTINGS = Settings()
# Prefect reads its settings when it is imported, so they have to be there first.
os.environ.update(
    {name: value for name, value in client_environment(_SETTINGS, _SETTINGS.prefect_port, quiet=True).items() if name not in os.environ}
)

from prefect.client.orchestration import get_client  # noqa: E402
from prefect.client.schemas.sorting import DeploymentSort, FlowRunSort  # noqa: E402
from prefect.deployments.flow_runs import arun_deployment  # noqa: E402
from prefect.exceptions import ObjectNotFound, ParameterTypeError, PrefectHTTPStatusError  # noqa: E402
from prefect.flow_runs import wait_for_flow_run  # noqa: E402


def _check_running() -> None:
    if not answers(_SETTINGS.prefect_port):
        raise LodestarError(f"No Prefect server answers on port {_SETTINGS.prefect_port}: start everything with `lodestar up`.")


def deployments() -> list[dict[str, Any]]:
    """Return what is served: name, parameters and schedule."""
    _check_running()

    async def read() -> list[dict[str, Any]]:
        async with get_client() as client:
            return [
                {"deployment": one.name, "parameters": ", ".join((one.parameter_openapi_schema or {}).get("properties", {})),
                 "schedule": ", ".join(str(getattr(s.schedule, "cron", "")) for s in one.schedules) or None}
                for one in await client.read_deployments(limit=100, sort=DeploymentSort.NAME_ASC)
            ]  # fmt: skip

    return sorted(asyncio.run(read()), key=lambda row: str(row["deployment"]))


def run_and_wait(name: str, parameters: dict[str, object], *, wait: bool) -> dict[str, Any]:
    """Start a run of the deployment called `name` and, if asked, wait for its end."""
    _check_running()

    async def start() -> dict[str, Any]:
        async with get_client() as client:
            full = [
                f"{(await client.read_flow(one.flow_id)).name}/{one.name}"
                for one in await client.read_deployments(limit=100, sort=DeploymentSort.NAME_ASC)
                if one.name == name
            ]
        if not full:
            raise NotFound(f'There is no deployment "{name}": `lodestar flow list` shows those there are.')
        found = await arun_deployment(full[0], parameters=parameters, timeout=0, as_subflow=False)
        if wait:
            found = await wait_for_flow_run(found.id, timeout=600)
        state = found.state
        return {"run": found.name, "state": state.name if state else "unknown", "message": state.message if state else None}

    try:
        return asyncio.run(start())
    except (PrefectHTTPStatusError, ParameterTypeError, ObjectNotFound) as error:
        reason = str(error).partition("Failure reason: ")[2].partition("}")[0].rstrip("\"'") or str(error).splitlines()[0]
        raise BadInput(f"Prefect does not take these parameters for {name}: {reason}.") from error


def last_runs(count: int) -> list[dict[str, Any]]:
    """Return the last runs, newest first."""
    _check_running()

    async def read() -> list[dict[str, Any]]:
        async with get_client() as client:
            found = await client.read_flow_runs(limit=count, sort=FlowRunSort.START_TIME_DESC)
            return [{"run": one.name, "state": one.state.name if one.state else None, "started": str(one.start_time or "")[:19]} for one in found]

    return asyncio.run(read())
