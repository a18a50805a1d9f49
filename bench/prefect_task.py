"""The same durable move as one Prefect task a case: what the engine would do if each move were a task of its own."""

import asyncio
import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.moves import move
from flows.server import PrefectServer, client_environment
from models.database import Database
from models.settings import Settings


def moves_a_second(database: Database, ids: list[int]) -> float:
    """Move each case in a task of its own inside one flow, on a server of its own, and return how many a second that were."""
    with TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder))
        with PrefectServer(settings) as server:
            os.environ.update(client_environment(settings, server.port, quiet=True))
            server.wait()
            return asyncio.run(_play(database, ids))


async def _play(database: Database, ids: list[int]) -> float:
    from prefect import flow, task
    from prefect.cache_policies import NO_CACHE

    @task(cache_policy=NO_CACHE)
    async def one(number: int) -> None:
        move(database, [number])

    @flow
    async def nothing() -> None:
        """The first flow of a process is slow; this one takes that on itself."""

    @flow
    async def each_its_own() -> float:
        started = time.perf_counter()
        for number in ids:
            await one(number)
        return len(ids) / (time.perf_counter() - started)

    await nothing()
    return await each_its_own()
