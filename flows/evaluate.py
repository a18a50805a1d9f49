"""The evaluate flow: cases to evaluate in one commission."""

from prefect import flow

from flows.context import tell_operations
from flows.parameters import AsOf, CommissionReference
from flows.stage_run import Outcome, run_stage
from models.words import Stage


@flow(name="Evaluate progress", flow_run_name="evaluate {commission}", on_failure=[tell_operations], on_crashed=[tell_operations])
async def evaluate(commission: CommissionReference, as_of: AsOf = None) -> Outcome:
    """Compute the figures of cases whose support is done, for the adviser to judge."""
    return await run_stage(Stage.EVALUATE, commission, as_of)
