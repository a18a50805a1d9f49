"""Talking to a running Prefect server: what is served, start a run, look at the last runs."""

import asyncio
import os
from typing import Any

from flows.saying import check_parameters, moment_in_london, needed, schedule_in_words
from flows.server import answers, client_environment
from models.errors import BadInput, LodestarError, NotFound
from models.settings import Settings

_SETTINGS = Settings()
# Prefect reads its settings when it is imported, so they have to be there first.
os.environ.update(
    {name: value for name, value in client_environment(_SETTINGS, _SETTINGS.prefect_port, quiet=True).items() if name not in os.environ}
)

from prefect.client.orchestration import get_client  # noqa: E402
from prefect.client.schemas.responses import DeploymentResponse  # noqa: E402
from prefect.client.schemas.sorting import DeploymentSort, FlowRunSort  # noqa: E402
from prefect.deployments.flow_runs import arun_deployment  # noqa: E402
from prefect.exceptions import ObjectNotFound, ParameterTypeError, PrefectHTTPStatusError  # noqa: E402
from prefect.flow_runs import wait_for_flow_run  # noqa: E402


def _check_running() -> None:
    if not answers(_SETTINGS.prefect_port):
        raise LodestarError(f"No Prefect server answers on port {_SETTINGS.prefect_port}: start everything with `lodestar up`.")


def deployments() -> list[dict[str, Any]]:
    """Return what is served: name, the parameters that it needs and those it may be given, and schedule."""
    _check_running()

    async def read() -> list[dict[str, Any]]:
        async with get_client() as client:
            return [_row(one) for one in await client.read_deployments(limit=100, sort=DeploymentSort.NAME_ASC)]

    return sorted(asyncio.run(read()), key=lambda row: str(row["deployment"]))


def _row(one: DeploymentResponse) -> dict[str, Any]:
    schema = one.parameter_openapi_schema or {}
    must = needed(schema)
    return {
        "deployment": one.name,
        "needs": ", ".join(must) or None,
        "may_be_given": ", ".join(name for name in schema.get("properties", {}) if name not in must) or None,
        "schedule": "; ".join(schedule_in_words(str(getattr(s.schedule, "cron", ""))) for s in one.schedules) or None,
    }


def run_and_wait(name: str, parameters: dict[str, object], *, wait: bool) -> dict[str, Any]:
    """Start a run of the deployment called `name` and, if asked, wait for its end."""
    _check_running()

    async def start() -> dict[str, Any]:
        async with get_client() as client:
            known = [one for one in await client.read_deployments(limit=100, sort=DeploymentSort.NAME_ASC) if one.name == name]
            if not known:
                raise NotFound(f'There is no deployment "{name}": `lodestar flow list` shows those there are.')
            check_parameters(name, known[0].parameter_openapi_schema or {}, parameters)
            full = f"{(await client.read_flow(known[0].flow_id)).name}/{name}"
        found = await arun_deployment(full, parameters=parameters, timeout=0, as_subflow=False)
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
    """Return the last runs, newest first; those that are planned come before those that are over."""
    _check_running()

    async def read() -> list[dict[str, Any]]:
        async with get_client() as client:
            names = {one.id: one.name for one in await client.read_deployments(limit=100, sort=DeploymentSort.NAME_ASC)}
            found = await client.read_flow_runs(limit=count, sort=FlowRunSort.EXPECTED_START_TIME_DESC)
            # A run inside another run has no deployment of its own.
            flows = {one.flow_id: (await client.read_flow(one.flow_id)).name for one in found if one.deployment_id not in names}
            return [
                {"deployment": names.get(one.deployment_id) if one.deployment_id in names else f"({flows[one.flow_id]})", "run": one.name,
                 "planned": moment_in_london(one.expected_start_time), "started": moment_in_london(one.start_time),
                 "state": one.state.name if one.state else None}
                for one in found
            ]  # fmt: skip

    return asyncio.run(read())
