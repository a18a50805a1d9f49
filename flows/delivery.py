"""The delivery flow: messages that wait in the outbox leave."""

import asyncio
import datetime
import os
import socket

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows import context
from flows.context import tell_operations
from flows.parameters import AsOf, HowMany
from notifications.delivery import deliver_waiting


@task(name="deliver waiting messages", retries=3, retry_delay_seconds=[5, 30, 120], cache_policy=NO_CACHE)
async def deliver(as_of: datetime.datetime | None, most: int) -> dict[str, int]:
    """Deliver what is due; tried again where the way out itself is broken, each message keeping its own outcome."""
    worker = f"{socket.gethostname()}-{os.getpid()}"
    return dict(await asyncio.to_thread(deliver_waiting, context.database(), context.post(), worker, context.moment(as_of), most))


@flow(name="Deliver messages", on_failure=[tell_operations], on_crashed=[tell_operations])
async def delivery(as_of: AsOf = None, most: HowMany = 10_000) -> dict[str, int]:
    """Deliver the messages that are due, and return how many ended how."""
    return await deliver(as_of, most)
