"""The daily sweep: every running commission, whatever events were missed."""

from prefect import flow

from flows import context
from flows.commission import commission
from flows.context import tell_operations
from flows.delivery import delivery
from flows.parameters import AsOf
from flows.reminders import reminders
from stages.brief import running_references


@flow(name="Daily sweep", on_failure=[tell_operations], on_crashed=[tell_operations])
async def sweep(as_of: AsOf = None) -> list[str]:
    """Advance and remind every running commission, then deliver; return the commissions that were swept."""
    with context.database().reading() as session:
        references = running_references(session)
    for reference in references:
        await commission(reference, as_of)
        await reminders(reference, as_of)
    await delivery(as_of)
    return references
