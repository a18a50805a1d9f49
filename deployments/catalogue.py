"""What is deployed: each flow with its name, schedule in London time, trigger and limit."""

import inspect
from typing import Any

from prefect import Flow
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.events import DeploymentEventTrigger
from prefect.schedules import Cron

from flows.broker import broker
from flows.commission import commission
from flows.delivery import delivery
from flows.demo import demo
from flows.diagnose import diagnose
from flows.evaluate import evaluate
from flows.plan import plan
from flows.register_import import register_import
from flows.reminders import reminders
from flows.report import report
from flows.schedule import schedule
from flows.sweep import sweep
from models.words import Stage

STAGES: dict[Stage, Flow[Any, Any]] = {
    Stage.DIAGNOSE: diagnose, Stage.BROKER: broker, Stage.SCHEDULE: schedule, Stage.PLAN: plan, Stage.EVALUATE: evaluate,
}  # fmt: skip
OTHERS: dict[str, Flow[Any, Any]] = {
    "commission": commission, "reminders": reminders, "deliver": delivery, "import-register": register_import, "report": report, "play": demo,
}  # fmt: skip
DAILY = "30 6 * * 1-5"
# One run at a time for each deployment; a second waits, finds nothing left to do, and ends at once.
ONE_AT_A_TIME = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE)


def _from_event(name: str) -> dict[str, Any]:
    """Return the template that takes a parameter from an event's payload, with its type."""
    template = f"{{{{ event.payload['{name}'] | tojson }}}}"
    return {"__prefect_kind": "json", "value": {"__prefect_kind": "jinja", "template": template}}


def trigger(stage: Stage) -> DeploymentEventTrigger:
    """Return the trigger that starts a stage's flow when the relay says that it has work."""
    return DeploymentEventTrigger(
        name=f"{stage.value} has work",
        expect={"lodestar.stage.ready"},
        match={"prefect.resource.id": "lodestar.commission.*", "lodestar.stage": stage.value},
        for_each={"prefect.resource.id"},
        parameters={"commission": _from_event("commission")},
    )


async def deployments() -> list[RunnerDeployment]:
    """Return everything that is deployed."""
    found = [
        run.to_deployment(name=stage.value, tags=["stage"], description=run.description, concurrency_limit=ONE_AT_A_TIME, triggers=[trigger(stage)])
        for stage, run in STAGES.items()
    ]
    found += [run.to_deployment(name=name, description=run.description, concurrency_limit=ONE_AT_A_TIME) for name, run in OTHERS.items()]
    daily = Cron(DAILY, timezone="Europe/London")
    found.append(sweep.to_deployment(name="daily-sweep", description=sweep.description, schedules=[daily], concurrency_limit=ONE_AT_A_TIME))
    # Inside a running event loop Prefect returns awaitables here.
    return [await one if inspect.isawaitable(one) else one for one in found]
