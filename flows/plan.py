"""The plan flow: plans to draft and cases to finish in one commission."""

from prefect import flow

from flows.context import tell_operations
from flows.parameters import AsOf, CommissionReference
from flows.stage_run import Outcome, run_stage
from models.words import Stage


@flow(name="Draft action plans", flow_run_name="plan {commission}", on_failure=[tell_operations], on_crashed=[tell_operations])
async def plan(commission: CommissionReference, as_of: AsOf = None) -> Outcome:
    """Draft plans where the first note of visit is published, and finish cases whose support is done."""
    return await run_stage(Stage.PLAN, commission, as_of)
