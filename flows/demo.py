"""The demo flow: a whole commission in simulated time, its people played, its stages run by their own flows."""

import asyncio
import datetime
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import pendulum
from prefect import flow
from prefect.artifacts import acreate_progress_artifact, aupdate_progress_artifact

from flows import context
from flows.commission import advance
from flows.context import tell_operations
from flows.parameters import CommissionReference, Pace, Seed
from flows.report import report
from models.database import Database
from notifications.delivery import deliver_waiting
from simulation.play import Player
from stages.brief import find_commission
from stages.reminders.work import remind

# Told each simulated day how far the play is (0 to 1), on which day, and how many decisions have been taken.
watcher: ContextVar[Callable[[float, datetime.date, int], None] | None] = ContextVar("watcher", default=None)
_STEP_DAYS = {"weekly": 7, "fortnightly": 14}


@flow(name="Play a commission", flow_run_name="play {commission}", on_failure=[tell_operations], on_crashed=[tell_operations])
async def demo(commission: CommissionReference, seed: Seed = 1, pace: Pace = "weekly") -> dict[str, Any]:
    """Play an opened commission from its first day to its last, and write its report."""
    database = context.database()
    with database.reading() as session:
        commission_id = find_commission(session, commission).id
    player = Player(database, commission_id, seed)
    progress = await acreate_progress_artifact(progress=0.0, key=f"play-{commission.lower()}", description=f"Playing {commission}")
    first, days = player.starts, (player.ends - player.starts).days + 1
    for number in range(days):
        at = pendulum.datetime(first.year, first.month, first.day, 8, tz="Europe/London").add(days=number)
        await asyncio.to_thread(player.act, at)
        if number % _STEP_DAYS[pace] == 0 and (player.in_term(at.date()) or number + 14 > days):
            await _engine_turn(database, commission, commission_id, player, at)
        if number % 56 == 0:
            await aupdate_progress_artifact(progress, progress=100 * number / days)
        if watch := watcher.get():
            watch(number / days, at.date(), player.decided.total())
    await aupdate_progress_artifact(progress, progress=100.0)
    return {"report": await report(commission, at), "decisions": dict(player.decided), "came_too_late": dict(player.refused)}


async def _engine_turn(database: Database, commission: str, commission_id: int, player: Player, at: pendulum.DateTime) -> None:
    """Let the engine do what is ready, remind and deliver; then people see what now waits for them."""
    await advance(commission, at)
    # Not as tasks: each of these is small, and writing down two tasks a simulated week would cost more than their work.
    await asyncio.to_thread(remind, database, commission_id, at)
    await asyncio.to_thread(deliver_waiting, database, context.post(), "play", at)
    await asyncio.to_thread(player.notice, at)
