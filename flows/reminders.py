"""The reminders flow: today's rung of every ladder, the worklists, the regular letter, and the themes of the term."""

import asyncio

from prefect import flow

from flows import context
from flows.context import tell_operations
from flows.parameters import AsOf, CommissionReference
from stages.brief import find_commission
from stages.reminders.work import remind


@flow(name="Send reminders", flow_run_name="remind {commission}", on_failure=[tell_operations], on_crashed=[tell_operations])
async def reminders(commission: CommissionReference, as_of: AsOf = None) -> dict[str, int]:
    """Put today's reminders into the outbox; running it twice a day sends nothing twice."""
    database = context.database()
    with database.reading() as session:
        commission_id = find_commission(session, commission).id
    return dict(await asyncio.to_thread(remind, database, commission_id, context.moment(as_of)))
