"""The diagnose flow: whatever is ready for diagnosis in one commission."""

import re

from prefect import flow
from prefect.artifacts import acreate_table_artifact

from flows import context
from flows.context import tell_operations
from flows.parameters import AsOf, CommissionReference
from flows.stage_run import Outcome, run_stage
from models.words import Stage
from reports.diagnosis import distribution, known_figures, ranked, shown, shown_figures
from stages.brief import find_commission
from stages.reminders.lines import counted

_MOST_ROWS = 1000  # more is no table to look at on a page; the command line gives all


@flow(name="Diagnose need", flow_run_name="diagnose {commission}", on_failure=[tell_operations], on_crashed=[tell_operations])
async def diagnose(commission: CommissionReference, as_of: AsOf = None) -> Outcome:
    """Ask schools for their view, work out their need, and propose a category for the adviser to confirm."""
    outcome = await run_stage(Stage.DIAGNOSE, commission, as_of)
    if outcome["moves"].get("assess"):
        await _show(commission)
    return outcome


async def _show(commission: str) -> None:
    """Leave three artifacts: the ranked table, what is known, and how the scores are spread."""
    with context.database().reading() as session:
        number = find_commission(session, commission).id
        rows, figures = ranked(session, number), known_figures(session, number)
    key = re.sub(r"[^a-z0-9-]", "-", commission.lower())
    await acreate_table_artifact(
        table=shown(rows[:_MOST_ROWS]), key=f"need-{key}", description=f"Need in {commission}: {counted(len(rows), 'school')}, highest first"
    )
    await acreate_table_artifact(table=shown_figures(figures), key=f"known-{key}", description=f"What the scores in {commission} stand on")
    await acreate_table_artifact(table=distribution(rows), key=f"scores-{key}", description=f"Scores in {commission}")
