"""Serving all deployments from one process; stops cleanly on SIGTERM and SIGINT."""

import asyncio
import signal

from prefect.runner import Runner

from deployments.catalogue import deployments
from models.settings import Settings


async def serve() -> None:
    """Register every deployment and run what is asked for, until told to stop."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = Runner(name="lodestar", pause_on_shutdown=False, limit=4, query_seconds=1)
    for deployment in await deployments():
        await runner.aadd_deployment(deployment)
    Settings().serving_file.touch()
    running = asyncio.create_task(runner.start())
    # The runner sets handlers of its own when it starts; ours must be the last.
    await asyncio.sleep(0)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if not running.done():
        await runner.astop()
        await asyncio.wait({running}, timeout=20)
        running.cancel()
    waiting.cancel()
    await asyncio.gather(running, waiting, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(serve())
