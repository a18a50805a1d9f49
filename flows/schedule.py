"""The schedule flow: whatever is ready to be timetabled in one commission."""

from prefect import flow

from flows.context import tell_operations
from flows.parameters import AsOf, CommissionReference
from flows.stage_run import Outcome, run_stage
from models.words import Stage


@flow(name="Schedule visits", flow_run_name="schedule {commission}", on_failure=[tell_operations], on_crashed=[tell_operations])
async def schedule(commission: CommissionReference, as_of: AsOf = None) -> Outcome:
    """Offer dates for visits, move those that must move, and publish notes whose time for a reply is over."""
    return await run_stage(Stage.SCHEDULE, commission, as_of)
