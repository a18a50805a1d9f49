"""The report flow: a commission's summary as an artifact and as a page."""

import asyncio
from pathlib import Path

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact

from flows import context
from flows.context import tell_operations
from flows.parameters import AsOf, CommissionReference
from reports.markdown import report_markdown
from reports.page import write_report
from stages.brief import find_commission
from stages.commission.themes import record_themes
from stages.evaluate.work import record_kpis


@flow(name="Report to the commissioner", flow_run_name="report {commission}", on_failure=[tell_operations], on_crashed=[tell_operations])
async def report(commission: CommissionReference, as_of: AsOf = None) -> str:
    """Compute the KPIs, keep them with their date, and write the report; return its path."""
    database, at = context.database(), context.moment(as_of)
    with database.reading() as session:
        commission_id = find_commission(session, commission).id
    await asyncio.to_thread(record_kpis, database, commission_id, at)
    await asyncio.to_thread(record_themes, database, commission_id, at)
    path: Path = await asyncio.to_thread(write_report, database, commission_id, at, context.settings().home / "reports")
    await acreate_markdown_artifact(markdown=report_markdown(database, commission_id, at), key=f"report-{commission.lower()}")
    return str(path)
