"""The commission flow: all five stages of one commission, until nothing is ready any more."""

import asyncio
import datetime

from prefect import flow

from flows import context
from flows.broker import broker
from flows.context import tell_operations
from flows.diagnose import diagnose
from flows.evaluate import evaluate
from flows.parameters import AsOf, CommissionReference
from flows.plan import plan
from flows.schedule import schedule
from flows.stage_run import Outcome
from models.words import Stage
from stages.brief import find_commission
from stages.pipeline import begin_turn, is_ready

FLOWS = {Stage.DIAGNOSE: diagnose, Stage.BROKER: broker, Stage.SCHEDULE: schedule, Stage.PLAN: plan, Stage.EVALUATE: evaluate}
_MOST_ROUNDS = 8


@flow(name="Advance a commission", flow_run_name="advance {commission}", on_failure=[tell_operations], on_crashed=[tell_operations])
async def commission(commission: CommissionReference, as_of: AsOf = None) -> dict[str, Outcome]:
    """Run every stage that has something ready, in order, until a round moves nothing."""
    return await advance(commission, as_of)


async def advance(commission: str, as_of: datetime.datetime | None) -> dict[str, Outcome]:
    """Run the stage flows that have something ready, round after round, and return their last outcomes by stage."""
    database, at = context.database(), context.moment(as_of)
    done: dict[str, Outcome] = {}
    with database.reading() as session:
        commission_id = find_commission(session, commission).id
    await asyncio.to_thread(begin_turn, database, commission_id, at)
    for _ in range(_MOST_ROUNDS):
        moved = 0
        for stage, run in FLOWS.items():
            with database.reading() as session:
                ready = is_ready(session, commission_id, stage, at)
            if ready:
                done[stage.value] = await run(commission, as_of)
                moved += sum(done[stage.value]["moves"].values())
        if not moved:
            break
    return done
