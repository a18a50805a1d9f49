"""What the five stage flows share: a task a piece of the batch, one artifact a run, one event."""

import asyncio
import datetime

from prefect import task
from prefect.artifacts import acreate_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.events import emit_event

from flows import context
from models.words import Stage
from stages.brief import find_commission
from stages.pipeline import Batch

Outcome = dict[str, dict[str, int]]


@task(name="advance", task_run_name="{count} cases", cache_policy=NO_CACHE)
async def advance_piece(batch: Batch, ids: list[int], count: int) -> dict[str, int]:
    """Move one piece of a batch on; it is one transaction, so a killed run loses nothing and repeats nothing."""
    return dict((await asyncio.to_thread(batch.advance, ids)).moves)


async def run_stage(stage: Stage, commission: str, as_of: datetime.datetime | None) -> Outcome:
    """Run a stage over a commission and show what came of it."""
    database, at = context.database(), context.moment(as_of)
    with database.reading() as session:
        commission_id = find_commission(session, commission).id
    batch = Batch(database, commission_id, stage, at)
    for ids in batch.pieces():
        await advance_piece(batch, ids, len(ids))
    batch.close()
    if batch.ready:
        await _show(batch, commission)
    return batch.tally.as_json()


async def _show(batch: Batch, commission: str) -> None:
    """Leave an artifact with the batch, and tell whoever listens."""
    table = [{"what": move, "cases": count} for move, count in batch.tally.moves.most_common()]
    table += [{"what": f"stayed: {why}", "cases": count} for why, count in batch.tally.stayed.most_common(20)]
    key = f"{batch.stage.value}-{commission}".lower().replace("/", "-").replace("_", "-").replace(" ", "-")
    await acreate_table_artifact(table=table, key=key, description=f"{batch.stage.value} for {commission}: {batch.ready} cases were ready")
    emit_event(
        "lodestar.stage.ran",
        resource={"prefect.resource.id": f"lodestar.commission.{batch.commission_id}", "lodestar.stage": batch.stage.value},
        payload={"commission": commission, "stage": batch.stage.value, **batch.tally.as_json()},
    )
