"""The diagnose flow: whatever is ready for diagnosis in one commission."""

from prefect import flow

from flows.context import tell_operations
from flows.parameters import AsOf, CommissionReference
from flows.stage_run import Outcome, run_stage
from models.words import Stage


@flow(name="Diagnose need", flow_run_name="diagnose {commission}", on_failure=[tell_operations], on_crashed=[tell_operations])
async def diagnose(commission: CommissionReference, as_of: AsOf = None) -> Outcome:
    """Ask schools for their view, work out their need, and propose a category for the adviser to confirm."""
    return await run_stage(Stage.DIAGNOSE, commission, as_of)
