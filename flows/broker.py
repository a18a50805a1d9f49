"""The broker flow: all cases of one commission that want support, together."""

from prefect import flow

from flows.context import tell_operations
from flows.parameters import AsOf, CommissionReference
from flows.stage_run import Outcome, run_stage
from models.words import Stage


@flow(name="Broker support", flow_run_name="broker {commission}", on_failure=[tell_operations], on_crashed=[tell_operations])
async def broker(commission: CommissionReference, as_of: AsOf = None) -> Outcome:
    """Match every case that wants support with a supporter, each with its reason, or say which limit stops it."""
    return await run_stage(Stage.BROKER, commission, as_of)
